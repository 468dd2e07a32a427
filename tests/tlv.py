"""DER for tests, written by hand so that it can be wrong as well; for both Pythons."""

ID_CE = b"\x55\x1d"
KEY_USAGE, SUBJECT_ALT_NAME, BASIC_CONSTRAINTS, NAME_CONSTRAINTS = 15, 17, 19, 30
POLICIES, POLICY_MAPPINGS, POLICY_CONSTRAINTS, EXT_KEY_USAGE = 32, 33, 36, 37
SERVER_AUTH = b"\x2b\x06\x01\x05\x05\x07\x03\x01"
CLIENT_AUTH = b"\x2b\x06\x01\x05\x05\x07\x03\x02"
ANY_PURPOSE = b"\x55\x1d\x25\x00"


def tlv(tag: int, *parts) -> bytes:
    """Return an element whose contents are the parts, with the shortest length."""
    contents = b"".join([bytes(part) for part in parts])
    size = len(contents)
    if size < 128:
        return bytes([tag, size]) + contents
    if size < 256:
        return bytes([tag, 0x81, size]) + contents
    return bytes([tag, 0x82, size >> 8, size & 255]) + contents


def seq(*parts) -> bytes:
    """Return a SEQUENCE."""
    return tlv(0x30, *parts)


def oid(contents: bytes) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    return tlv(6, contents)


def name(*values, tag: int = 0x0C, kind: int = 3) -> bytes:
    """Return a Name, one attribute in each RDN; kind: last arc of 2.5.4, a common name."""
    rdns = [tlv(0x31, seq(oid(bytes([0x55, 4, kind])), tlv(tag, value))) for value in values]
    return seq(*rdns)


def dns(value: bytes) -> bytes:
    """Return a dNSName."""
    return tlv(0x82, value)


def ip(value: bytes) -> bytes:
    """Return an iPAddress, or one with a mask."""
    return tlv(0x87, value)


def directory(value: bytes) -> bytes:
    """Return a directoryName of a Name."""
    return tlv(0xA4, value)


def constraints(permitted=(), excluded=()) -> bytes:
    """Return NameConstraints of GeneralNames."""
    lists = b""
    for tag, bases in ((0xA0, permitted), (0xA1, excluded)):
        if bases:
            lists += tlv(tag, *[seq(base) for base in bases])
    return seq(lists)


def extension(kind, value: bytes, critical: bool = False) -> bytes:
    """Return an Extension; kind: last arc of 2.5.29, or the contents of a whole OID."""
    kind = ID_CE + bytes([kind]) if isinstance(kind, int) else kind
    return seq(oid(kind), b"\x01\x01\xff" if critical else b"", tlv(4, value))


def basic(ca: bool = True, path_len=None, critical: bool = True) -> bytes:
    """Return basicConstraints."""
    limit = b"" if path_len is None else bytes([2, 1, path_len])
    return extension(BASIC_CONSTRAINTS, seq(b"\x01\x01\xff" if ca else b"", limit), critical)


def usage(*octets) -> bytes:
    """Return keyUsage of these octets; the first of them counts unused bits."""
    return extension(KEY_USAGE, tlv(3, bytes(octets)), True)


def purposes(*kinds) -> bytes:
    """Return extKeyUsage."""
    return extension(EXT_KEY_USAGE, seq(*[oid(kind) for kind in kinds]))


def alt(*names, critical: bool = False) -> bytes:
    """Return subjectAltName."""
    return extension(SUBJECT_ALT_NAME, seq(*names), critical)


FIELDS = ("version", "serial", "algorithm", "issuer", "validity", "subject", "spki", "extensions")
ECDSA_SHA256 = seq(oid(b"\x2a\x86\x48\xce\x3d\x04\x03\x02"))
DEFAULTS = {
    "version": b"\xa0\x03\x02\x01\x02",
    "serial": b"\x02\x01\x01",
    "algorithm": ECDSA_SHA256,
    "issuer": name(b"Root"),
    "validity": seq(tlv(0x17, b"250101000000Z"), tlv(0x17, b"301231235959Z")),
    "subject": name(b"server"),
    "spki": seq(seq(oid(b"\x2a\x03")), b"\x03\x02\x00\x04"),
    "extensions": tlv(0xA3, seq(basic(False))),
}


def tbs(**fields) -> bytes:
    """Return a TBSCertificate; fields replace those of DEFAULTS, all are whole elements."""
    return seq(*[fields.get(field, DEFAULTS[field]) for field in FIELDS])


def extensions(*listed) -> bytes:
    """Return the field of extensions."""
    return tlv(0xA3, seq(*listed))


def signed(body: bytes, algorithm: bytes = ECDSA_SHA256, signature: bytes = b"\x01") -> bytes:
    """Return a Certificate."""
    return seq(body, algorithm, tlv(3, b"\x00", signature))
