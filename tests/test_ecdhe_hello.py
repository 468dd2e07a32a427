"""The ClientHello of ECDHE clients, byte by byte, and what a server may answer to it."""

from expect import raises
from oracle import ends_with, survives
from scripted_ecdhe import (
    CLIENT_PRIVATE,
    CLIENT_SPKI,
    PIN,
    SPKI,
    EcdheKeys,
    EcdhePskKeys,
    certificate,
    sharing,
    trusting,
)
from scripted_server import (
    EXTENDED_MASTER_SECRET,
    HANDSHAKE,
    RENEGOTIATION_INFO,
    Hello,
    ScriptedServer,
    message,
    new_client,
    record,
)

from dtls_micro.client_key import ClientCertificate, ClientRawKey
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.p256 import P256
from dtls_micro.pin import PinnedKey
from dtls_micro.rpk import RawPublicKey
from dtls_micro.x25519 import X25519

_ILLEGAL_PARAMETER = 47
_DECODE_ERROR = 50
_UNSUPPORTED_EXTENSION = 110
_EMS = (EXTENDED_MASTER_SECRET, b"")
_GROUPS, _FORMATS, _SIGNATURES, _CLIENT_TYPE, _SERVER_TYPE = 10, 11, 13, 19, 20


class OtherVerifier:
    """A verifier of another kind of key, which no test needs to work."""

    schemes = (0x0401, 0x0503)
    group = None

    def accepts(self, spki):
        return False


def extensions(credential, **options) -> dict:
    """Return the extensions of a new client's hello; each is there once."""
    datagram = bytes(new_client(credential, **options).datagram())
    found = Hello(datagram[25:]).extensions
    assert len({kind for kind, _ in found}) == len(found)
    return dict(found)


def check_hello(credential, suites, tail, size):
    """Check all bytes of a hello; `tail` is what ECDHE adds to the extensions."""
    datagram = bytes(new_client(credential).datagram())
    shared = b"\x00\x17\x00\x00" + b"\x00\x01\x00\x01\x02" + b"\x00\x1c\x00\x02\x04\x5b"
    body = b"\xfe\xfd" + datagram[27:59] + b"\0\0" + suites + b"\x01\x00"
    body += (len(shared + tail)).to_bytes(2, "big") + shared + tail
    assert datagram == record(HANDSHAKE, message(1, 0, body))
    assert len(datagram) == size


_SUITES = b"\x00\x0a\xc0\xae\xc0\xac\xc0\x2b\xcc\xa9\x00\xff"
_PSK_SUITES = b"\x00\x0a\xd0\x03\xd0\x05\xd0\x01\xcc\xac\x00\xff"
_P256_ONLY = b"\x00\x0a\x00\x04\x00\x02\x00\x17"
_POINTS = b"\x00\x0b\x00\x02\x01\x00"
_ECDSA = b"\x00\x0d\x00\x04\x00\x02\x04\x03"
_RAW_SERVER = b"\x00\x14\x00\x03\x02\x02\x00"
_RAW_CLIENT = b"\x00\x13\x00\x02\x01\x02"


def test_the_hello_of_a_client_with_a_pin_has_exactly_these_bytes():
    check_hello(trusting(), _SUITES, _P256_ONLY + _POINTS + _ECDSA, 114)


def test_the_hello_of_a_client_with_a_certificate_is_no_longer():
    client = ClientCertificate(certificate(CLIENT_SPKI), CLIENT_PRIVATE)
    check_hello(trusting(client), _SUITES, _P256_ONLY + _POINTS + _ECDSA, 114)


def test_the_hello_of_a_client_with_raw_keys_has_exactly_these_bytes():
    tail = _P256_ONLY + _POINTS + _ECDSA
    check_hello(trusting(raw=True), _SUITES, tail + _RAW_SERVER, 121)
    client = ClientRawKey(CLIENT_SPKI, CLIENT_PRIVATE)
    check_hello(trusting(client, raw=True), _SUITES, tail + _RAW_CLIENT + _RAW_SERVER, 127)
    check_hello(trusting(client), _SUITES, tail + _RAW_CLIENT, 120)


def test_the_hello_of_ecdhe_psk_has_exactly_these_bytes():
    check_hello(sharing(), _PSK_SUITES, _P256_ONLY + _POINTS, 106)


def test_groups_are_offered_as_they_were_given():
    for make in (trusting, sharing):
        assert extensions(make(groups=(X25519, P256)))[_GROUPS] == b"\0\4\0\x1d\0\x17"
        assert extensions(make(groups=(P256, X25519)))[_GROUPS] == b"\0\4\0\x17\0\x1d"
        assert extensions(make(groups=[P256]))[_GROUPS] == b"\0\2\0\x17"
    assert extensions(sharing(groups=(X25519,)))[_GROUPS] == b"\0\2\0\x1d"


def test_the_curve_of_the_servers_key_is_among_the_groups():
    assert extensions(trusting(groups=(X25519,)))[_GROUPS] == b"\0\4\0\x1d\0\x17"


def test_signature_algorithms_are_those_of_the_verifiers_without_repeats():
    for verifiers, expected in (
        ((P256,), b"\0\2\4\3"),
        ((P256, OtherVerifier()), b"\0\6\4\3\4\1\5\3"),
        ((OtherVerifier(), P256, OtherVerifier()), b"\0\6\4\1\5\3\4\3"),
    ):
        for trust in (
            PinnedKey(PIN, verifiers=verifiers),
            RawPublicKey(SPKI, verifiers=verifiers),
        ):
            assert extensions(Ecdhe(trust))[_SIGNATURES] == expected


def test_server_name_comes_along():
    for credential in (trusting(), sharing()):
        found = extensions(credential, server_name="a.example")
        assert found[0] == b"\0\x0c\0\0\x09a.example"
        assert 0 not in extensions(credential, server_name="192.0.2.1")


def test_trust_in_a_name_wants_the_name():
    trust = PinnedKey(PIN)
    trust.named = True
    error = raises(ValueError, new_client, Ecdhe(trust))
    assert "server_name" in str(error)
    new_client(Ecdhe(trust), server_name="a.example")


def answering(*extensions, keys=None) -> ScriptedServer:
    """Return a server with these extensions and the extended master secret."""
    return ScriptedServer(keys or EcdheKeys(), extensions=[_EMS] + list(extensions))


def test_the_second_hello_differs_only_by_the_cookie():
    link = survives(ScriptedServer(EcdheKeys()), client=new_client(trusting(raw=True)))
    first, second = link.server.hellos
    cookie = link.server.cookies[0]
    assert second.body == first.body[:35] + bytes([len(cookie)]) + cookie + first.body[36:]


def test_answers_in_every_order_are_understood():
    answers = [_EMS, (_FORMATS, b"\3\1\2\0"), (_SERVER_TYPE, b"\2"), (RENEGOTIATION_INFO, b"\0")]
    for i in range(4):
        order = answers[i:] + answers[:i]
        server = ScriptedServer(EcdheKeys(raw=True), extensions=order)
        survives(server, client=new_client(trusting(raw=True)))


def test_the_groups_of_a_server_are_no_matter():
    for data in (b"\0\2\0\x17", b"\0\4\0\x1d\0\x17", b"\0\0"):
        survives(answering((_GROUPS, data)), client=new_client(trusting()))
        server = answering((_GROUPS, data), keys=EcdhePskKeys())
        survives(server, client=new_client(sharing()))
    for data in (b"", b"\0", b"\0\2\0", b"\0\2\0\x17\0"):
        ends_with(_DECODE_ERROR, answering((_GROUPS, data)), client=new_client(trusting()))


def test_extensions_that_only_a_client_has_are_refused():
    for data in (b"", b"\0\2\4\3"):
        server = answering((_SIGNATURES, data))
        ends_with(_ILLEGAL_PARAMETER, server, client=new_client(trusting()))


def test_extensions_that_were_not_offered_are_refused():
    for kind, data in (
        (_SERVER_TYPE, b"\2"),
        (_CLIENT_TYPE, b"\2"),
        (16, b""),
        (5, b""),
        (35, b""),
    ):
        ends_with(_UNSUPPORTED_EXTENSION, answering((kind, data)), client=new_client(trusting()))
        server = answering((kind, data), keys=EcdhePskKeys())
        ends_with(_UNSUPPORTED_EXTENSION, server, client=new_client(sharing()))
    server = answering((_SIGNATURES, b"\0\2\4\3"), keys=EcdhePskKeys())
    ends_with(_UNSUPPORTED_EXTENSION, server, client=new_client(sharing()))


def test_certificate_types_that_were_not_offered_are_refused():
    client = ClientRawKey(CLIENT_SPKI, CLIENT_PRIVATE)
    for kind, good in ((_SERVER_TYPE, b"\0\2"), (_CLIENT_TYPE, b"\2")):
        for code in range(256):
            if code not in good:
                server = answering((kind, bytes([code])))
                ends_with(
                    _ILLEGAL_PARAMETER, server, client=new_client(trusting(client, raw=True))
                )
        for data in (b"", b"\2\0", b"\1\2"):
            server = answering((kind, data))
            # the server's choice is one byte: a list is refused by its first byte or its length
            link_client = new_client(trusting(client, raw=True))
            alert = _ILLEGAL_PARAMETER if data[:1] == b"\1" else _DECODE_ERROR
            ends_with(alert, server, client=link_client)
