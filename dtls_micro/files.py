"""Files that are whole or not there, on flash whose power may go at any moment.

A file is written under another name, read back, and renamed. Where the file system cannot
rename over a file that is there (FAT), the old one is renamed away first, and read() finds it
under that name. A file has a version and a checksum; one that is damaged is told from one
that is missing.

    "dm" | version, 1 byte | length, 4 bytes | body | CRC-32 of all before, 4 bytes
"""

import os
from binascii import crc32

_MAGIC = b"dm"
_NEW = ".new"
_OLD = ".old"
_ENOENT = 2


def read(path: str, version: int) -> bytes:
    """Return the body of a file; OSError if there is none, ValueError if it is damaged."""
    try:
        octets = _octets(path)
    except OSError as error:
        if error.args[0] != _ENOENT:
            raise
        octets = _octets(path + _OLD)  # the power went between two renames
    if octets[:2] != _MAGIC or len(octets) < 11:
        raise ValueError("%s is not a file of dtls_micro" % path)
    if octets[2] != version:
        raise ValueError("%s has version %d, and %d is known" % (path, octets[2], version))
    if octets != framed(octets[7:-4], version):
        raise ValueError("%s is damaged: its checksum does not fit" % path)
    return octets[7:-4]


def write(path: str, body, version: int) -> bool:
    """Replace a file; return False, and write nothing, if it has that body already.

    OSError if it cannot be written, and then the old one is still there.
    """
    octets = framed(body, version)
    try:
        if _octets(path) == octets:
            return False
    except OSError as error:
        if error.args[0] != _ENOENT:
            raise
    _remove(path + _NEW)
    with open(path + _NEW, "wb") as file:
        file.write(octets)
    if _octets(path + _NEW) != octets:
        raise OSError("%s cannot be written: what is read back differs" % path)
    try:
        os.rename(path + _NEW, path)
    except OSError:
        os.stat(path)  # OSError if it is not there: then .old is all there is
        _remove(path + _OLD)
        os.rename(path, path + _OLD)
        os.rename(path + _NEW, path)
    _remove(path + _OLD)
    return True


def remove(path: str):
    """Remove a file, if it is there."""
    for name in (path + _NEW, path + _OLD, path):
        _remove(name)


def framed(body, version: int) -> bytes:
    """Return the octets of a file."""
    octets = _MAGIC + bytes((version,)) + len(body).to_bytes(4, "big") + bytes(body)
    return octets + (crc32(octets) & 0xFFFFFFFF).to_bytes(4, "big")


def _octets(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _remove(path: str):
    try:
        os.remove(path)
    except OSError:
        return  # it is not there
