"""A sensor that tells a CoAP server the board's temperature, by a pre-shared key."""

import identity
import online
import readings

from dtls_micro.psk import Psk


def main():
    """Report for ever."""
    mine = identity.pre_shared()
    credential = Psk(mine.identity, mine.key)
    online.join()
    readings.tell(credential)


if __name__ == "__main__":
    main()
