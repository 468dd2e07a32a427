"""URIs and their options (RFC 7252 sections 6.3 to 6.5 and appendix B), on both Pythons."""

from expect import Numbers, raises

from dtls_micro.coap.reference import compose, relative
from dtls_micro.coap.uri import split

HOST = 3
LOCATION_PATH = 8
PATH = 11
QUERY = 15
LOCATION_QUERY = 20
ALPHABET = "coaps:/?#[]@!$&'()*+,;=%25aF0.-_~ \t\x00\x7f\xe4\u3053\\\"<>^`{|}"


def paths(*segments):
    return [(PATH, segment) for segment in segments]


def queries(*arguments):
    return [(QUERY, argument) for argument in arguments]


def refused(function, text: str, *words):
    """Check that a text is refused with a sentence that has the words."""
    said = str(raises(ValueError, function, text))
    for word in words:
        assert word in said, (text, said)


def test_examples_of_appendix_b():
    hiragana = "%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF"
    name = (HOST, b"xn--18j4d.example")
    path = "\u3053\u3093\u306b\u3061\u306f".encode()
    for uri, host, port, options in (
        ("coap://[2001:db8::2:1]/", "2001:db8::2:1", 5683, []),
        ("coap://example.net/", "example.net", 5683, [(HOST, b"example.net")]),
        (
            "coap://example.net/.well-known/core",
            "example.net",
            5683,
            [(HOST, b"example.net")] + paths(b".well-known", b"core"),
        ),
        ("coap://xn--18j4d.example/" + hiragana, "xn--18j4d.example", 5683, [name, (PATH, path)]),
        (
            "coap://198.51.100.1:61616//%2F//?%2F%2F&?%26",
            "198.51.100.1",
            61616,
            paths(b"", b"/", b"", b"") + queries(b"//", b"?&"),
        ),
    ):
        assert split(uri) == (False, host, port, options), uri


def test_equivalent_uris_of_section_6_3():
    expected = (
        False,
        "example.com",
        5683,
        [(HOST, b"example.com")] + paths(b"~sensors", b"t.xml"),
    )
    for uri in (
        "coap://example.com:5683/~sensors/t.xml",
        "coap://EXAMPLE.com/%7Esensors/t.xml",
        "COAP://EXAMPLE.com:/%7esensors/t.xml",
        "Coap://example.com/~sensors/x/../t%2Exml",
    ):
        assert split(uri) == expected, uri


def test_schemes_and_ports():
    for uri, secure, port in (
        ("coap://h", False, 5683),
        ("coaps://h", True, 5684),
        ("CoAPS://h:", True, 5684),
        ("coaps://h:5683?x", True, 5683),
        ("coap://h:1/", False, 1),
        ("coap://h:65535", False, 65535),
        ("coap://h:00080", False, 80),
    ):
        found = split(uri)
        assert (found[0], found[1], found[2]) == (secure, "h", port), uri
        assert found[3][0] == (HOST, b"h") and 7 not in [number for number, _ in found[3]]
    for uri in (
        "",
        "h",
        "/a",
        "//h/a",
        "http://h",
        "coap:h",
        "coap:/h",
        "coap+tcp://h",
        "x coap://h",
    ):
        refused(split, uri, "coap://", "coaps://")
    for port in ("0", "65536", "123456", "-1", "+1", "1 ", "0x1", "a", "\u0663", "\xb2", "1_0"):
        refused(split, "coap://h:%s/" % port, "port", "65535")
    for uri in ("coap://h:1:2", "coap://::1/", "coap://2001:db8::1"):
        refused(split, uri, "brackets")


def test_hosts():
    for text, host in (
        ("Sensor-1.Example.ORG", "sensor-1.example.org"),
        ("ex%61mple%2Eorg", "example.org"),
        ("%41b", "Ab"),  # section 6.4 step 5: lower case first
        ("b%C3%BCro", "b\xfcro"),
        ("b\xfcro", "b\xfcro"),
        ("1.2.3", "1.2.3"),
        ("1.2.3.4.5", "1.2.3.4.5"),
        ("256.1.1.1", "256.1.1.1"),
        ("01.2.3.4", "01.2.3.4"),
        ("1.2.3.\u0664", "1.2.3.\u0664"),
        ("1..3.4", "1..3.4"),
        ("%31.2.3.4", "1.2.3.4"),  # a name, as it was not written as an address
        ("a" * 255, "a" * 255),
        ("%61" * 255, "a" * 255),
    ):
        assert split("coap://%s/" % text) == (False, host, 5683, [(HOST, host.encode())]), text
    refused(split, "coap://", "host")
    refused(split, "coap:///a", "host")
    refused(split, "coap://:5683/", "host")
    refused(split, "coap://" + "a" * 256, "255")
    refused(split, "coap://" + "%61" * 256, "255")
    for uri in ("coap://me@h/", "coap://me:pw@h/", "coap://@h", "coap://[::1]@h"):
        refused(split, uri, "@")
    refused(split, "coap://h%FF/", "UTF-8")
    for text in ("a%00b", "a%20b", "a%7Fb", "a%0A"):
        refused(split, "coap://%s/" % text, "host")


def test_addresses_are_no_uri_host():
    for text, host in (
        ("10.0.0.1", "10.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("0.0.0.0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("[2001:DB8::A]", "2001:db8::a"),
        ("[::ffff:1.2.3.4]", "::ffff:1.2.3.4"),
        ("[fe80::1%25eth0]", "fe80::1%eth0"),
        ("[FE80::1%25Eth0.1]", "fe80::1%Eth0.1"),  # the case of an interface's name counts
        ("[fe80::1%eth0]", "fe80::1%eth0"),  # as most write it
    ):
        assert split("coaps://%s" % text) == (True, host, 5684, []), text
        assert split("coaps://%s:99?x" % text) == (True, host, 99, queries(b"x")), text
    for text in (
        "[",
        "[]",
        "[::1",
        "[::1]1",
        "[::1]x:1",
        "[1.2.3.4]",
        "[abc]",
        "[v1.x:y]",
        "[::g]",
        "[::1 ]",
        "[::\u0661]",
        "[fe80::1%]",
        "[fe80::1%25]",
        "[fe80::1%25e th]",
        "[fe80::1%25e%00]",
        "[[::1]]",
    ):
        refused(split, "coap://%s/" % text, "[2001:db8::1]")


def test_paths():
    for path, segments in (
        ("", []),
        ("/", []),
        ("/a", [b"a"]),
        ("a", [b"a"]),
        ("/a/", [b"a", b""]),
        ("//", [b"", b""]),
        ("/a//b", [b"a", b"", b"b"]),
        ("/a/b/c/", [b"a", b"b", b"c", b""]),
        ("/a%20b/%2f/%25/%3F/%00", [b"a b", b"/", b"%", b"?", b"\x00"]),
        ("/%ff%FE", [b"\xff\xfe"]),
        ("/t\xfcr", b"t\xc3\xbcr".split(b"/")),
        ("/a:b@c;d=1,2&e'(*)!$+~", [b"a:b@c;d=1,2&e'(*)!$+~"]),
        ("/" + "s" * 255, [b"s" * 255]),
        ("/" + "%73" * 255, [b"s" * 255]),
    ):
        assert relative(path) == paths(*segments), path
        if path[:1] != "a":
            assert split("coap://1.2.3.4" + path)[3] == paths(*segments), path


def test_dots_in_a_path_are_resolved():
    # RFC 7252 section 6.4 step 2; 5.10.1 allows no Uri-Path "." or "..".
    for path, segments in (
        ("/a/./b", [b"a", b"b"]),
        ("/a/../b", [b"b"]),
        ("/a/b/../../c", [b"c"]),
        ("/a/b/..", [b"a", b""]),
        ("/a/.", [b"a", b""]),
        ("/a/..", []),
        ("/..", []),
        ("/.", []),
        ("/./", []),
        ("/../../a", [b"a"]),
        ("/a//../b", [b"a", b"b"]),
        ("/..//", [b"", b""]),
        ("/a/%2E%2e/b", [b"b"]),
        ("/...", [b"..."]),
        ("/.a/a.", [b".a", b"a."]),
        ("/a/b/c/./../../g", [b"a", b"g"]),  # RFC 3986 section 5.2.4
    ):
        assert relative(path) == paths(*segments), path
    assert relative("/a?../b") == paths(b"a") + queries(b"../b")


def test_queries():
    for query, arguments in (
        ("?", [b""]),
        ("?x", [b"x"]),
        ("?x=1&y=2", [b"x=1", b"y=2"]),
        ("?x&&y&", [b"x", b"", b"y", b""]),
        ("?a/b?c=d/", [b"a/b?c=d/"]),
        ("?a%26b&%3d%25", [b"a&b", b"=%"]),
        ("?\xfc", [b"\xc3\xbc"]),
        ("?" + "q" * 255, [b"q" * 255]),
    ):
        assert relative(query) == relative("/" + query) == queries(*arguments), query
        assert relative("/p" + query) == paths(b"p") + queries(*arguments), query
        assert split("coap://[::1]" + query)[3] == queries(*arguments), query


def test_what_is_no_path_is_refused():
    for start in ("/", "/a/", "?", "/a?b&"):
        for text in ("%", "%4", "%4g", "%g4", "%%41", "a%", "%+1", "%1_", "%\xe4\xe4"):
            refused(relative, start + text, "%25")
            refused(split, "coap://h" + start + text, "%25")
        for text in (" ", "a b", "a ", "\t", "\n", "\r", "\x00", "\x1f", "\x7f"):
            refused(relative, start + text, "%20")
        refused(relative, start + "x" * 256, "255")
        refused(relative, start + "%78" * 256, "255")
        refused(relative, start + "\u3053" * 86, "255")
        refused(relative, start + "#x", "%23")
    refused(split, "coap://h/a#", "%23")
    refused(split, "coap://h#x", "%23")
    refused(split, "coap://a b/", "%20")
    refused(split, "coap://a\n", "%20")


def test_what_compose_escapes():
    every = bytes(range(256))
    plain = "!$&'()*+,-.0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
    for number, shown in ((PATH, plain), (QUERY, plain.replace("&", "") + "/?")):
        for octet in every:
            text = compose([(number, bytes([octet]))]).lstrip("/")[number == QUERY :]
            if octet < 128 and chr(octet) in shown:
                assert number == PATH or text == chr(octet), octet
                assert number == QUERY or text == chr(octet), octet
            else:
                assert text == "%%%02X" % octet, octet


def test_compose():
    for options, text in (
        ([], "/"),
        (paths(b""), "/"),
        (paths(b"", b""), "//"),
        (paths(b"a b", b"c"), "/a%20b/c"),
        (paths(b"", b"/", b"", b"") + queries(b"//", b"?&"), "//%2F//?//&?%26"),  # appendix B
        (queries(b""), "/?"),
        (queries(b"", b""), "/?&"),
        (queries(b"x=1", b"y"), "/?x=1&y"),
        ([(HOST, b"h"), (12, b"\x28"), (PATH, b"a"), (QUERY, b"q"), (60, b"")], "/a?q"),
        ([(LOCATION_PATH, b"no"), (LOCATION_QUERY, b"no")], "/"),
    ):
        assert compose(options) == text, options
    created = [(LOCATION_PATH, b"rd"), (PATH, b"no"), (LOCATION_PATH, b"5a"), (QUERY, b"no")]
    assert compose(created, location=True) == "/rd/5a"
    assert compose(created + [(LOCATION_QUERY, b"k=\xff")], location=True) == "/rd/5a?k=%FF"
    assert compose([(PATH, bytearray(b"a")), (PATH, memoryview(b"b"))]) == "/a/b"


def test_split_and_compose_are_each_others_reverse():
    for text in ("/", "/a%20b?x=1&y", "//", "/a/", "/?", "/a//b?&&", "/%25%2F?%26%23", "/~a:@"):
        assert compose(relative(text)) == text
        assert compose(split("coaps://example.net" + text)[3]) == text
    numbers = Numbers(1)
    for _ in range(300):
        segments = [octets(numbers, 20) for _ in range(1 + numbers.below(5))]
        options = paths(*segments) + queries(
            *[octets(numbers, 9) for _ in range(numbers.below(4))]
        )
        if segments != [b""] and b"." not in segments and b".." not in segments:
            assert relative(compose(options)) == options, options


def octets(numbers, limit: int) -> bytes:
    return numbers.octets(numbers.below(limit))


def tried(function, text: str):
    """Return what the function returns, None if it refuses the text with a sentence."""
    try:
        return function(text)
    except ValueError as error:
        assert len(str(error)) > 20, text
        return None


def test_garbage_is_refused_with_valueerror_only():
    good = ("coap://example.net:5683/a%20b/c?x=1&y=%26", "coaps://[fe80::1%25eth0]:1/a/../b?z")
    numbers = Numbers(2)
    taken = 0
    for turn in range(4500):
        text = "".join([ALPHABET[numbers.below(len(ALPHABET))] for _ in range(numbers.below(30))])
        whole = good[turn & 1]
        at = numbers.below(len(whole))
        changed = whole[:at] + text[:2] + whole[at + numbers.below(3) :]
        uri = (text, "coap://" + text, changed)[turn % 3]
        found = tried(split, uri)
        if found:
            taken += 1
            _, host, port, options = found
            assert host and 0 < port < 65536, uri
            for number, value in options:
                assert len(value) <= 255 and (number != PATH or value not in (b".", b"..")), uri
            rest = [part for part in options if part[0] != HOST]
            assert relative(compose(rest)) == rest, uri
    assert 300 < taken < 4000, taken


def test_long_texts_take_no_long_time():
    for part in ("/a", "/..", "%41", "&", "?", "/", "a", "[", ":", "@", "%", "1.", "["):
        tried(relative, "/" + part * 20000)
        for uri in ("coap://" + part * 20000, part * 20000 + "://", "coap://h/?" + part * 20000):
            tried(split, uri)
