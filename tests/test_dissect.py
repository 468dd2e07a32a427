"""The dissector and the ladder, on a captured handshake and on junk."""

import random

import pytest
from capture import TOLD, capture

from tools import iana
from tools.dissect import Conversation, dissect
from tools.hello import Extension, parse
from tools.ladder import lines
from tools.tap import Datagram


def told(datagrams=None) -> list[str]:
    conversation = Conversation()
    return [
        "%s %s" % (">" if one.outgoing else "<", ", ".join(map(str, records)))
        for one in (datagrams or capture())
        if (records := conversation.feed(one.outgoing, one.data)) is not None
    ]


def test_every_message_of_a_handshake_has_its_name():
    assert told() == TOLD


def test_records_have_epoch_sequence_number_and_length():
    records = [record for one in capture() for record in dissect(one.data)]
    assert [record.epoch for record in records if record.kind == 23] == [1]
    assert [r.sequence for one in capture()[:3:2] for r in dissect(one.data)] == [0, 1]
    assert sum(13 + record.length for record in records) == sum(len(d.data) for d in capture())
    assert {iana.VERSIONS[record.version] for record in records} == {"DTLS 1.0", "DTLS 1.2"}


def test_fragments_have_offset_and_message_seq():
    (message,) = dissect(capture()[4].data)[0].messages
    assert (message.name, message.message_seq, message.length) == ("Certificate", 2, 375)
    assert (message.offset, len(message.fragment), message.whole) == (128, 247, False)


def test_a_client_hello_tells_version_suites_and_extensions():
    hello = dissect(capture()[2].data)[0].messages[0].hello
    assert (hello.version, hello.session_id, hello.cookie, hello.cut) == ("DTLS 1.2", 0, 20, False)
    assert hello.suites == (
        "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
        "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
    )
    assert list(map(str, hello.extensions)) == [
        "server_name desk.example",
        "max_fragment_length 512",
        "ec_point_formats uncompressed, ansiX962_compressed_prime, ansiX962_compressed_char2",
        "supported_groups secp256r1, x25519",
        "session_ticket",
        "encrypt_then_mac",
        "extended_master_secret",
        "signature_algorithms ecdsa_secp256r1_sha256, rsa_pkcs1_sha256",
    ]


def test_a_server_hello_tells_its_choice():
    hello = dissect(capture()[3].data)[0].messages[0].hello
    assert (hello.version, hello.session_id) == ("DTLS 1.2", 32)
    assert hello.suites == ("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",)
    assert hello.has("extended_master_secret")
    assert not hello.has("record_size_limit")


def test_a_hello_verify_request_tells_the_length_of_its_cookie():
    hello = dissect(capture()[1].data)[0].messages[0].hello
    assert (hello.version, hello.cookie) == ("DTLS 1.0", 20)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (0, "", "server_name"),
        (1, "05", "max_fragment_length 05"),
        (10, "0004001d0017", "supported_groups x25519, secp256r1"),
        (11, "0100", "ec_point_formats uncompressed"),
        (13, "00020403", "signature_algorithms ecdsa_secp256r1_sha256"),
        (13, "00", "signature_algorithms 00"),
        (19, "02", "client_certificate_type RawPublicKey"),
        (20, "020200", "server_certificate_type RawPublicKey, X509"),
        (23, "", "extended_master_secret"),
        (28, "0400", "record_size_limit 1024"),
        (35, "00" * 17, "session_ticket 17 bytes"),
        (54, "02abcd", "connection_id abcd"),
        (54, "00", "connection_id empty"),
        (0xFF01, "00", "renegotiation_info"),
        (4711, "01", "unknown (4711) 01"),
        (0, "0008000005" + b"\x1b[31m".hex(), "server_name \\x1b[31m"),
    ],
)
def test_an_extension_says_its_name_and_value(kind, data, text):
    assert str(Extension(kind, bytes.fromhex(data))) == text


def test_a_hello_in_fragments_is_read_when_it_is_whole():
    (message,) = dissect(capture()[2].data)[0].messages
    halves = [(50, message.fragment[50:]), (0, message.fragment[:60])]  # they overlap
    conversation = Conversation()
    for sequence, (offset, data) in enumerate(halves):
        assert conversation.last(1) is None
        header = b"\x01" + message.length.to_bytes(3, "big") + b"\0\x01"
        header += offset.to_bytes(3, "big") + len(data).to_bytes(3, "big")
        conversation.feed(True, record(22, header + data, sequence=sequence))
    assert conversation.last(1) == message.hello


def record(kind: int, body: bytes, epoch: int = 0, sequence: int = 0, cid: bytes = b"") -> bytes:
    head = bytes((kind, 0xFE, 0xFD)) + epoch.to_bytes(2, "big") + sequence.to_bytes(6, "big")
    return head + cid + len(body).to_bytes(2, "big") + body


def test_repeated_messages_are_marked():
    datagrams = capture()
    again = datagrams[:1] * 2 + datagrams[1:7] + datagrams[6:7] + datagrams[7:]
    assert told(again)[1] == "> ClientHello (again)"
    repeat = "> ClientKeyExchange (again), ChangeCipherSpec, Finished (encrypted, again)"
    assert told(again)[8] == repeat
    assert told(again)[9] == TOLD[7]


def test_only_the_first_encrypted_handshake_record_is_the_finished():
    conversation = Conversation()
    assert str(conversation.feed(False, record(22, bytes(40), 1))[0]) == "Finished (encrypted)"
    assert str(conversation.feed(True, record(22, bytes(40), 1))[0]) == "Finished (encrypted)"
    assert str(conversation.feed(False, record(22, bytes(28), 1))[0]) == "Handshake (encrypted)"


def test_a_plaintext_alert_says_level_and_name():
    (alert,) = dissect(record(21, b"\x02\x28"))
    assert alert.alert == (2, 40)
    assert str(alert) == "Alert fatal handshake_failure (40)"


def test_a_connection_id_is_part_of_the_header_once_it_is_negotiated():
    server_hello = (
        b"\xfe\xfd"
        + bytes(32)
        + b"\0\xc0\xa8\0"
        + bytes.fromhex("0007003600030211 22".replace(" ", ""))
    )
    head = (
        b"\x02"
        + len(server_hello).to_bytes(3, "big")
        + bytes(5)
        + len(server_hello).to_bytes(3, "big")
    )
    conversation = Conversation()
    conversation.feed(False, record(22, head + server_hello))
    datagram = record(25, bytes(20), 1, cid=b"\x11\x22")
    (one,) = conversation.feed(True, datagram)
    assert (str(one), one.length) == ("tls12_cid (encrypted)", 20)


@pytest.mark.parametrize(
    ("datagram", "text"),
    [
        (b"hello", "5 bytes that are no DTLS record"),
        (b"\x16\xfe\xfd", "3 bytes that are no DTLS record"),
        (record(23, b"12345", 1)[:-1], "ApplicationData (encrypted) [cut]"),
        (record(20, b"\x01") + b"xy", "ChangeCipherSpec, 2 bytes that are no DTLS record"),
        (record(22, b"\x01\0"), "Handshake"),
        (b"\x2f" + bytes(40), "41 bytes that are no DTLS record"),  # DTLS 1.3
    ],
)
def test_what_is_no_whole_record_is_named_so(datagram, text):
    assert ", ".join(map(str, dissect(datagram))) == text


def everything(datagrams: list[Datagram]) -> None:
    """Have everything said that the tools can say of these datagrams."""
    conversation = Conversation()
    for one in datagrams:
        for each in conversation.feed(one.outgoing, one.data):
            assert str(each)
    for _, _, hello in conversation.hellos:
        assert all(str(extension) for extension in hello.extensions)
        assert hello.has("server_name") in (True, False)
    for line in lines(datagrams):
        assert line.plain.isprintable()


def test_nothing_is_raised_whatever_the_bytes():
    draw = random.Random(5)
    captured = capture()
    for _ in range(1500):
        datagrams = [captured[draw.randrange(len(captured))] for _ in range(3)]
        changed = []
        for one in datagrams:
            data = bytearray(one.data[: draw.choice((len(one.data), draw.randrange(400)))])
            for _ in range(draw.randrange(4) if data else 0):
                data[draw.randrange(len(data))] = draw.choice((0, 1, 0xFF, draw.randrange(256)))
            changed.append(Datagram(draw.random() < 0.5, 0.0, bytes(data)))
        everything(changed)
    for size in range(200):
        everything([Datagram(True, 0.0, draw.randbytes(size))])


def test_a_truncated_hello_is_called_cut():
    for index, kind in ((1, 3), (2, 1), (3, 2)):
        body = dissect(capture()[index].data)[0].messages[0].fragment
        assert not parse(kind, body).cut
        assert parse(kind, body + b"\0").cut
        for size in range(len(body)):
            cut = parse(kind, body[:size])
            # A hello may end in front of its extensions, and lack nothing.
            assert cut.cut or (kind != 3 and not cut.extensions)
