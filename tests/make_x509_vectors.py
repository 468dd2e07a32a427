"""Write tests/vectors/x509/chains.txt: chains of every kind, good and bad, with fixed dates.

usage: python tests/make_x509_vectors.py    (new keys each time; needs `cryptography`)
"""

from pathlib import Path

import authority
import tlv
from authority import ca, server

FILE = Path(__file__).resolve().parent / "vectors" / "x509" / "chains.txt"
_OLD = tlv.seq(tlv.tlv(0x17, b"200101000000Z"), tlv.tlv(0x17, b"210101000000Z"))


def cases():
    """Yield (name, alert or 0, anchor, chain)."""
    root = ca(b"Root")
    middle = ca(b"Middle", root)
    leaf = server(middle)
    yield "p256", 0, root, [leaf, middle]
    yield "root-sent", 0, root, [leaf, middle, root]
    yield "shuffled", 0, root, [leaf, root, middle]
    yield "leaf-is-anchor", 0, server(None), None
    yield "unknown-root", 48, ca(b"Other"), [leaf, middle]
    yield "other-key", 42, ca(b"Root"), [leaf, middle]
    yield "missing-link", 48, root, [leaf]
    yield "expired", 45, root, [server(root, validity=_OLD)]
    yield "wrong-name", 42, root, [server(root, names=(tlv.dns(b"other.example"),))]
    yield "issuer-is-no-ca", 42, root, [server(leaf), leaf, middle]
    short = ca(b"Root", path_len=0)
    long = ca(b"Middle", short)
    yield "path-length", 42, short, [server(long), long]
    listed = tlv.constraints([tlv.dns(b"example")], [tlv.dns(b"bad.example")])
    narrow = ca(b"Narrow", more=[tlv.extension(tlv.NAME_CONSTRAINTS, listed, True)])
    yield "constraints", 0, narrow, [server(narrow)]
    names = (tlv.dns(b"server.example"), tlv.dns(b"x.bad.example"))
    yield "constraints-excluded", 42, narrow, [server(narrow, names=names)]
    strange = tlv.extension(b"\x2a\x03\x04", b"", True)
    yield "unknown-critical", 43, root, [server(root, more=[strange])]
    yield "rsa-leaf", 43, root, [server(root, private=authority.key("rsa2048"))]
    yield from _mixed()


def _mixed():
    top = ca(b"Root", private=authority.key("p384"))
    middle = ca(b"Middle", top, private=authority.key("p384", 1), signing=("ecdsa", 384))
    yield "p384", 0, top, [server(middle, signing=("ecdsa", 384)), middle]
    for kind, padding, bits in (("rsa2048", "rsa", 256), ("rsa3072", "pss", 384)):
        top = ca(b"Root", private=authority.key(kind))
        middle = ca(b"Middle", top, signing=(padding, bits))
        yield kind + "-" + padding, 0, top, [server(middle), middle]
    top = ca(b"Root", private=authority.key("rsa4096"))
    yield "rsa4096-rsa", 0, top, [server(top, signing=("rsa", 512))]
    yield "rsa4096-pss", 0, top, [server(top, signing=("pss", 512))]
    yield "rsa-other-key", 42, ca(b"Root", private=authority.key("rsa2048")), [server(top)]


def main():
    lines = ["# Source: made for this project by tests/make_x509_vectors.py", ""]
    for name, alert, anchor, sent in cases():
        lines += ["case = " + name, "alert = %d" % alert, "anchor = " + anchor.der.hex()]
        lines += ["certificate = " + one.der.hex() for one in sent or [anchor]]
        lines.append("")
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
