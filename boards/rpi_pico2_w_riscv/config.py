"""What this board is to know: the only file to edit. The key is in CREDENTIALS, not here."""

SSID = "your network"
PASSWORD = "its password"

CREDENTIALS = "credentials.dtls"  # python -m tools.provision makes it
TIMEOUT_S = 30  # for a handshake, and for an answer
INTERVAL_S = 60  # between readings
RETRY_S = 5  # after an error

# sensor_psk, sensor_pin, sensor_ca
SERVER = "coaps://192.168.1.10"  # where the readings go
PATH = "/temperature"
TIME_SERVER = "pool.ntp.org"  # sensor_ca alone asks it

# lwm2m_client
BOOTSTRAP = "coaps://leshan.eclipseprojects.io:5784"
ENDPOINT = ""  # the name of the device; empty: what tools.provision was told
