"""A pre-shared key, for measure.py."""

from dtls_micro.psk import Psk


def credential():
    return Psk("Client_identity", b"secretPSK", suites=("TLS_PSK_WITH_AES_128_CCM_8",))
