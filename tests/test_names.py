"""The server's name and its certificate's (RFC 9525; row X02 of attacks), on both Pythons."""

import tlv

from dtls_micro.names import address, dns_name, matches


def matched(wanted: bytes, *names) -> bool:
    return matches(b"".join(names), wanted)


def test_x02_hosts_are_compared_without_case_and_as_a_whole():
    for presented in (b"coap.example.org", b"COAP.Example.ORG"):
        for wanted in (b"coap.example.org", b"CoAP.EXAMPLE.org", b"coap.example.org."):
            assert matched(wanted, tlv.dns(presented))
    for wanted in (b"example.org", b"a.coap.example.org", b"coap.example.or", b"coapXexample.org"):
        assert not matched(wanted, tlv.dns(b"coap.example.org"))
    assert matched(b"b.c", tlv.dns(b"a.b"), tlv.ip(bytes(4)), tlv.dns(b"b.c"))
    assert matched(b"localhost", tlv.dns(b"localhost"))
    assert matched(b"my_sensor.local", tlv.dns(b"my_sensor.local"))


def test_x02_a_wildcard_is_the_whole_first_label_and_stands_for_one():
    for wanted in (b"a.example.org", b"A.EXAMPLE.ORG", b"xn--p1ai.example.org"):
        assert matched(wanted, tlv.dns(b"*.example.org"))
    for wanted in (b"example.org", b"a.b.example.org", b".example.org", b"*.example.org"):
        assert not matched(wanted, tlv.dns(b"*.example.org")), wanted
    for presented in (
        b"*",
        b"*.org",
        b"*.",
        b"a*.example.org",
        b"*a.example.org",
        b"a.*.org",
        b"*.*.org",
        b"*..org",
        b"*.example.org.",
        b"**.example.org",
        b"?.example.org",
    ):
        for wanted in (b"a.example.org", b"ab.example.org", b"a.org", b"a", b"a.b.org"):
            assert not matched(wanted, tlv.dns(presented)), presented
    assert not matched(b"1.2.3.4", tlv.dns(b"*.2.3.4"))


def test_x02_nul_and_other_bytes_never_match():
    for presented in (
        b"good.example\x00.evil.example",
        b"good.example\x00",
        b" good.example",
        b"good.example ",
        b"good.example.",
        b".good.example",
        b"good..example",
        b"g\xc3\xb6od.example",
        b"",
    ):
        assert not matched(b"good.example", tlv.dns(presented)), presented
        assert not matched(presented, tlv.dns(presented)) or presented == b"good.example."


def test_x02_addresses_are_compared_with_addresses_only():
    assert matched(b"10.0.0.1", tlv.ip(b"\x0a\x00\x00\x01"))
    assert not matched(b"10.0.0.1", tlv.dns(b"10.0.0.1"))
    assert not matched(b"10.0.0.1", tlv.ip(b"10.0.0.1"))
    assert not matched(b"10.0.0.1", tlv.ip(bytes(10) + b"\xff\xff\x0a\x00\x00\x01"))
    assert not matched(b"10.0.0.2", tlv.ip(b"\x0a\x00\x00\x01"))
    assert matched(b"2001:DB8::1", tlv.ip(b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01"))
    assert not matched(b"\x0a\x00\x00\x01", tlv.ip(b"\x0a\x00\x00\x01"))


def test_x02_names_of_other_forms_do_not_count():
    wanted = b"good.example"
    assert not matched(wanted, tlv.tlv(0x86, b"coaps://good.example"), tlv.tlv(0x81, wanted))
    assert not matched(wanted, tlv.tlv(0x86, wanted), tlv.directory(tlv.name(wanted)))


def test_x15_ten_thousand_and_oversized_names_are_looked_through():
    names = tlv.dns(b"other.example") * 10000
    assert not matched(b"good.example", names)
    assert matched(b"good.example", names, tlv.dns(b"good.example"))
    assert not matched(b"a" * 300, tlv.dns(b"a" * 300))
    assert not matched(b"good.example", tlv.dns(b"x" * 60000))


def test_addresses_in_text():
    for text, octets in (
        (b"0.0.0.0", bytes(4)),
        (b"255.1.20.3", b"\xff\x01\x14\x03"),
        (b"::", bytes(16)),
        (b"::1", bytes(15) + b"\x01"),
        (b"1::", b"\x00\x01" + bytes(14)),
        (b"1:2:3:4:5:6:7:8", bytes([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8])),
        (b"fe80::aBcD:1", b"\xfe\x80" + bytes(10) + b"\xab\xcd\x00\x01"),
        (b"::ffff:1.2.3.4", bytes(10) + b"\xff\xff\x01\x02\x03\x04"),
        (b"1:2:3:4:5:6:7::", bytes([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0])),
    ):
        assert address(text) == octets, text
    for text in (
        b"",
        b"1.2.3",
        b"1.2.3.4.5",
        b"256.1.1.1",
        b"01.2.3.4",
        b"1.2.3.-4",
        b"1.2.3.+4",
        b"1.2.3.",
        b"0x1.2.3.4",
        b"a.b.c.d",
        b":",
        b":::",
        b"1::2::3",
        b"1:2:3:4:5:6:7",
        b"1:2:3:4:5:6:7:8:9",
        b"1:2:3:4:5:6:7:8::",
        b"12345::",
        b"::g",
        b"::1.2.3",
        b"1.2.3.4::",
        b"::-1",
        b":1",
        b"1:",
        b"fe80::1%eth0",
    ):
        assert address(text) == b"", text


def test_host_names():
    assert dns_name(b"A-b.c_d.9") == b"a-b.c_d.9"
    for name in (b"", b".", b"a.", b"-a", b"a-", b"a..b", b"*.a", b"a b", b"a\x00", b"a/b"):
        assert dns_name(name) == b"", name
    assert dns_name(b"a" * 63) and not dns_name(b"a" * 64)
    assert dns_name((b"a" * 49 + b".") * 5 + b"abc") and not dns_name((b"a" * 49 + b".") * 6)
