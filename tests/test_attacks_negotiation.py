"""Hostile answers to the ClientHello: rows N of the catalogue, for a PSK client."""

from oracle import ends_with, survives
from scripted_server import (
    EXTENDED_MASTER_SECRET,
    RENEGOTIATION_INFO,
    ScriptedServer,
    new_client,
    record,
    uint,
    vector,
)

_HANDSHAKE_FAILURE = 40
_ILLEGAL_PARAMETER = 47
_DECODE_ERROR = 50
_PROTOCOL_VERSION = 70
_UNSUPPORTED_EXTENSION = 110
_EMS = (EXTENDED_MASTER_SECRET, b"")
_SERVER_NAME, _MAX_FRAGMENT_LENGTH, _RECORD_SIZE_LIMIT = 0, 1, 28


def saying(body_of_hello, **options) -> ScriptedServer:
    """Return a server whose ServerHello is changed by this function."""
    server = ScriptedServer(**options)
    server.bodies["server_hello"] = body_of_hello
    return server


def answering(*extensions) -> ScriptedServer:
    """Return a server with these extensions and the extended master secret."""
    return ScriptedServer(extensions=[_EMS] + list(extensions))


def test_n01_n02_other_versions_are_refused():
    for version in (0xFEFF, 0xFEFC, 0xFEFE, 0x0303, 0x0000, 0xFEFB, 0xFFFF, 0x0304):
        server = ScriptedServer()
        server.version = version
        ends_with(_PROTOCOL_VERSION, server)


def test_n03_record_version_dtls_1_0_is_taken_up_to_the_server_hello_only():
    def older(kind, payload):
        return lambda records: [record(kind, payload or records[0][2], 0, 50, 0xFEFF)]

    for name in ("hello_verify_request", "server_hello"):
        server = ScriptedServer()
        server.hooks[name] = older(22, None)
        survives(server)
    server = ScriptedServer(mtu=0)
    lost = []

    def first_old_then_new(datagrams):
        out = []
        for datagram in datagrams:
            if datagram[13] == 14 and not lost:
                lost.append(datagram)
                datagram = datagram[:1] + b"\xfe\xff" + datagram[3:]
            out.append(datagram)
        return out

    survives(server, to_client=first_old_then_new, ms=1000, extra=1)


def test_n03_other_record_versions_are_dropped():
    for version in (0xFEFE, 0xFEFC, 0x0303, 0x0000, 0xFFFF, 0xFDFD):

        def add(datagrams, version=version):
            wrong = [d[:1] + uint(2, version) + d[3:] for d in datagrams]
            return wrong + datagrams

        survives(to_client=add)


def test_n04_suites_that_were_not_offered_are_refused_at_once():
    # NULL, a signalling value, anonymous, TLS 1.3, ECDHE, other PSK suites
    for code in (0x0000, 0x00FF, 0x0034, 0x1301, 0xC0AE, 0xC0A9, 0x00AE, 0x008C, 0xFFFF, 0xD005):
        server = ScriptedServer()
        server.code = code
        server.first = ["server_hello"]
        ends_with(_ILLEGAL_PARAMETER, server)


def test_n05_compression_is_refused():
    for method in (1, 64, 255):
        server = ScriptedServer()
        server.compression = method
        ends_with(_ILLEGAL_PARAMETER, server)


def test_n06_extensions_that_were_not_offered_are_refused():
    for kind in (2, 3, 5, 10, 11, 13, 16, 35, 43, 51, 0x1234, 0xFFFF, _SERVER_NAME):
        ends_with(_UNSUPPORTED_EXTENSION, answering((kind, b"")))
    unlimited = new_client(rx_size=17000)  # it offers no limit of the record size
    ends_with(_UNSUPPORTED_EXTENSION, answering((_RECORD_SIZE_LIMIT, b"\4\0")), client=unlimited)


def test_n07_the_same_extension_twice_is_refused():
    for extension in (_EMS, (RENEGOTIATION_INFO, b"\0"), (_RECORD_SIZE_LIMIT, b"\2\0")):
        ends_with(_DECODE_ERROR, ScriptedServer(extensions=[_EMS, extension, extension]))


def test_n08_an_extension_block_that_lies_is_refused():
    ems = uint(2, EXTENDED_MASTER_SECRET) + b"\0\0"
    for block in (
        b"\0",
        b"\0\1",
        b"\0\4" + ems[:3],
        b"\0\5" + ems,
        b"\0\3" + ems,
        b"\0\4" + ems + b"\0",
        b"\xff\xff" + ems,
        vector(2, ems[:3]),
        vector(2, ems + b"\xff"),
        vector(2, b"\0\x17\0\1"),
        vector(2, b"\0\x17\xff\xff"),
        vector(2, ems + b"\xff\1\0\2\0"),
    ):
        server = saying(lambda body, block=block: body + block, extensions=[])
        ends_with(_DECODE_ERROR, server)


def test_n08_a_hello_without_extensions_is_understood_if_they_are_not_required():
    for block in (b"", b"\0\0"):
        server = saying(lambda body, block=block: body + block, extensions=[])
        ends_with(_HANDSHAKE_FAILURE, server)
        server = saying(lambda body, block=block: body + block, extensions=[])
        survives(server, client=new_client(allow_legacy=True))


def test_n09_no_extended_master_secret_is_refused():
    for extensions in ([], [(RENEGOTIATION_INFO, b"\0")]):
        ends_with(_HANDSHAKE_FAILURE, ScriptedServer(extensions=extensions))


def test_n09_a_body_in_extended_master_secret_is_refused():
    ends_with(_DECODE_ERROR, ScriptedServer(extensions=[(EXTENDED_MASTER_SECRET, b"\0")]))


def test_n11_a_session_id_of_a_new_session_is_no_resumption():
    for size in (1, 16, 32):
        server = ScriptedServer()
        server.session_id = bytes(size)
        survives(server)


def test_n12_renegotiation_info_that_is_not_empty_is_refused():
    for data in (b"\1\0", b"\x0c" + bytes(12), vector(1, bytes(24))):
        ends_with(_HANDSHAKE_FAILURE, answering((RENEGOTIATION_INFO, data)))
    for data in (b"", b"\0\0"):
        ends_with(_DECODE_ERROR, answering((RENEGOTIATION_INFO, data)))


def test_n12_a_server_without_renegotiation_info_is_accepted():
    survives(answering())


def test_n19_hints_of_every_kind_are_opaque_bytes():
    for hint in (None, b"", b"\0", b"a\0b", b"\xff\xfe", bytes(range(256)), bytes(1000)):
        link = survives(ScriptedServer(hint=hint))
        assert link.client.peer == hint


def test_n19_a_hint_as_long_as_the_message_buffer_is_taken_in_fragments():
    hint = bytes([i % 251 for i in range(1000)])
    link = survives(ScriptedServer(hint=hint, fragment=100, mtu=300))
    assert link.client.peer == hint


def test_n19_a_hint_whose_length_lies_is_refused():
    for body in (b"", b"\0", b"\0\5hint", b"\0\3hint", b"\xff\xffhint"):
        server = ScriptedServer(hint=b"hint")
        server.bodies["server_key_exchange"] = lambda _, body=body: body
        ends_with(_DECODE_ERROR, server)


def test_n20_a_connection_id_nobody_asked_for_is_refused():
    for size in (0, 1, 255):
        for kind in (53, 54):
            ends_with(_UNSUPPORTED_EXTENSION, answering((kind, vector(1, bytes(size)))))


def test_n21_another_max_fragment_length_is_refused():
    for code in (0, 1, 3, 4, 5, 255):
        ends_with(_ILLEGAL_PARAMETER, answering((_MAX_FRAGMENT_LENGTH, bytes([code]))))
    for data in (b"", b"\2\2"):
        ends_with(_DECODE_ERROR, answering((_MAX_FRAGMENT_LENGTH, data)))


def test_n21_the_same_max_fragment_length_limits_our_records():
    link = survives(answering((_MAX_FRAGMENT_LENGTH, b"\2")))
    assert link.client.room() == 1024


def test_record_size_limit_limits_our_records():
    for limit, room in ((64, 64), (512, 512), (1115, 1115), (0x4000, 1152 - 29), (0xFFFF, 1123)):
        link = survives(answering((_RECORD_SIZE_LIMIT, uint(2, limit))))
        assert link.client.room() == room
    for limit in (0, 1, 63):
        ends_with(_ILLEGAL_PARAMETER, answering((_RECORD_SIZE_LIMIT, uint(2, limit))))
    for data in (b"", b"\4", b"\4\0\0"):
        ends_with(_DECODE_ERROR, answering((_RECORD_SIZE_LIMIT, data)))


def test_both_limits_of_the_record_size_are_refused():
    both = [(_RECORD_SIZE_LIMIT, b"\2\0"), (_MAX_FRAGMENT_LENGTH, b"\2")]
    for limits in (both, both[::-1]):
        ends_with(_ILLEGAL_PARAMETER, answering(*limits))


def test_an_answer_to_server_name_is_empty():
    survives(answering((_SERVER_NAME, b"")), client=new_client(server_name="a.example"))
    server = answering((_SERVER_NAME, b"\0\0"))
    ends_with(_DECODE_ERROR, server, client=new_client(server_name="a.example"))


def test_n22_a_server_hello_cut_anywhere_is_refused():
    whole = []
    server = saying(lambda body: whole.append(body) or body)
    survives(server)
    for size in range(len(whole[0])):
        if size == 38:
            continue  # a hello without extensions
        ends_with(_DECODE_ERROR, saying(lambda body, size=size: body[:size]))


def test_n22_a_session_id_of_more_than_32_bytes_is_refused():
    for size in (33, 64, 255):
        server = ScriptedServer()
        server.session_id = bytes(size)
        ends_with(_DECODE_ERROR, server)


def test_n23_the_downgrade_mark_of_a_server_with_tls_1_3_is_ignored():
    for mark in (b"DOWNGRD\1", b"DOWNGRD\0"):
        server = ScriptedServer()
        server.random = bytes(24) + mark
        survives(server)


def test_n24_encrypt_then_mac_and_truncated_hmac_are_refused():
    for kind in (22, 4):
        ends_with(_UNSUPPORTED_EXTENSION, answering((kind, b"")))
