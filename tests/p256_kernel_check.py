"""What every kernel of P-256 must do, against Python's integers and the portable arithmetic.

Runs on both Pythons: a kernel is a function run(program, arena, place).
"""

from binascii import unhexlify

from dtls_port import sha256
from hashes import digest

from dtls_micro.crypto import p256
from dtls_micro.crypto.p256_kernel import P256

P = p256.CURVE.p
N = p256.CURVE.n
END, MUL, SQR, ADD, SUB, PICK, CHOOSE, DIGIT, INVERT, AGAIN, REVERSE = range(11)
EDGES = (0, 1, P - 1, P, P + 1, 2**256 - 1, 2**255, 2**128, 2**128 - 1, (2**128 - 1) << 128,
         2**224, 2**256 - 2**224, 2**256 - 2**32)  # fmt: skip
# Scalars at the edges, and such as make an addition meet a doubling.
SCALARS = (1, 2, 3, 15, 16, N - 1, N - 2, N - 6, N - 10, N - 30, 2**255, 2**128, N >> 1)


def reference(program, arena, place):
    """A kernel on Python's integers."""
    inverse = pow(2**256 % P, P - 2, P)
    above = at = digit = 0
    limit = place >> 8 & 255
    place &= 255

    def get(number):
        return int.from_bytes(arena[32 * number : 32 * number + 32], "little")

    def put(number, value):
        arena[32 * number : 32 * number + 32] = (value % P).to_bytes(32, "little")

    while program[at] != END:
        op, d, a, b = program[at : at + 4]
        at += 4
        if op == MUL:
            put(d, get(a) * get(b) * inverse)
        elif op == SQR:
            value = get(a)
            for _ in range(b):
                value = value * value * inverse % P
            put(d, value)
        elif op == ADD:
            put(d, get(a) + get(b))
        elif op == SUB:
            put(d, get(a) - get(b))
        elif op == DIGIT:
            bits = int.from_bytes(arena[32 * a : 32 * a + 64], "little") >> place + b
            count = 5 if d == 52 else 4
            digit = sum([(bits >> i * d & 1) << i for i in range(count)])
        elif op == PICK:
            above = digit >= b
            entry = a + 2 * (digit - b if above else b - 1 - digit)
            arena[32 * d : 32 * d + 64] = arena[32 * entry : 32 * entry + 64]
        elif op == CHOOSE:
            put(d, get(a) if above else get(b))
        elif op == INVERT:
            value = pow(get(a), get(b) - 2, get(b))
            arena[32 * d : 32 * d + 32] = value.to_bytes(32, "little")
        elif op == REVERSE:
            value = int.from_bytes(arena[32 * a : 32 * a + 32], "little")
            arena[32 * d : 32 * d + 32] = value.to_bytes(32, "big")
        else:
            place -= d
            if place >= limit:
                at = 0


class Random:
    """Numbers that are the same each time."""

    def __init__(self, seed=1):
        self._state = seed

    def __call__(self, size):
        out = bytearray(size)
        for i in range(size):
            self._state = (self._state * 1103515245 + 12345) & 0x3FFFFFFF
            out[i] = self._state >> 16 & 255
        return bytes(out)

    def number(self):
        return int.from_bytes(self(32), "big")


def check_field(run, count=20):
    """Every operation on edges and at random."""
    random = Random()
    pairs = [(x, y) for x in EDGES for y in EDGES]
    pairs += [(random.number(), random.number()) for _ in range(count)]
    for x, y in pairs:
        arena = bytearray(32 * 8)
        arena[32:64] = x.to_bytes(32, "little")
        arena[64:96] = y.to_bytes(32, "little")
        wanted = bytearray(arena)
        program = b"\1\3\1\2\3\4\1\2\4\5\1\2\2\6\1\1\2\7\2\3\0\0\0\0"
        run(program, arena, 0)
        reference(program, wanted, 0)
        for number in range(3, 8):
            got = int.from_bytes(arena[32 * number : 32 * number + 32], "little")
            want = int.from_bytes(wanted[32 * number : 32 * number + 32], "little")
            assert got % P == want, (number, x, y)
        assert arena[:96] == wanted[:96]


def check_aliases(run):
    """The result may lie where an operand does."""
    random = Random(2)
    for op in (MUL, ADD, SUB):
        for d, a, b in ((1, 1, 2), (2, 1, 2), (1, 1, 1), (3, 1, 1)):
            arena = bytearray(random(32 * 4))
            wanted = bytearray(arena)
            program = bytes((op, d, a, b, 0, 0, 0, 0))
            run(program, arena, 0)
            reference(program, wanted, 0)
            got = int.from_bytes(arena[32 * d : 32 * d + 32], "little")
            assert got % P == int.from_bytes(wanted[32 * d : 32 * d + 32], "little"), (op, d, a, b)


def check_pick(run):
    """Every digit is found, picks its entry and chooses its sign."""
    random = Random(3)
    for count, apart, places in ((4, 1, (0, 29, 30, 252)), (5, 52, (0, 25, 51))):
        entries = 1 << count - 1
        table = random(64 * entries)
        for digit in range(2 * entries):
            for place in places:
                arena = bytearray(64 * 3 + len(table))
                signs = sum([(digit >> i & 1) << place + i * apart for i in range(count)])
                arena[128:192] = signs.to_bytes(64, "little")
                arena[192:] = table
                program = (DIGIT, apart, 4, 0, PICK, 0, 6, entries, CHOOSE, 2, 6, 7, 0, 0, 0, 0)
                wanted = bytearray(arena)
                again = bytearray(arena)
                run(bytes(program), arena, place)
                run(bytes(program), again, place | 1 << 16)  # digits are public
                entry = digit - entries if digit >= entries else entries - 1 - digit
                wanted[:64] = table[64 * entry : 64 * entry + 64]
                wanted[64:96] = table[:32] if digit >= entries else table[32:64]
                assert arena == again == wanted, (digit, place)


def check_invert(run, count=20):
    """Inverses modulo both primes, of edges and at random; there is none of a multiple."""
    random = Random(6)
    values = (
        list(EDGES) + [N, N - 1, N + 1, 3, 2**256 - P] + [random.number() for _ in range(count)]
    )
    for m in (P, N, 3, 2**256 - 189):
        for value in values:
            arena = bytearray(random(32 * 5))
            arena[32:64] = value.to_bytes(32, "little")
            arena[64:96] = m.to_bytes(32, "little")
            wanted = bytearray(arena)
            program = bytes((INVERT, 3, 1, 2, 0, 0, 0, 0))
            run(program, arena, 0)
            reference(program, wanted, 0)
            assert arena == wanted, (value, m)
    arena[96:128] = arena[32:64]
    run(bytes((INVERT, 3, 3, 2, INVERT, 2, 1, 2, 0, 0, 0, 0)), arena, 0)  # in place
    assert arena[64:96] == arena[96:128] == wanted[96:128]


def check_again(run):
    """Octets are reversed; the program starts over while the place is not below the limit."""
    arena = bytearray(range(96))
    run(bytes((REVERSE, 1, 0, 0, REVERSE, 2, 2, 0, 0, 0, 0, 0)), arena, 0)
    assert arena == bytes(list(range(32)) + list(range(31, -1, -1)) + list(range(95, 63, -1)))
    for place, limit, step, turns in ((0, 0, 1, 1), (8, 0, 4, 3), (255, 28, 4, 57), (5, 5, 1, 1)):
        arena = bytearray(32 * 3)
        arena[32] = 1
        run(bytes((ADD, 2, 2, 1, AGAIN, step, 0, 0, 0, 0, 0, 0)), arena, place | limit << 8)
        assert arena[64] == turns, (place, limit)


def check_curve(run, sha256, count=1):
    """The four functions against the portable ones."""
    random = Random(4)
    arithmetic = P256(run)
    for _ in range(count):
        private, public = arithmetic.keypair(random)
        assert public == p256.public(private, random)
        other, peer = p256.keypair(random)
        assert arithmetic.shared(private, peer, random) == p256.shared(other, public, random)
        digest = random(32)
        signature = arithmetic.sign(private, digest, sha256, random)
        assert signature == p256.sign(private, digest, sha256, random)
        assert arithmetic.verify(public, digest, signature)
        assert not arithmetic.verify(public, random(32), signature)
        assert not arithmetic.verify(peer, digest, signature)


def check_scalars(run, scalars=SCALARS):
    """Scalars that are made to break it."""
    random = Random(5)
    arithmetic = P256(run)
    peer = p256.keypair(random)[1]
    for k in scalars:
        private = k.to_bytes(32, "big")
        assert arithmetic.shared(private, peer, random) == p256.shared(private, peer, random), k
    for private in (bytes(32), N.to_bytes(32, "big"), b"\1" * 31):
        try:
            arithmetic.shared(private, peer, random)
        except ValueError:
            continue
        raise AssertionError("no error for " + repr(private))
    for wrong in (peer[:-1], b"\2" + peer[1:], peer[:-1] + bytes((peer[-1] ^ 1,))):
        try:
            arithmetic.shared(b"\1" * 32, wrong, random)
        except ValueError:
            continue
        raise AssertionError("no error for a point that is none")


def check_turn(run):
    """One at a time: who comes in between gets an error, and the first one a right result."""
    random = Random(7)
    arithmetic = P256(run)
    refused = []

    def between(size):
        try:
            arithmetic.keypair(random)
        except OSError:
            refused.append(1)
        return random(size)

    private, public = arithmetic.keypair(between)
    assert refused and public == p256.public(private, random)


def check_wipe(run):
    """Nothing of a secret stays in the arena, not even when something fails in the middle."""
    random = Random(8)
    arithmetic = P256(run)
    private, peer = p256.keypair(random)
    arena = arithmetic._arena
    clean = bytes(arena[32 : 32 * 13])

    def none(size):
        raise OSError("no entropy")

    assert not any(clean)
    for ask in (
        lambda: arithmetic.keypair(random),
        lambda: arithmetic.shared(private, peer, random),
        lambda: arithmetic.shared(private, peer, none),
        lambda: arithmetic.sign(private, random(32), sha256, random),
        lambda: arithmetic.sign(private, random(32), sha256, none),
    ):
        try:
            ask()
        except OSError:
            pass
        assert arena[32 : 32 * 13] == clean and not any(arena[32 * 39 : 32 * 43])
    assert arithmetic.shared(private, peer, random)  # the turn was given back


def check_wycheproof(run, random, stride):
    """ECDH and ECDSA of Wycheproof; every one, or each `stride`-th; return how many."""
    from vector_files import wycheproof  # reads files, which most of this does not

    curve = P256(run)
    count = 0
    for i, (_, test) in enumerate(wycheproof("ecdh_secp256r1_ecpoint")):
        if i % stride:
            continue
        private = int(test["private"], 16).to_bytes(32, "big")
        try:
            shared = curve.shared(private, unhexlify(test["public"]), random)
            assert test["result"] == "valid" and shared == unhexlify(test["shared"]), test["tcId"]
        except ValueError:
            assert test["result"] != "valid", test["tcId"]
        count += 1
    for i, (group, test) in enumerate(wycheproof("ecdsa_secp256r1_sha256_p1363")):
        if i % stride:
            continue
        public = unhexlify(group["publicKey"]["uncompressed"])
        hashed = digest(group["sha"], unhexlify(test["msg"]))
        good = curve.verify(public, hashed, unhexlify(test["sig"]))
        assert good == (test["result"] == "valid"), test["tcId"]
        count += 1
    return count
