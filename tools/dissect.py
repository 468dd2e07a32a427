"""DTLS datagrams, taken apart into records and plaintext handshake messages (RFC 6347).

    dissect(datagram)                     one datagram, without knowing what came before
    Conversation().feed(outgoing, data)   the same with a memory of both sides: which
                                          messages are repeated, what fragments say once they
                                          are whole, which encrypted record is the Finished

Nothing here raises, whatever the bytes are.
"""

from dataclasses import dataclass, field

from . import iana
from .hello import Hello, parse

_ALERT = 21
_HANDSHAKE = 22
_TLS12_CID = 25
_CLIENT_HELLO = 1
_CONNECTION_ID = 54
_RECORD_HEADER = 13  # bytes
_MESSAGE_HEADER = 12
_MAJOR = 0xFE  # of every version of DTLS


@dataclass
class Message:
    """A plaintext handshake message, or one fragment of it (RFC 6347 section 4.2.2)."""

    kind: int
    length: int  # bytes of the whole body
    message_seq: int
    offset: int
    fragment: bytes
    cut: bool = False  # the record ends before the fragment does
    again: bool = False  # said before
    hello: Hello | None = None

    @property
    def name(self) -> str:
        """Its name in RFC 5246."""
        return iana.name(iana.HANDSHAKE_TYPES, self.kind)

    @property
    def whole(self) -> bool:
        """Whether this fragment is all of it."""
        return self.offset == 0 and len(self.fragment) == self.length

    def __str__(self) -> str:
        text = self.name
        if self.kind == _CLIENT_HELLO and self.hello and self.hello.cookie:
            text += " with cookie"
        if not self.whole:
            end = self.offset + len(self.fragment)
            text += f" [{self.offset}..{end} of {self.length}]"
        return text + (" (again)" if self.again else "")


@dataclass
class Record:
    """One record; `kind` is -1 for bytes that are none."""

    kind: int
    version: int
    epoch: int
    sequence: int
    length: int  # bytes behind the header that it claims
    body: bytes
    messages: list[Message] = field(default_factory=list)
    finished: bool = False  # it is the encrypted Finished, as far as a conversation can tell
    again: bool = False  # as far as an encrypted record shows it

    @property
    def cut(self) -> bool:
        """Whether the datagram ends before the record does."""
        return len(self.body) < self.length

    @property
    def encrypted(self) -> bool:
        """Whether its body cannot be read."""
        return self.epoch > 0

    @property
    def alert(self) -> tuple[int, int] | None:
        """Level and number of a plaintext alert."""
        if self.kind == _ALERT and not self.encrypted and len(self.body) == 2:
            return self.body[0], self.body[1]
        return None

    def labels(self) -> list[str]:
        """Return what the record holds, a short text for each thing."""
        if self.kind < 0:
            return [f"{len(self.body)} bytes that are no DTLS record"]
        if self.messages:
            texts = [str(message) for message in self.messages]
        elif self.alert:
            level, number = self.alert
            texts = [f"Alert {iana.name(iana.ALERT_LEVELS, level)} {iana.alert(number)}"]
        elif self.encrypted:
            text = "Finished" if self.finished else iana.name(iana.CONTENT_TYPES, self.kind)
            texts = [text + (" (encrypted, again)" if self.again else " (encrypted)")]
        else:
            texts = [iana.name(iana.CONTENT_TYPES, self.kind)]
        if self.cut:
            texts[-1] += " [cut]"
        return texts

    def __str__(self) -> str:
        return ", ".join(self.labels())


def dissect(datagram: bytes, cid_length: int = 0) -> list[Record]:
    """Return the records of a datagram; `cid_length` is that of its tls12_cid records."""
    records = []
    at = 0
    while at < len(datagram):
        record, at = _record(datagram, at, cid_length)
        records.append(record)
    return records


def _record(datagram: bytes, at: int, cid_length: int) -> tuple[Record, int]:
    """Return the record that begins at `at`, and where the next one begins."""
    header = _RECORD_HEADER
    if datagram[at] == _TLS12_CID:
        header += cid_length  # it stands in front of the length, RFC 9146 section 4
    known = datagram[at] in iana.CONTENT_TYPES
    if at + header > len(datagram) or not known or datagram[at + 1] != _MAJOR:
        rest = datagram[at:]
        return Record(-1, 0, 0, 0, len(rest), rest), len(datagram)
    start = at + header
    length = int.from_bytes(datagram[start - 2 : start], "big")
    end = start + length
    record = Record(
        kind=datagram[at],
        version=int.from_bytes(datagram[at + 1 : at + 3], "big"),
        epoch=int.from_bytes(datagram[at + 3 : at + 5], "big"),
        sequence=int.from_bytes(datagram[at + 5 : at + 11], "big"),
        length=length,
        body=datagram[start:end],
    )
    if record.kind == _HANDSHAKE and not record.encrypted:
        record.messages = _messages(record.body)
    return record, end


def _messages(body: bytes) -> list[Message]:
    messages = []
    at = 0
    while at + _MESSAGE_HEADER <= len(body):
        start = at + _MESSAGE_HEADER
        size = int.from_bytes(body[at + 9 : start], "big")
        message = Message(
            kind=body[at],
            length=int.from_bytes(body[at + 1 : at + 4], "big"),
            message_seq=int.from_bytes(body[at + 4 : at + 6], "big"),
            offset=int.from_bytes(body[at + 6 : at + 9], "big"),
            fragment=body[start : start + size],
        )
        message.cut = len(message.fragment) < size
        if message.whole:
            message.hello = parse(message.kind, message.fragment)
        messages.append(message)
        at = start + size
    return messages


@dataclass
class _Side:
    """What one side has said so far."""

    seen: set[tuple[int, int, int, int]] = field(default_factory=set)
    parts: dict[tuple[int, int, int], dict[int, bytes]] = field(default_factory=dict)
    finished: int = -1  # bytes of its encrypted record
    cid_length: int = 0  # of what the other side must send


class Conversation:
    """Both sides of a handshake, datagram by datagram, in the order of time."""

    def __init__(self) -> None:
        self._sides = {True: _Side(), False: _Side()}
        self.hellos: list[tuple[bool, int, Hello]] = []  # outgoing, handshake type, content
        self.records: list[tuple[bool, Record]] = []

    def feed(self, outgoing: bool, datagram: bytes) -> list[Record]:
        """Take a datagram, of the client if `outgoing`; return its records."""
        records = dissect(datagram, self._sides[not outgoing].cid_length)
        side = self._sides[outgoing]
        for record in records:
            self.records.append((outgoing, record))
            for message in record.messages:
                self._remember(outgoing, message)
            if record.kind == _HANDSHAKE and record.encrypted:
                # The first one is the Finished, and others of its size repeat it.
                record.again = side.finished == record.length
                if side.finished < 0:
                    side.finished = record.length
                record.finished = side.finished == record.length
        return records

    def last(self, message: int) -> Hello | None:
        """Return the newest hello of a handshake type."""
        found = [hello for _, kind, hello in self.hellos if kind == message]
        return found[-1] if found else None

    def _remember(self, outgoing: bool, message: Message) -> None:
        side = self._sides[outgoing]
        key = (message.kind, message.message_seq, message.offset, len(message.fragment))
        message.again = key in side.seen
        side.seen.add(key)
        if not message.whole:
            self._join(side, message)
        if message.hello and not message.again:
            self.hellos.append((outgoing, message.kind, message.hello))
            for extension in message.hello.extensions:
                if extension.kind == _CONNECTION_ID and extension.data:
                    side.cid_length = extension.data[0]

    @staticmethod
    def _join(side: _Side, message: Message) -> None:
        """Read a hello from its fragments, as soon as they are all there."""
        parts = side.parts.setdefault((message.kind, message.message_seq, message.length), {})
        parts[message.offset] = message.fragment
        whole = b""
        for offset, fragment in sorted(parts.items()):
            if offset > len(whole):
                return
            whole += fragment[len(whole) - offset :]
        if len(whole) == message.length:
            message.hello = parse(message.kind, whole)
