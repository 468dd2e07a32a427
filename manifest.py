"""Freeze the library into a firmware: make FROZEN_MANIFEST=.../manifest.py

With a board's port and no more than a program needs: python -m tools.build boards/NAME --frozen
"""
# ruff: noqa: F821  (names of MicroPython's tools/manifestfile.py)

metadata(description="A DTLS 1.2 client", version="0.1.0", license="MIT")
package("dtls_micro", opt=3)
