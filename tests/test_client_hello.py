"""The ClientHello, byte by byte, and the cookies that a server asks for."""

from expect import raises
from oracle import ends_with, survives, times_out
from scripted_server import (
    CCM_8,
    HANDSHAKE,
    IDENTITY,
    KEY,
    Hello,
    Link,
    ScriptedServer,
    message,
    new_client,
    number,
    record,
    uint,
    vector,
)

from dtls_micro.psk import Psk

_HANDSHAKE_FAILURE = 40
_DECODE_ERROR = 50


def first_hello(**options) -> bytes:
    """Return the only datagram of a new client."""
    client = new_client(**options)
    datagram = bytes(client.datagram())
    assert client.datagram() is None
    return datagram


def extensions(**options) -> dict:
    """Return the extensions of a new client's hello; their order and singleness are checked."""
    found = Hello(first_hello(**options)[25:]).extensions
    assert len({kind for kind, _ in found}) == len(found)
    return dict(found)


def test_the_client_hello_has_exactly_these_bytes():
    datagram = first_hello()
    body = (
        b"\xfe\xfd"
        + datagram[27:59]  # random
        + b"\0"  # session ID
        + b"\0"  # cookie
        + b"\x00\x0a\xc0\xa8\xc0\xa4\x00\xa8\xcc\xab\x00\xff"
        + b"\x01\x00"
        + b"\x00\x0f"
        + b"\x00\x17\x00\x00"  # extended_master_secret
        + b"\x00\x01\x00\x01\x02"  # max_fragment_length: 1024
        + b"\x00\x1c\x00\x02\x04\x5b"  # record_size_limit: 1152 - 37
    )
    assert datagram == record(HANDSHAKE, message(1, 0, body))
    assert len(datagram) == 92
    assert datagram[27:59] != bytes(32)


def test_a_client_hello_with_one_suite_and_a_name_is_small():
    datagram = first_hello(suites=CCM_8, server_name="a.example")
    assert len(datagram) == 92 - 6 + 4 + 5 + 9


def test_the_second_hello_differs_only_by_the_cookie_and_its_numbers():
    link = survives(client=new_client(server_name="host.example"))
    first, second = link.server.hellos
    cookie = link.server.cookies[0]
    assert first.cookie == b"" and second.cookie == cookie
    assert second.body == first.body[:35] + vector(1, cookie) + first.body[36:]
    datagrams = [datagram for _, datagram in link.sent[:2]]
    assert [number(datagram[5:11]) for datagram in datagrams] == [0, 1]  # of the record
    assert [number(datagram[17:19]) for datagram in datagrams] == [0, 1]  # of the message


def test_server_name_is_sent_when_it_is_given_and_left_out_otherwise():
    name = b"iot.example.org"
    for given in ("iot.example.org", "iot.example.org."):
        assert extensions(server_name=given)[0] == vector(2, b"\0" + vector(2, name))
    assert 0 not in extensions()
    assert 0 not in extensions(server_name="")


def test_limits_of_the_record_size_follow_from_the_receive_buffer():
    for rx_size in list(range(128, 2200)) + list(range(2200, 20001, 97)) + [16420, 16421, 20000]:
        room = rx_size - 37
        found = extensions(rx_size=rx_size)
        if room >= 1 << 14:
            assert 1 not in found and 28 not in found
            continue
        assert number(found[28]) == room
        code = found[1][0]
        assert len(found[1]) == 1 and 1 <= code <= 4
        assert 256 << code <= room or code == 1  # 512 is the least there is
        assert code == 4 or 512 << code > room  # and none larger would fit


def test_a_server_that_keeps_to_the_record_size_limit_is_understood():
    for rx_size in (128, 200, 256, 1152, 17000):
        client = new_client(rx_size=rx_size, message_size=256)
        link = survives(ScriptedServer(mtu=0, fragment=60), client=client)
        link.read.clear()
        limit = link.server.hellos[0].extension(28)
        data = bytes(min(number(limit) if limit else 1 << 14, 1 << 14))
        link.server.write(data)
        link.exchange()
        assert link.read == [data]


def test_constructor_arguments_out_of_range_are_refused():
    for name, value in (
        ("rx_size", 127),
        ("mtu", 63),
        ("message_size", 127),
        ("first_timeout_ms", 0),
        ("handshake_timeout_ms", 0),
        ("forged_limit", 0),
    ):
        options = {name: value}
        raises(ValueError, new_client, **options)


def test_cookies_of_every_length_come_back_as_they_are():
    for size in range(256):
        cookie = bytes([(size + i) & 255 for i in range(size)])
        link = survives(ScriptedServer(cookies=(cookie,)))
        assert [hello.cookie for hello in link.server.hellos] == [b"", cookie]


def test_a_server_may_skip_the_cookie():
    link = survives(ScriptedServer(cookies=()))
    assert len(link.server.hellos) == 1 and len(link.sent) == 3  # with the datum at the end


def test_three_cookies_are_enough_for_any_server():
    for count in (1, 2, 3):
        cookies = [bytes([i]) * 8 for i in range(count)]
        link = Link(new_client(), ScriptedServer(cookies=cookies)).run()
        assert [hello.cookie for hello in link.server.hellos] == [b""] + cookies
        assert link.server.client_finished
    link = ends_with(_HANDSHAKE_FAILURE, ScriptedServer(cookies=[b"%d" % i for i in range(50)]))
    assert len(link.server.hellos) == 4


def test_a_cookie_that_comes_twice_makes_one_hello():
    link = survives(to_client=lambda datagrams: [d for d in datagrams for _ in range(5)], extra=1)
    assert len(link.server.hellos) == 2


def test_a_server_without_state_may_number_all_its_verify_requests_zero():
    server = ScriptedServer(cookies=(b"one", b"two", b"three"))

    def renumber(records):
        kind, epoch, payload = records[0]
        server.message_seq = 1
        return [(kind, epoch, payload[:4] + b"\0\0" + payload[6:])]

    server.hooks["hello_verify_request"] = renumber
    link = Link(new_client(), server).run()
    assert link.server.client_finished and len(server.hellos) == 4


def test_the_version_of_a_verify_request_says_nothing():
    for version in (0xFEFF, 0xFEFD, 0x0000, 0x0303):
        server = ScriptedServer()
        server.bodies["hello_verify_request"] = lambda body, v=version: uint(2, v) + body[2:]
        survives(server)


def test_a_verify_request_with_lengths_that_lie_is_a_decode_error():
    for body in (
        b"",
        b"\xfe",
        b"\xfe\xff",
        b"\xfe\xff\x05abcd",
        b"\xfe\xff\x03abcd",
        b"\xfe\xff\xff",
        b"\xfe\xff\x00\x00",
    ):
        server = ScriptedServer()
        server.bodies["hello_verify_request"] = lambda _, body=body: body
        ends_with(_DECODE_ERROR, server)


def test_a_verify_request_in_fragments_is_understood():
    for size in (1, 5, 18):
        survives(ScriptedServer(fragment=size, cookies=(bytes(range(30)),), mtu=0))


def test_a_hello_that_nobody_answers_is_repeated_as_it_is():
    link = times_out(to_server=lambda datagrams: [])
    bodies = [datagram[13:] for _, datagram in link.sent]
    assert len(bodies) > 5 and len(set(bodies)) == 1
    assert len({datagram[5:11] for _, datagram in link.sent}) == len(bodies)


def test_long_hellos_and_identities_fit_any_mtu():
    for mtu in (64, 65, 92, 128, 300, 1152):
        client = new_client(Psk(IDENTITY * 16, KEY), mtu=mtu, server_name="n" * 200)
        link = Link(client, ScriptedServer(cookies=(bytes(255),))).run()
        assert link.server.client_finished and link.ms == 0
