"""Hostile points, signatures and numbers: rows C01 to C06 of the catalogue."""

from binascii import hexlify, unhexlify

from oracle import check_no_secret, ends_with, survives
from scripted_ecdhe import (
    CLIENT_PRIVATE,
    CLIENT_SPKI,
    PRIVATE,
    SECP256R1,
    X25519,
    EcdheKeys,
    EcdhePskKeys,
    WatchedPort,
    certificate,
    der,
    ecdsa,
    integer,
    pair,
    sharing,
    trusting,
)
from scripted_server import Link, Port, ScriptedServer, new_client, number, uint

from dtls_micro.client_key import ClientCertificate
from dtls_micro.crypto import multiply, p256, x25519
from dtls_micro.crypto.modular import inverse
from dtls_micro.errors import ProtocolError
from dtls_micro.handshake import CONNECTED
from dtls_micro.p256 import P256
from dtls_micro.x25519 import X25519 as GROUP_X25519

_ILLEGAL_PARAMETER = 47
_DECRYPT_ERROR = 51
_P, _N = p256.CURVE.p, p256.CURVE.n
_P25519 = 2**255 - 19
_BOTH = (P256, GROUP_X25519)


def own(**options):
    """Return a credential with a client certificate."""
    client = ClientCertificate(certificate(CLIENT_SPKI), CLIENT_PRIVATE)
    return trusting(client, **options)


def sharing_point(point, curve=SECP256R1):
    """Yield servers of both key exchanges with this key share, each with a client's credential."""
    for keys, make in ((EcdheKeys(curve=curve), own), (EcdhePskKeys(curve=curve), sharing)):
        keys.point = point
        yield ScriptedServer(keys), make(groups=_BOTH)


def refuses_point(point, curve=SECP256R1):
    """Check that no client takes this key share, and that it sends none of its own."""
    for server, credential in sharing_point(point, curve):
        port = WatchedPort()
        link = ends_with(_ILLEGAL_PARAMETER, server, client=new_client(credential, port=port))
        assert server.exchange.share is None
        check_no_secret(link.client, *port.secrets)


def small_point():
    """Return a point of P-256 with x below 2**256 - p, so that x + p has 32 bytes too."""
    x = 1
    while True:
        square = (x * x * x - 3 * x + p256.CURVE.b) % _P
        y = pow(square, (_P + 1) // 4, _P)
        if y * y % _P == square:
            return x, y
        x += 1


def test_c01_points_in_any_form_but_the_uncompressed_are_refused():
    good = EcdheKeys().point
    for point in (
        b"",
        b"\0",  # infinity
        b"\0" * 65,
        b"\4",
        good[:64],
        good + b"\0",
        good[1:],
        b"\2" + good[1:33],
        b"\3" + good[1:33],
        b"\2" + good[1:],
        b"\6" + good[1:],
        b"\7" + good[1:],
        b"\0" + good[1:],
        b"\5" + good[1:],
        good[:33],
        good[:65] + good[1:33],
        good[1:33],
        bytes(255),
    ):
        refuses_point(point)


def test_c01_points_off_the_curve_are_refused():
    good = EcdheKeys().point
    x, y = number(good[1:33]), number(good[33:])
    for wrong_x, wrong_y in (
        (0, 0),
        (1, 1),
        (x, y ^ 1),
        (x, 0),
        (0, y),
        (y, x),
        (x ^ 1 << 255, y),
        (_P - 1, _P - 1),
        (_N, _N),
        (5, 1),  # of a curve with another b, as in attacks with an invalid curve
        (0, 1),
        ((1 << 256) - 1, (1 << 256) - 1),
    ):
        refuses_point(b"\4" + uint(32, wrong_x) + uint(32, wrong_y))


def test_c01_coordinates_not_below_p_are_refused():
    x, y = small_point()
    assert x + _P < 1 << 256
    for server, credential in sharing_point(b"\4" + uint(32, x) + uint(32, y)):
        link = Link(new_client(credential), server)
        link.exchange()
        assert server.exchange.share is not None  # the point itself is good
    refuses_point(b"\4" + uint(32, x + _P) + uint(32, y))
    for wrong_x, wrong_y in ((_P, y), (x, _P), (_P, _P), (_P + 1, 1)):
        refuses_point(b"\4" + uint(32, wrong_x) + uint(32, wrong_y))


def test_c01_our_own_share_sent_back_in_another_handshake_is_nothing_special():
    keys = EcdheKeys()
    share = survives(ScriptedServer(keys), client=new_client(own())).server.exchange.share
    server, credential = next(iter(sharing_point(share)))
    link = Link(new_client(credential), server)
    link.exchange()
    assert link.client.state != CONNECTED and server.unopened > 0


def test_c02_keys_of_small_order_are_refused_on_x25519():
    for u in (
        0,
        1,
        _P25519 - 1,
        _P25519,
        _P25519 + 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    ):
        for top in (0, 1 << 255):
            refuses_point((u | top).to_bytes(32, "little"), X25519)


def test_c02_keys_of_another_size_are_refused_on_x25519():
    good = EcdheKeys(curve=X25519).point
    for point in (b"", b"\x09", good[:31], good + b"\0", b"\4" + good + good, bytes(255)):
        refuses_point(point, X25519)


def test_c02_the_top_bit_of_a_key_is_ignored_on_x25519():
    for server, credential in sharing_point(b"", X25519):
        keys = server.exchange
        keys.private = bytes(range(32))
        keys.point = unhexlify("8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f")
        assert keys.point[31] < 128
        keys.point = keys.point[:31] + bytes([keys.point[31] | 128])
        survives(server, client=new_client(credential))


def refuses_signature(make):
    """Check that the client refuses what the function makes of an honest (r, s)."""
    keys = EcdheKeys()

    def sign(data):
        signature = ecdsa(PRIVATE, data)
        size = signature[3]
        return make(number(signature[4 : 4 + size]), number(signature[6 + size :]))

    keys.sign = sign
    return ends_with(_DECRYPT_ERROR, ScriptedServer(keys), client=new_client(trusting()))


def test_c03_numbers_out_of_range_are_refused():
    bad = (0, _N, _N + 1, _P, -1, -_N, 1 << 256, (1 << 256) - 1, 1 << 800, 1, _N - 1)
    for value in bad:
        refuses_signature(lambda r, s, value=value: pair(value, s))
        refuses_signature(lambda r, s, value=value: pair(r, value))
        for other in bad:
            refuses_signature(lambda r, s, value=value, other=other: pair(value, other))


def test_c03_numbers_that_are_right_but_for_the_order_or_the_sign_are_refused():
    for make in (
        lambda r, s: pair(r + _N, s),
        lambda r, s: pair(r, s + _N),
        lambda r, s: pair(-r, s),
        lambda r, s: pair(r, -s),
        lambda r, s: pair(r - (1 << 256), s),
        lambda r, s: pair(r, s - (1 << 256)),
        lambda r, s: pair(_N - r, s),
        lambda r, s: pair(s, r),
        lambda r, s: pair(r, r),
        lambda r, s: pair(r ^ 1, s),
    ):
        refuses_signature(make)


def test_c03_the_other_of_two_good_signatures_is_good_too():
    def other(data):
        signature = ecdsa(PRIVATE, data)
        size = signature[3]
        return pair(number(signature[4 : 4 + size]), _N - number(signature[6 + size :]))

    keys = EcdheKeys()
    keys.sign = other
    survives(ScriptedServer(keys), client=new_client(trusting()))


def test_c03_numbers_above_the_order_are_refused_where_they_fit_too():
    r, y = small_point()
    assert 0 < r < (1 << 256) - _N
    random = Port().random
    e, s = 0x1234567, 99
    over_r = inverse(r, _N)
    x1, y1 = multiply.of_point(p256.CURVE, s * over_r % _N, r, y, random)
    x2, y2 = multiply.of_base(p256.CURVE, -e * over_r % _N, random)
    public = p256.CURVE.octets(*p256.CURVE.affine(*p256.CURVE.add(x1, y1, 1, x2, y2)))
    assert p256.verify(public, uint(32, e), uint(32, r) + uint(32, s))
    assert not p256.verify(public, uint(32, e), uint(32, r + _N) + uint(32, s))
    assert not p256.verify(public, uint(32, e), uint(32, r) + uint(32, s + _N))


def raw(value) -> bytes:
    """Return 33 bytes of which the first is 0."""
    return uint(33, value)


def test_c04_encodings_that_are_not_der_are_refused():
    for make in (
        lambda r, s: uint(32, r) + uint(32, s),
        lambda r, s: b"\4" + uint(32, r) + uint(32, s),
        lambda r, s: pair(r, s) + b"\0",
        lambda r, s: pair(r, s) + pair(r, s),
        lambda r, s: b"\0" + pair(r, s),
        lambda r, s: pair(r, s)[:-1],
        lambda r, s: pair(r, s)[1:],
        lambda r, s: pair(r, s)[2:],
        lambda r, s: der(0x31, integer(r), integer(s)),
        lambda r, s: der(0x10, integer(r), integer(s)),
        lambda r, s: der(0x30, integer(r), integer(s), b"\5\0"),
        lambda r, s: der(0x30, integer(r), integer(s), integer(0)),
        lambda r, s: der(0x30, b"\5\0", integer(r), integer(s)),
        lambda r, s: der(0x30, integer(r)),
        lambda r, s: der(0x30, integer(r)) + integer(s),
        lambda r, s: b"\x30\0" + integer(r) + integer(s),
        lambda r, s: der(0x30, der(3, raw(r)), integer(s)),
        lambda r, s: der(0x30, integer(r), der(4, uint(32, s))),
        lambda r, s: der(0x30, integer(r), der(0x22, integer(s))),
        lambda r, s: der(0x30, der(0x30, integer(r), integer(s))),
        lambda r, s: der(4, pair(r, s)),
        lambda r, s: der(0x30, b"\2\0", integer(s)),
        lambda r, s: der(0x30, integer(r), b"\2\0"),
        lambda r, s: der(0x30, der(2, b"\0" + raw(r)), integer(s)),  # needless zeros
        lambda r, s: der(0x30, integer(r), der(2, b"\0" + raw(s))),
        lambda r, s: b"\x30\x81" + pair(r, s)[1:],  # lengths that could be shorter
        lambda r, s: b"\x30\x82\0" + pair(r, s)[1:],
        lambda r, s: b"\x30\x80" + pair(r, s)[2:] + b"\0\0",
        lambda r, s: der(0x30, b"\2\x81" + integer(r)[1:], integer(s)),
        lambda r, s: der(0x30, integer(r), b"\2\x81" + integer(s)[1:]),
        lambda r, s: der(0x30, b"\2\x80" + integer(r)[2:] + b"\0\0", integer(s)),
    ):
        refuses_signature(make)


def test_c04_a_missing_zero_in_front_of_a_high_bit_is_refused():
    tried = [0, 0]

    def half(which):
        keys = EcdheKeys()

        def sign(data):
            signature = ecdsa(PRIVATE, data)
            size = signature[3]
            numbers = number(signature[4 : 4 + size]), number(signature[6 + size :])
            tried[which] += numbers[which] >> 255
            parts = [integer(value) for value in numbers]
            parts[which] = der(2, uint(32, numbers[which]))
            return der(0x30, parts[0], parts[1])

        keys.sign = sign
        return keys

    for which in (0, 1):
        while not tried[which]:
            link = Link(new_client(trusting()), ScriptedServer(half(which)))
            try:
                link.run()
            except ProtocolError as error:
                assert error.alert == _DECRYPT_ERROR and tried[which]
            assert (link.client.state == CONNECTED) != bool(tried[which])


def test_c04_a_needless_zero_is_refused():
    for which in (0, 1):
        tried = []

        def make(r, s, which=which, tried=tried):
            parts = [integer(r), integer(s)]
            value = (r, s)[which]
            if not value >> 255:
                tried.append(1)
                parts[which] = der(2, raw(value))
                return der(0x30, parts[0], parts[1])
            return b""  # a zero would be needed: not what is looked for

        while not tried:
            refuses_signature(make)


def test_c04_a_signature_cut_anywhere_is_refused():
    for size in range(70):
        refuses_signature(lambda r, s, size=size: pair(r, s)[:size])


def test_c04_signatures_of_absurd_size_are_refused():
    for junk in (
        bytes(300),
        b"\x30\x7f" + bytes(127),
        b"\x30\x82\1\0" + bytes(256),
        b"\xff" * 800,
    ):
        refuses_signature(lambda r, s, junk=junk: junk)


def test_c05_of_a_hash_longer_than_the_order_the_leftmost_bits_count():
    port = Port()
    public = p256.public(PRIVATE, port.random)
    for size in (48, 64):
        digest = bytes([i * 37 & 255 for i in range(size)])
        signature = p256.sign(PRIVATE, digest, port.sha256, port.random)
        assert signature == p256.sign(PRIVATE, digest[:32], port.sha256, port.random)
        assert p256.verify(public, digest, signature)
        assert p256.verify(public, digest[:32] + bytes(size - 32), signature)
        assert not p256.verify(public, bytes([digest[0] ^ 128]) + digest[1:], signature)
        assert not p256.verify(public, digest[size - 32 :], signature)


class FixedPort(Port):
    """A port whose ephemeral key is known."""

    def __init__(self, private):
        Port.__init__(self)
        self._private = private
        self._octets = self.random
        self.p256 = self
        self.random = lambda n: private if n == 32 else self._octets(n)
        self.shared, self.sign, self.verify = p256.shared, p256.sign, p256.verify

    def keypair(self, random):
        return self._private, p256.public(self._private, random)


def _public_of(private, curve) -> bytes:
    """Return the public key of a private one."""
    if curve == SECP256R1:
        return p256.public(private, Port().random)
    return x25519.shared(private, b"\x09" + bytes(31), Port().random)


def test_c06_zeros_at_the_ends_of_the_shared_secret_stay():
    small, low = uint(32, 0x1234567), bytes(range(32))
    for curve, private, server_private, secret in (
        # computed with another library
        (
            SECP256R1,
            small,
            uint(32, 206),
            "009613d064a5ef4a470b32b47925c7d4fb11a8953987f6e0a9bb6019dc5080c6",
        ),
        (
            SECP256R1,
            small,
            uint(32, 51355),
            "0000bc964c3292f966e04c2870973ed286eae99dd3b4aee8b1556d742a8415c5",
        ),
        (
            X25519,
            low,
            (536).to_bytes(32, "little"),
            "003a0d78e327440b8e1862a3effc952f28c13a5d5098f0ac9e5d1b90f3ae9970",
        ),
        (
            X25519,
            low,
            (2048).to_bytes(32, "little"),
            "2aee43a624e6210112ed430adb56169ade8a4033394f54c57e37c85976a33000",
        ),
    ):
        for server, credential in sharing_point(b"", curve):
            keys = server.exchange
            keys.private = server_private
            keys.point = _public_of(server_private, curve)
            survives(server, client=new_client(credential, port=FixedPort(private)))
            assert hexlify(keys.secrets[0]).decode() == secret
