"""A sensor that tells a CoAP server the board's temperature; a CA vouches for the server.

The certificate must name the host of SERVER. Its dates need a clock: the board asks for the time.
Who sits between can answer that with a wrong one, but with none before the credentials were made.
"""

import identity
import online
import own_key
import readings

from dtls_micro.ecdhe import Ecdhe
from dtls_micro.p256 import P256
from dtls_micro.p384 import P384
from dtls_micro.rsa import RSA
from dtls_micro.x509 import X509


def main():
    """Report for ever."""
    mine = identity.read("--ca FILE", "anchors")
    trust = X509(mine.anchors, mine.pins, (P256, P384, RSA), floor=mine.floor())
    credential = Ecdhe(trust, own_key.client(mine))
    online.join()
    online.set_clock()
    readings.tell(credential)


if __name__ == "__main__":
    main()
