"""Link format (RFC 6690 sections 2 and 5), on both Pythons."""

from expect import Numbers, raises

from dtls_micro.coap.link import format, parse

SENSORS = """</sensors>;ct=40;title="Sensor Index",
</sensors/temp>;rt="temperature-c";if="sensor",
</sensors/light>;rt="light-lux";if="sensor",
<http://www.example.com/sensors/t123>;anchor="/sensors/temp"
;rel="describedby",
</t>;anchor="/sensors/temp";rel="alternate"
"""


def refused(payload) -> str:
    """Check that a payload is refused; return what was said."""
    said = str(raises(ValueError, parse, payload))
    assert len(said) > 10, payload
    return said


def test_examples_of_section_5():
    temp = ("/sensors/temp", {"rt": "temperature-c", "if": "sensor"})
    light = ("/sensors/light", {"rt": "light-lux", "if": "sensor"})
    assert parse('</sensors>;if="sensor"') == [("/sensors", {"if": "sensor"})]
    assert parse("</sensors>;ct=40") == [("/sensors", {"ct": "40"})]
    assert parse(
        '</sensors/temp>;rt="temperature-c";if="sensor",</sensors/light>;rt="light-lux";if="sensor"'
    ) == [temp, light]
    assert parse(SENSORS) == [
        ("/sensors", {"ct": "40", "title": "Sensor Index"}),
        temp,
        light,
        (
            "http://www.example.com/sensors/t123",
            {"anchor": "/sensors/temp", "rel": "describedby"},
        ),
        ("/t", {"anchor": "/sensors/temp", "rel": "alternate"}),
    ]
    assert parse('</sensors/light>;rt="light-lux core.sen-light";if="sensor"')[0][1] == {
        "rt": "light-lux core.sen-light",
        "if": "sensor",
    }
    assert parse('</firmware/v2.1>;rt="firmware";sz=262144') == [
        ("/firmware/v2.1", {"rt": "firmware", "sz": "262144"})
    ]


def test_payloads_of_all_kinds():
    octets = SENSORS.encode()
    for payload in (octets, bytearray(octets), memoryview(octets)):
        assert parse(payload) == parse(SENSORS)
    for nothing in ("", b"", bytearray(), " ", "\r\n\t"):
        assert parse(nothing) == []
    assert parse(b'</t>;title="\xe6\xb8\xa9 \xc2\xb0C"') == [("/t", {"title": "\u6e29 \xb0C"})]
    for broken in (b"</\xff>", b'</t>;title="\xc3"', b"\xc3\x28", b"</t>\x80"):
        assert "UTF-8" in refused(broken)


def test_targets_and_attributes():
    for text, target, attributes in (
        ("<>", "", {}),
        ("</>", "/", {}),
        ("</a;b,c=1>", "/a;b,c=1", {}),
        ("</b\xfcro>", "/b\xfcro", {}),
        ("<coap://[::1]:1/a?b>;obs", "coap://[::1]:1/a?b", {"obs": None}),
        ("</a>;obs;ct=0", "/a", {"obs": None, "ct": "0"}),
        ("</a>;ct=0;obs", "/a", {"ct": "0", "obs": None}),
        ('</a>;ct="0 40 60"', "/a", {"ct": "0 40 60"}),
        ('</a>;t=""', "/a", {"t": ""}),
        ("</a>;t=!#$%&'()*+-./:<=>?@[]^_`{|}~", "/a", {"t": "!#$%&'()*+-./:<=>?@[]^_`{|}~"}),
        ("</a>;title*=UTF-8'de'B%c3%bcro", "/a", {"title*": "UTF-8'de'B%c3%bcro"}),
        ("</a>;a.b-c_d!#$&+^`|~=1", "/a", {"a.b-c_d!#$&+^`|~": "1"}),
        ('</a>;ver=1.1;lt="60"', "/a", {"ver": "1.1", "lt": "60"}),
    ):
        assert parse(text) == [(target, attributes)], text


def test_quoted_strings():
    for quoted, value in (
        ("a,b;c=<d>", "a,b;c=<d>"),
        (",</b>;rt=x", ",</b>;rt=x"),
        ('say \\"no\\"', 'say "no"'),
        ("back\\\\slash", "back\\slash"),
        ("\\a\\,", "a,"),
        ("\\\u6e29", "\u6e29"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\\\\", "\\"),
        ("x" * 3000, "x" * 3000),
    ):
        assert parse('</a>;t="%s";ct=1,</b>' % quoted) == [
            ("/a", {"t": value, "ct": "1"}),
            ("/b", {}),
        ], quoted


def test_the_first_of_repeated_attributes_counts():
    assert parse('</a>;rel=one;rel="two";anchor="/x";anchor="/y";rt;rt=z') == [
        ("/a", {"rel": "one", "anchor": "/x", "rt": None})
    ]


def test_blanks_between_the_parts():
    tight = '</a>;rt="x y";ct=1;obs,</b>'
    for blank in (" ", "\t", "\r\n", " \n "):
        text = "".join([blank + c + blank if c in ",;=" else c for c in tight])
        assert parse(blank + text + blank) == parse(tight), text


def test_what_is_no_link_format_is_refused():
    for text in (
        "a",
        "/a",
        "<",
        "<a",
        ">",
        "a<b>",
        ",",
        ",</a>",
        "</a>,",
        "</a>,,</b>",
        "</a></b>",
        "</a> </b>",
        "</a,</b>",
        "</a b>",
        "</a\n>",
        "</a\x00>",
        "</a\x7f>",
        '</"a>',
        "</a>x",
        "</a>;",
        "</a>;;rt=x",
        "</a>;=x",
        "</a>;rt=",
        "</a>;rt=,</b>",
        "</a>;rt=;ct=1",
        "</a>;rt=a b",
        '</a>;rt="a"b',
        '</a>;rt=a"b"',
        "</a>;rt=a\\b",
        "</a>;rt=\xe4",
        "</a>;\xe4=1",
        "</a>;a/b=1",
        '</a>;"rt"=1',
        "</a>;r t=1",
        '</a>;rt="',
        '</a>;rt="a',
        '</a>;rt="a\\',
        '</a>;rt="a\\"',
        '</a>;rt="a\x00"',
        '</a>;rt="\x1b[2J"',
        '</a>;rt="\\\x01"',
        '</a>;rt="\x7f"',
        "{}",
        "\x00",
        "\ufeff</a>",
    ):
        refused(text)
        refused(text.encode())
    for tell, text in (("at 5", "</a> </b>"), ("at 5", "</a>;"), ("at 8", "</a>;rt=,")):
        assert tell in refused(text), text


def test_format():
    for links, text in (
        ([], ""),
        ([("/a", {})], "</a>"),
        ([("", {"obs": None})], "<>;obs"),
        ([("/a", {"rt": "x"}), ("/b", {"ct": 40})], '</a>;rt="x",</b>;ct=40'),
        ([("/a", {"title": 'a "b" \\c, d;'})], '</a>;title="a \\"b\\" \\\\c, d;"'),
        ([("/a", {"t": ""})], '</a>;t=""'),
        ([("/\xfc", {"title": "\u6e29"})], '</\xfc>;title="\u6e29"'),
        # The grammar has these without quotes only.
        ([("/a", {"sz": "262144"})], "</a>;sz=262144"),
        ([("/a", {"hreflang": "de"})], "</a>;hreflang=de"),
        ([("/a", {"title*": "UTF-8''%c3%bc"})], "</a>;title*=UTF-8''%c3%bc"),
        ([("/a", {"ct": "40"})], "</a>;ct=40"),
        ([("/a", {"ct": "0 40"})], '</a>;ct="0 40"'),
        ([("/a", {"sz": ""})], '</a>;sz=""'),
    ):
        assert format(links) == text, text
    # The order of attributes is that of a dict, which MicroPython's does not keep.
    assert parse(format(parse(SENSORS))) == parse(SENSORS)
    assert len(format(parse(SENSORS))) == len(SENSORS.replace("\n", ""))


def test_format_writes_nothing_that_parse_refuses():
    for link in (
        ("/a>", {}),
        ("/a<", {}),
        ("/a b", {}),
        ("/a\n", {}),
        ('/"', {}),
        ("/a", {"": None}),
        ("/a", {"r t": None}),
        ("/a", {"rt=": "x"}),
        ("/a", {"\xe4": "x"}),
        ("/a", {"rt;x": "x"}),
        ("/a", {"rt": "a\x00"}),
        ("/a", {"rt": "\x7f"}),
    ):
        raises(ValueError, format, [link])


def tried(payload):
    """Return the links, None if the payload is refused."""
    try:
        return parse(payload)
    except ValueError:
        return None


def test_garbage_is_refused_with_valueerror_only():
    pieces = ("</a>", ",", ";", "rt=", '"', "x", "=", "\\", "<", ">", " ", "obs", "\xe4", '"y"')
    numbers = Numbers(1)
    taken = 0
    for _ in range(2000):
        some = [pieces[numbers.below(len(pieces))] for _ in range(numbers.below(10))]
        noise = numbers.octets(numbers.below(20))
        at = numbers.below(len(SENSORS))
        changed = SENSORS[:at] + "".join(some[:2]) + SENSORS[at + numbers.below(4) :]
        text = "".join(some)
        for payload in (text, "</a>;" + text, noise, b'</a>;t="' + noise + b'"', changed):
            links = tried(payload)
            if links is not None:
                taken += 1
                assert parse(format(links)) == links, payload
    assert 500 < taken < 9500, taken


def test_long_payloads_take_no_long_time():
    for part in ("<", "<>", "<>,", "<>;a", '"', "\\", ";", ",", " ", "=", "\xe4", "a"):
        for start in ("", "<", "</a>", "</a>;", "</a>;a=", '</a>;t="'):
            tried(start + part * 10000)
    links = parse(",".join(['</\xe4%d>;rt="a\xe4b"' % i for i in range(3000)]))
    assert len(links) == 3000 and links[-1] == ("/\xe42999", {"rt": "a\xe4b"})
