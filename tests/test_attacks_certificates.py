"""Hostile Certificate and CertificateRequest messages: rows S03, S10, X12, X16, X20.

What is inside a certificate beyond its key is the matter of other tests: here a key is pinned,
or expected raw.
"""

from expect import raises
from oracle import check, ends_with, survives
from scripted_ecdhe import (
    CLIENT_PRIVATE,
    CLIENT_SPKI,
    ID_EC,
    OTHER_SPKI,
    PIN,
    POINT,
    RAW,
    SERVER_TYPE,
    SPKI,
    X25519,
    EcdheKeys,
    certificate,
    der,
    integer,
    spki_of,
    trusting,
)
from scripted_server import (
    EXTENDED_MASTER_SECRET,
    TYPES,
    Link,
    ScriptedServer,
    hash_of,
    new_client,
    uint,
    vector,
)

from dtls_micro.certificates import get_certificates
from dtls_micro.client_key import ClientCertificate, ClientRawKey
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.errors import ProtocolError
from dtls_micro.handshake import CONNECTED
from dtls_micro.p256 import P256
from dtls_micro.p384 import P384
from dtls_micro.pin import PinnedKey
from dtls_micro.rpk import RawPublicKey
from dtls_micro.x25519 import X25519 as GROUP_X25519

_BAD_CERTIFICATE = 42
_UNSUPPORTED_CERTIFICATE = 43
_ILLEGAL_PARAMETER = 47
_DECODE_ERROR = 50
_DECRYPT_ERROR = 51
_ID_RSA = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
_ID_ED25519 = b"\x2b\x65\x70"
_ID_P384 = b"\x2b\x81\x04\x00\x22"
_ID_PRIME_FIELD = b"\x2a\x86\x48\xce\x3d\x01\x01"
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1


def sending(body, raw=False) -> ScriptedServer:
    """Return a server with this body in its Certificate."""
    server = ScriptedServer(EcdheKeys(raw=raw))
    server.bodies["certificate"] = lambda _: body
    return server


def refuses(alert, body, raw=False, credential=None):
    """Check that a client refuses this Certificate."""
    client = new_client(credential or trusting(raw=raw))
    return ends_with(alert, sending(body, raw), client=client)


def test_s03_an_empty_list_is_refused():
    for raw in (False, True):
        refuses(_DECODE_ERROR, b"\0\0\0", raw)
        refuses(_DECODE_ERROR, b"", raw)
    refuses(_DECODE_ERROR, vector(3, b"\0\0\0"))


def test_x16_entries_of_no_length_are_refused():
    leaf = vector(3, certificate())
    for entries in (b"\0\0\0" + leaf, leaf + b"\0\0\0", leaf + b"\0\0\0" * 300, b"\0\0\0" * 300):
        refuses(_DECODE_ERROR, vector(3, entries))


def test_x16_lists_whose_lengths_lie_are_refused():
    leaf = certificate()
    size = len(leaf)
    for outer in (0, 1, 2, size, size + 2, size + 4, size + 300, 0xFFFF, 0xFFFFFF):
        refuses(_DECODE_ERROR, uint(3, outer) + vector(3, leaf))
    for inner in (0, 1, size - 1, size + 1, size + 3, 0xFFFF, 0xFFFFFF):
        refuses(_DECODE_ERROR, uint(3, size + 3) + uint(3, inner) + leaf)
    for more in (b"\0", b"\0\0", b"\0\0\1", b"\0\0\2\0", b"\xff\xff\xff\0"):
        refuses(_DECODE_ERROR, vector(3, vector(3, leaf) + more))
        refuses(_DECODE_ERROR, vector(3, vector(3, leaf)) + more)


def test_x16_raw_keys_whose_lengths_lie_are_refused():
    for size in (0, 1, len(SPKI) - 1, len(SPKI) + 1, 0xFFFFFF):
        refuses(_DECODE_ERROR, uint(3, size) + SPKI, raw=True)


def test_x16_a_certificate_message_cut_anywhere_is_refused():
    for raw, whole in ((False, vector(3, vector(3, certificate()))), (True, vector(3, SPKI))):
        for size in range(len(whole)):
            refuses(_DECODE_ERROR, whole[:size], raw)


def test_x16_huge_lists_are_taken_or_refused_in_bounded_memory():
    leaf = vector(3, certificate())
    for entries in (b"\0\0\1\x30" * 220, b"\0\0\1\0" * 220, vector(3, bytes(800))):
        survives(sending(vector(3, leaf + entries)), client=new_client(trusting()))
    body = vector(3, leaf + b"\0\0\1\x30" * 4000)
    assert len(get_certificates(memoryview(body), 0)) == 11


def test_x12_a_key_on_a_curve_that_was_not_offered_is_refused():
    credential = Ecdhe(PinnedKey(PIN, verifiers=(P384,)), groups=(GROUP_X25519,))
    server = ScriptedServer(EcdheKeys(curve=X25519))
    ends_with(_UNSUPPORTED_CERTIFICATE, server, client=new_client(credential))
    both = Ecdhe(PinnedKey(PIN, verifiers=(P384,)), groups=(GROUP_X25519, P256))
    survives(ScriptedServer(EcdheKeys(curve=X25519)), client=new_client(both))


def test_x14_a_certificate_cut_anywhere_is_refused():
    leaf = certificate()
    for size in range(1, len(leaf)):
        refuses(_BAD_CERTIFICATE, vector(3, vector(3, leaf[:size])))


def test_x14_what_is_no_certificate_is_refused():
    for junk in (b"\0", b"\x30", b"\x30\0", b"\x30\x80", b"\xff" * 50, bytes(50), SPKI):
        refuses(_BAD_CERTIFICATE, vector(3, vector(3, junk)))


def foreign_keys():
    """Yield SubjectPublicKeyInfos of keys that no verifier of the client knows."""
    rsa = der(0x30, integer((1 << 1024) + 1), integer(65537))
    yield der(0x30, der(0x30, der(6, _ID_RSA), b"\5\0"), der(3, b"\0", rsa))
    yield spki_of(b"\4" + bytes(range(96)), _ID_P384)
    yield der(0x30, der(0x30, der(6, _ID_ED25519)), der(3, b"\0", bytes(range(32))))
    yield spki_of(b"\2" + POINT[1:33])  # compressed
    yield spki_of(b"\3" + POINT[1:33])
    yield spki_of(b"\0")
    yield spki_of(POINT + b"\0")
    yield spki_of(POINT, algorithm=_ID_ED25519)
    field = der(0x30, der(6, _ID_PRIME_FIELD), integer(_P))
    curve = der(0x30, der(4, bytes(32)), der(4, bytes(32)))
    explicit = der(0x30, integer(1), field, curve, der(4, POINT), integer(_P), integer(1))
    yield der(0x30, der(0x30, der(6, ID_EC), explicit), der(3, b"\0", POINT))
    yield der(0x30, der(0x30, der(6, ID_EC), b"\5\0"), der(3, b"\0", POINT))  # implicit curve
    yield SPKI[:25] + b"\1" + SPKI[26:]  # an unused bit


def test_x12_keys_of_another_kind_are_refused_even_if_they_are_pinned():
    for spki in foreign_keys():
        pin = Ecdhe(PinnedKey(hash_of(spki)))
        refuses(_UNSUPPORTED_CERTIFICATE, vector(3, vector(3, certificate(spki))), credential=pin)
        trust = Ecdhe(RawPublicKey(spki))
        refuses(_UNSUPPORTED_CERTIFICATE, vector(3, spki), True, trust)
        refuses(_UNSUPPORTED_CERTIFICATE, vector(3, vector(3, certificate(spki))), False, trust)


def test_x12_a_raw_key_of_another_length_is_refused_even_if_it_is_pinned():
    for spki in (SPKI + b"\0", SPKI + POINT, SPKI[:-1], SPKI[:26]):
        refuses(_UNSUPPORTED_CERTIFICATE, vector(3, spki), True, Ecdhe(RawPublicKey(spki)))


def test_x12_keys_of_another_kind_are_refused_if_they_are_not_trusted_too():
    for spki in foreign_keys():
        refuses(_BAD_CERTIFICATE, vector(3, vector(3, certificate(spki))))
        refuses(_BAD_CERTIFICATE, vector(3, spki), raw=True)


def test_x12_points_that_are_none_verify_nothing_even_if_they_are_pinned():
    x = POINT[1:33]
    for point in (
        b"\4" + bytes(64),
        POINT[:64] + bytes([POINT[64] ^ 1]),
        b"\6" + POINT[1:],
        b"\4" + _P.to_bytes(32, "big") + POINT[33:],
        b"\4" + x + x,
        b"\4" + b"\xff" * 64,
        b"\0" + POINT[1:],
    ):
        spki = spki_of(point)
        pin = Ecdhe(PinnedKey(hash_of(spki)))
        alert = _DECRYPT_ERROR if point[0] == 4 else _UNSUPPORTED_CERTIFICATE
        refuses(alert, vector(3, vector(3, certificate(spki))), credential=pin)
        refuses(alert, vector(3, spki), True, Ecdhe(RawPublicKey(spki)))


def test_x20_another_key_is_refused():
    for spki in (OTHER_SPKI, CLIENT_SPKI):
        chain = vector(3, vector(3, certificate(spki)))
        refuses(_BAD_CERTIFICATE, chain)
        refuses(_BAD_CERTIFICATE, chain, credential=trusting(raw=True))
        refuses(_BAD_CERTIFICATE, vector(3, spki), raw=True)


def test_x20_a_key_that_is_almost_the_one_expected_is_refused():
    for place in range(len(SPKI)):
        wrong = SPKI[:place] + bytes([SPKI[place] ^ 1]) + SPKI[place + 1 :]
        refuses(_BAD_CERTIFICATE, vector(3, wrong), raw=True)
    for wrong in (SPKI[:-1], SPKI + b"\0", POINT, b"\0" + SPKI, SPKI * 2):
        refuses(_BAD_CERTIFICATE, vector(3, wrong), raw=True)


def test_x20_the_expected_key_anywhere_but_in_the_leaf_is_refused():
    other, own = vector(3, certificate(OTHER_SPKI)), vector(3, certificate())
    for raw in (False, True):
        credential = trusting(raw=raw)
        refuses(_BAD_CERTIFICATE, vector(3, other + own), credential=credential)
        name = certificate(OTHER_SPKI, name=SPKI)
        refuses(_BAD_CERTIFICATE, vector(3, vector(3, name)), credential=credential)


def test_x20_a_pin_in_the_place_of_the_key_is_refused():
    for raw in (False, True):
        body = vector(3, PIN) if raw else vector(3, vector(3, certificate(PIN)))
        link = Link(new_client(trusting(raw=raw)), sending(body, raw))
        error = raises(ProtocolError, link.run)
        assert error.alert == _BAD_CERTIFICATE
        check(link)


def test_a_certificate_of_the_other_type_than_agreed_on_is_refused():
    ems = (EXTENDED_MASTER_SECRET, b"")
    chain = vector(3, vector(3, certificate()))
    for answers, body, alert in (
        ([ems, (SERVER_TYPE, RAW)], chain, _BAD_CERTIFICATE),
        ([ems, (SERVER_TYPE, b"\0")], vector(3, SPKI), _DECODE_ERROR),
        ([ems], vector(3, SPKI), _DECODE_ERROR),
    ):
        server = sending(body)
        server.extensions = answers
        ends_with(alert, server, client=new_client(trusting(raw=True)))
    refuses(_DECODE_ERROR, vector(3, SPKI))


def test_a_raw_key_is_nothing_to_a_client_that_did_not_offer_the_type():
    server = sending(vector(3, SPKI))
    server.extensions = [(EXTENDED_MASTER_SECRET, b""), (SERVER_TYPE, RAW)]
    ends_with(110, server, client=new_client(trusting()))


def own(raw=False):
    """Return a credential with a client key."""
    if raw:
        return trusting(ClientRawKey(CLIENT_SPKI, CLIENT_PRIVATE))
    return trusting(ClientCertificate(certificate(CLIENT_SPKI), CLIENT_PRIVATE))


def asking(body) -> ScriptedServer:
    """Return a server with this body in its CertificateRequest."""
    server = ScriptedServer(EcdheKeys(request=True))
    server.bodies["certificate_request"] = lambda _: body
    return server


def test_s10_a_raw_key_is_not_sent_to_a_server_that_did_not_take_the_type():
    keys = EcdheKeys(request=True)
    server = ScriptedServer(keys, extensions=[(EXTENDED_MASTER_SECRET, b"")])
    survives(server, client=new_client(own(raw=True)))
    assert keys.client_chain == [] and keys.client_signature is None


def test_a_certificate_request_cut_anywhere_is_refused():
    whole = b"\2\1\x40" + vector(2, b"\4\3\4\1") + vector(2, vector(2, b"\x30\3\1\2\3") * 2)
    for credential in (own(), trusting()):
        survives(asking(whole), client=new_client(credential))
        for size in range(len(whole)):
            ends_with(_DECODE_ERROR, asking(whole[:size]), client=new_client(credential))


def test_certificate_requests_whose_lengths_lie_are_refused():
    names = vector(2, vector(2, b"\x30\0"))
    for body in (
        b"\0" + b"\x40" + b"\0\2\4\3" + names,
        b"\2" + b"\x40" + b"\0\2\4\3" + names,
        b"\xff" + b"\x40" + b"\0\2\4\3" + names,
        b"\1\x40" + b"\0\1\4\3" + names,
        b"\1\x40" + b"\0\1\4" + names,  # half a scheme
        b"\1\x40" + b"\0\3\4\3\4" + names,
        b"\1\x40" + b"\0\x04\4\3" + names,
        b"\1\x40" + b"\xff\xff\4\3" + names,
        b"\1\x40" + b"\0\2\4\3" + b"\xff\xff" + names,
        b"\1\x40" + b"\0\2\4\3" + b"\0\1\0",  # half a length
        b"\1\x40" + b"\0\2\4\3" + b"\0\3\0\2\x30",
        b"\1\x40" + b"\0\2\4\3" + b"\0\4\xff\xff\x30\0",
        b"\1\x40" + b"\0\2\4\3" + b"\0\5\0\2\x30\0\0",
        b"\1\x40" + b"\0\2\4\3" + names + b"\0",
        b"\1\x40" + b"\0\2\4\3",  # as in TLS 1.1: no list of names
        b"\1\x40" + names,  # as in TLS 1.1: no list of schemes
    ):
        ends_with(_DECODE_ERROR, asking(body), client=new_client(own()))


def test_a_certificate_request_of_absurd_size_is_taken_in_fragments():
    body = b"\xff" + bytes(range(1, 256)) + vector(2, b"\4\3" * 1000) + vector(2, bytes(4000))
    server = asking(body)
    server.fragment, server.mtu = 900, 1100
    client = new_client(own(), message_size=8000)
    link = Link(client, server).run()
    assert client.state == CONNECTED and server.exchange.proven()
    server = asking(body)
    server.fragment, server.mtu = 900, 1100
    link = Link(new_client(own()), server)
    error = raises(ProtocolError, link.run)
    assert "message_size=" in str(error)
    assert TYPES["certificate"] not in server.exchange.heard
