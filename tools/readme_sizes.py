"""The README's sentences and rows about sizes, of the numbers of tools/size.json."""

from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
_PSK = "PSK client: "
_PIN = "ECDHE client with a pinned key: "
_X509 = "ECDHE client with X.509, P-256 only: "


def lines(table: dict[str, int]) -> dict[str, str]:
    """Return {beginning of a line of the README: the whole line}."""

    def each(kinds: tuple[str, ...], *names: str) -> str:
        cells = [" / ".join(str(table[kind + one]) for one in names) for kind in kinds]
        return " | ".join(cells)

    def kilo(name: str) -> str:
        return f"{table[name] / 1000:.1f} kB"

    all_kinds = (_PSK, _PIN, _X509)
    ram = "RAM after import"
    first = f"| code as `.mpy`, with blocking sockets | {each(all_kinds, 'mpy with sockets')} |"
    second = "| RAM after import (code, names, tables) without / with sockets | "
    second += each(all_kinds, ram, ram + " with sockets") + " |"
    two = (_PSK, _PIN)
    big, small, least = (f"{size}-byte buffers: " for size in (1152, 256, 768))
    third = "| heap of a connection, 1152-byte buffers: peak of the handshake / steady | "
    third += each(two, big + "heap peak", big + "heap steady") + " | |"
    heaps = [f"{table[_PSK + small + 'heap peak']} / {table[_PSK + small + 'heap steady']}"]
    heaps += [f"{table[_PIN + least + 'heap peak']} / {table[_PIN + least + 'heap steady']}"]
    fourth = "| heap of a connection, 256-byte (ECDHE: 768-byte) buffers: peak / steady | "
    fourth += " | ".join(heaps) + " | |"
    fifth = "| handshake on the wire, both ways, in 6 datagrams | "
    fifth += each(two, big + "handshake bytes") + " | |"
    request = table["CoAP client: heap of a request and its response, garbage included"]
    coap = (
        f"CoAP adds {kilo('CoAP client: mpy')} of `.mpy` and "
        f"{kilo('CoAP client: RAM after import')} of RAM, its server role "
        f"{kilo('CoAP client: RAM of the server role')} more; a request and its response "
        f"allocate {request} bytes."
    )
    lwm2m = (
        f"LwM2M adds {kilo('LwM2M client: mpy')} of `.mpy` and "
        f"{kilo('LwM2M client: RAM after import')} of RAM; registered, with objects 0, 1 and 3, "
        f"it has {kilo('LwM2M client: heap when registered')} of heap in use."
    )
    alone = kilo(_PIN + ram + " without P-256")
    found = {line[: line.index(" | ") + 3]: line for line in (first, second, third, fourth, fifth)}
    without = "Without the portable P-256 "
    found[without] = f"{without}a client with a pinned key takes {alone} of RAM."
    more = [table[f"{_X509}RAM of dtls_micro.{one}"] for one in ("p384", "rsa")]
    found["P-384 takes "] = f"P-384 takes {more[0]} bytes of RAM more, RSA {more[1]}."
    return found | {"CoAP adds ": coap, "LwM2M adds ": lwm2m}


def updated(text: str, table: dict[str, int]) -> str:
    """Return the README with these numbers; KeyError if a line of them is not there."""
    wanted = lines(table)
    out = []
    for line in text.split("\n"):
        begin = next((one for one in wanted if line.startswith(one)), None)
        out.append(wanted.pop(begin) if begin else line)
    if wanted:
        raise KeyError(f"the README has no line that begins with {min(wanted)!r}")
    return "\n".join(out)
