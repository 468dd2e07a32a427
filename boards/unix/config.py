"""What this board is to know: the only file to edit. The key is in CREDENTIALS, not here."""

SSID = "your network"
PASSWORD = "its password"

CREDENTIALS = "credentials.dtls"  # python -m tools.provision makes it
TIMEOUT_S = 30  # for a handshake, and for an answer
INTERVAL_S = 1  # between readings
RETRY_S = 5  # after an error

# sensor_psk, sensor_pin, sensor_ca
SERVER = "coaps://127.0.0.1"  # where the readings go
PATH = "/temperature"
TIME_SERVER = "pool.ntp.org"  # sensor_ca alone asks it

# lwm2m_client
BOOTSTRAP = "coaps://127.0.0.1:5784"
ENDPOINT = ""  # the name of the device; empty: what tools.provision was told
