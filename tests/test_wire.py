"""Reader and Writer (RFC 5246 section 4)."""

from expect import raises, refused

from dtls_micro.wire import Reader, Writer

_DECODE_ERROR = 50


def written(write) -> bytes:
    """Return what write(a Writer) appends to an empty buffer."""
    data = bytearray()
    write(Writer(data))
    return bytes(data)


def test_integers_of_every_size_are_read_and_written():
    for size in range(1, 9):
        for value in (0, 1, 127, 128, 255, (1 << 8 * size) - 1, (1 << 8 * size) // 3):
            value &= (1 << 8 * size) - 1
            data = written(lambda w, size=size, value=value: w.uint(size, value))
            assert data == value.to_bytes(size, "big")
            r = Reader(data)
            assert r.uint(size) == value
            r.end()


def test_integers_are_cut_to_their_size():
    assert written(lambda w: w.uint(1, 0x1FF)) == b"\xff"
    assert written(lambda w: w.uint(2, 0x12345)) == b"\x23\x45"


def test_vectors_are_read_and_written():
    for size in (1, 2, 3):
        for length in (0, 1, 127, 128, 255):
            body = bytes([length & 255]) * length
            data = written(lambda w, size=size, body=body: w.vector(size, body))
            assert data == length.to_bytes(size, "big") + body
            r = Reader(data)
            assert r.vector(size) == body
            r.end()


def test_an_open_vector_gets_its_length_when_it_is_closed():
    for size in (1, 2, 3):
        data = bytearray(b"before")
        w = Writer(data)
        outer = w.open(size)
        inner = w.open(2)
        w.put(b"abc" * 50)
        w.close(inner, 2)
        w.close(outer, size)
        w.put(b"after")
        assert data[6 : 6 + size] == (152).to_bytes(size, "big")
        assert data[6 + size : 8 + size] == b"\x00\x96"
        assert data[-5:] == b"after" and len(data) == 6 + size + 152 + 5


def test_an_empty_open_vector_has_length_zero():
    data = bytearray(b"\xff")
    w = Writer(data)
    w.close(w.open(3), 3)
    assert data == b"\xff\0\0\0"


def test_put_takes_every_buffer():
    data = bytearray()
    w = Writer(data)
    for part in (b"ab", bytearray(b"cd"), memoryview(b"xefx")[1:3]):
        w.put(part)
    w.vector(1, memoryview(b"gh"))
    assert data == b"abcdef\2gh"


def test_reader_refuses_every_truncation():
    data = written(lambda w: (w.uint(2, 0x1234), w.vector(1, b"abc"), w.vector(2, b"defg")))

    def take_apart(body):
        r = Reader(body)
        assert r.uint(2) == 0x1234
        assert r.vector(1) == b"abc"
        assert r.vector(2) == b"defg"
        r.end()

    take_apart(data)
    for size in range(len(data)):
        refused(_DECODE_ERROR, take_apart, data[:size])
    refused(_DECODE_ERROR, take_apart, data + b"\0")


def test_reader_tells_whether_something_is_left():
    r = Reader(b"ab")
    assert r.more()
    r.take(2)
    assert not r.more()
    r.take(0)
    refused(_DECODE_ERROR, r.take, 1)


def test_a_refused_take_takes_nothing():
    r = Reader(b"abc")
    refused(_DECODE_ERROR, r.take, 4)
    assert bytes(r.take(3)) == b"abc"
    r.end()


def test_reader_gives_views_and_copies_nothing():
    data = bytearray(b"\3abc")
    view = Reader(data).vector(1)
    data[1] = 0x7A
    assert bytes(view) == b"zbc"


def test_reader_takes_every_buffer():
    for kind in (bytes, bytearray, memoryview):
        r = Reader(kind(b"\x01\x02"))
        assert r.uint(2) == 0x0102
        raises(Exception, r.take, 1)
