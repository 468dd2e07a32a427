"""The ChaCha20 block function (RFC 8439 section 2.3).

A 32-bit word is held as two halves of 16 bits, so that no int reaches 2**28.
"""

from micropython import const

_WORDS = const(16)

# what the four column rounds, then the four diagonal rounds, work on (RFC 8439 section 2.3)
_QUARTERS = (
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)


class ChaCha:
    """ChaCha20 with a key of 32 bytes; `stream` holds the 64 bytes of the last block."""

    def __init__(self, key):
        if len(key) != 32:
            raise ValueError("a ChaCha20 key has 32 bytes")
        self.stream = bytearray(4 * _WORDS)
        self._low = [0] * _WORDS
        self._high = [0] * _WORDS
        self._start_low = [0] * _WORDS
        self._start_high = [0] * _WORDS
        self._set(0, b"expand 32-byte k")
        self._set(4, key)

    def _set(self, word: int, data):
        """Set the starting state from the little-endian words of `data`, at `word`."""
        for at in range(0, len(data), 4):
            self._start_low[word] = data[at] | data[at + 1] << 8
            self._start_high[word] = data[at + 2] | data[at + 3] << 8
            word += 1

    def start(self, nonce):
        """Take the 12-byte nonce of the blocks to come."""
        self._set(13, nonce)

    def block(self, counter: int):
        """Compute the block with this number, 0 and up (below 2**30), into `stream`."""
        self._start_low[12] = counter & 0xFFFF
        self._start_high[12] = counter >> 16
        low = self._low
        high = self._high
        start_low = self._start_low
        start_high = self._start_high
        for i in range(_WORDS):
            low[i] = start_low[i]
            high[i] = start_high[i]
        for _ in range(10):
            self._double_round(low, high)
        stream = self.stream
        at = 0
        for i in range(_WORDS):
            word = low[i] + start_low[i]
            stream[at] = word & 255
            stream[at + 1] = word >> 8 & 255
            word = high[i] + start_high[i] + (word >> 16)
            stream[at + 2] = word & 255
            stream[at + 3] = word >> 8 & 255
            at += 4

    def _double_round(self, low, high):
        """Do eight quarter rounds (RFC 8439 section 2.1) on all lower and all higher halves."""
        for i, j, k, m in _QUARTERS:
            al, ah = low[i], high[i]
            bl, bh = low[j], high[j]
            cl, ch = low[k], high[k]
            # a += b; d = (d ^ a) <<< 16, which swaps the halves
            al += bl
            ah = ah + bh + (al >> 16) & 0xFFFF
            al &= 0xFFFF
            dl, dh = high[m] ^ ah, low[m] ^ al
            # c += d; b = (b ^ c) <<< 12
            cl += dl
            ch = ch + dh + (cl >> 16) & 0xFFFF
            cl &= 0xFFFF
            t = bh ^ ch
            bl ^= cl
            bh = (t << 12 | bl >> 4) & 0xFFFF
            bl = (bl << 12 | t >> 4) & 0xFFFF
            # a += b; d = (d ^ a) <<< 8
            al += bl
            ah = ah + bh + (al >> 16) & 0xFFFF
            al &= 0xFFFF
            t = dh ^ ah
            dl ^= al
            dh = (t << 8 | dl >> 8) & 0xFFFF
            dl = (dl << 8 | t >> 8) & 0xFFFF
            # c += d; b = (b ^ c) <<< 7
            cl += dl
            ch = ch + dh + (cl >> 16) & 0xFFFF
            cl &= 0xFFFF
            t = bh ^ ch
            bl ^= cl
            low[i], high[i] = al, ah
            low[j], high[j] = (bl << 7 | t >> 9) & 0xFFFF, (t << 7 | bl >> 9) & 0xFFFF
            low[k], high[k] = cl, ch
            low[m], high[m] = dl, dh

    def wipe(self):
        """Zero the key and all that came of it."""
        for state in (self._low, self._high, self._start_low, self._start_high, self.stream):
            for i in range(len(state)):
                state[i] = 0
