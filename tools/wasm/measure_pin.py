"""A pinned key, for measure.py."""

from dtls_micro.ecdhe import Ecdhe
from dtls_micro.pin import PinnedKey


def credential(pin):
    return Ecdhe(PinnedKey(pin), suites=("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",))
