"""A sensor that tells a CoAP server the board's temperature; the server's key is known.

The board has the SHA-256 of the server's public key, or that key, and needs no CA and no clock.
"""

import identity
import online
import own_key
import readings

from dtls_micro.ecdhe import Ecdhe


def main():
    """Report for ever."""
    mine = identity.read("--pin HEX", "pins", "server_key")
    credential = Ecdhe(trust(mine), own_key.client(mine))
    online.join()
    readings.tell(credential)


def trust(mine):
    """Return whom the board trusts."""
    if mine.pins:
        from dtls_micro.pin import PinnedKey

        return PinnedKey(*mine.pins)
    from dtls_micro.rpk import RawPublicKey

    return RawPublicKey(mine.server_key)


if __name__ == "__main__":
    main()
