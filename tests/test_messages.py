"""Every decoder of a handshake message, cut everywhere and with a byte too much."""

from expect import refused

from dtls_micro.messages import get_hello_verify_request, get_server_hello, put_client_hello
from dtls_micro.psk import (
    get_server_key_exchange,
    premaster_secret,
    put_client_key_exchange,
)
from dtls_micro.wire import Writer

_DECODE_ERROR = 50
_PROTOCOL_VERSION = 70
_RANDOM = bytes(range(32))


def check_decoder(get, body, wholes=()):
    """Check that only the whole body is taken, and bodies of the lengths in `wholes`."""
    get(body)
    for size in range(len(body)):
        if size not in wholes:
            refused(_DECODE_ERROR, get, body[:size])
    refused(_DECODE_ERROR, get, body + b"\0")


def test_hello_verify_request():
    for cookie in (b"", b"c", bytes(32), bytes(range(255))):
        for version in (b"\xfe\xff", b"\xfe\xfd", b"\0\0"):
            body = version + bytes([len(cookie)]) + cookie
            assert get_hello_verify_request(body) == cookie
            if len(cookie) < 40:
                check_decoder(get_hello_verify_request, body)


def server_hello(session_id=b"", extensions=b"\0\4\0\x17\0\0") -> bytes:
    """Return a ServerHello's body."""
    head = b"\xfe\xfd" + _RANDOM + bytes([len(session_id)]) + session_id
    return head + b"\xc0\xa8\0" + extensions


def test_server_hello():
    for session_id in (b"", b"s", bytes(32)):
        body = server_hello(session_id)
        random, suite, compression, extensions = get_server_hello(body)
        assert (random, suite, compression) == (_RANDOM, 0xC0A8, 0)
        assert extensions == b"\0\x17\0\0"
        check_decoder(get_server_hello, body, (38 + len(session_id),))


def test_server_hello_without_extensions():
    for extensions in (b"", b"\0\0"):
        assert len(get_server_hello(server_hello(b"", extensions))[3]) == 0


def test_server_hello_gives_the_compression_method_as_it_is():
    body = bytearray(server_hello())
    body[37] = 64
    assert get_server_hello(body)[2] == 64


def test_server_hello_of_another_version_is_refused():
    for version in (b"\xfe\xff", b"\3\3", b"\xfe\xfc", b"\0\0"):
        refused(_PROTOCOL_VERSION, get_server_hello, version + server_hello()[2:])


def test_server_hello_with_a_long_session_id_is_refused():
    for size in (33, 200, 255):
        refused(_DECODE_ERROR, get_server_hello, server_hello(bytes(size)))


def test_client_hello():
    data = bytearray()
    w = Writer(data)
    suites = ((0xC0A8, "name"), (0x00A8, "another"))
    start = put_client_hello(w, _RANDOM, b"cookie", suites)
    w.put(b"\0\x17\0\0")
    w.close(start, 2)
    assert data == (
        b"\xfe\xfd"
        + _RANDOM
        + b"\0\6cookie"
        + b"\0\6\xc0\xa8\0\xa8\0\xff"
        + b"\1\0"
        + b"\0\4\0\x17\0\0"
    )


def test_server_key_exchange_of_a_psk():
    for hint in (b"", b"h", b"a hint\0\xff", bytes(1000)):
        body = len(hint).to_bytes(2, "big") + hint
        assert get_server_key_exchange(body) == hint
        check_decoder(get_server_key_exchange, body)
    assert len(get_server_key_exchange(b"\xff\xff" + bytes(65535))) == 65535


def test_client_key_exchange_of_a_psk():
    for identity in (b"i", bytes(128)):
        data = bytearray()
        put_client_key_exchange(Writer(data), identity)
        assert data == len(identity).to_bytes(2, "big") + identity


def test_premaster_secret_of_a_psk():
    key = b"\x01\x02\x03"
    assert premaster_secret(bytes(3), key) == b"\0\3\0\0\0\0\3\1\2\3"
    assert len(premaster_secret(bytes(64), bytes(64))) == 132
