"""What the board runs: `--use` of tools/build.py puts another of boards/programs here."""

from sensor_psk import main

main()
