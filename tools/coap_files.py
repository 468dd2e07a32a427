"""What a CoAP command reads and writes besides the network."""

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from .coap_errors import NOT_READ, NOT_WRITTEN, Ended


def payload(text: str) -> bytes:
    """Return what --payload stands for: TEXT, or the contents of @FILE or @- (stdin)."""
    if not text.startswith("@"):
        return text.encode("utf-8", "surrogateescape")
    try:
        if text == "@-":
            return sys.stdin.buffer.read()
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise Ended(NOT_READ, f"cannot read {text[1:]}: {error.strerror}") from None


def to_stdout(data: bytes) -> None:
    """Write to stdout, at once."""
    out = sys.stdout.buffer
    try:
        out.write(data)
        out.flush()
    except OSError as error:
        # Python would try again to write it when it ends, and complain.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Ended(NOT_WRITTEN, f"cannot write the output: {error.strerror}") from None


class OutputFile:
    """A file that gets its new contents all at once, by commit(), or keeps what it had.

    A context manager. Devices and pipes are written straight away.
    """

    def __init__(self, path: str):
        self._shown = path
        self._path = os.path.realpath(path)  # a link goes on to be one
        self._part: str | None = None
        try:
            self._file = self._open()
        except OSError as error:
            raise self._unwritable(error) from None

    def _open(self) -> BinaryIO:
        try:
            mode = os.stat(self._path).st_mode
        except FileNotFoundError:
            mode = 0o666 & ~_umask()
        else:
            if not stat.S_ISREG(mode):
                return open(self._path, "wb", buffering=0)
            os.close(os.open(self._path, os.O_WRONLY))  # it may be protected
        folder, name = os.path.split(self._path)
        file, self._part = tempfile.mkstemp(".part", f".{name[:100]}.", folder)
        opened = os.fdopen(file, "wb")
        os.chmod(self._part, stat.S_IMODE(mode))
        return opened

    def write(self, block: bytes) -> None:
        """Append to the new contents."""
        try:
            self._file.write(block)
        except OSError as error:
            raise self._unwritable(error) from None

    def commit(self) -> None:
        """Put the new contents in place."""
        try:
            self._file.close()
            if self._part:
                os.replace(self._part, self._path)
                self._part = None
        except OSError as error:
            raise self._unwritable(error) from None

    def __enter__(self) -> "OutputFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # the disk is full: that has been told
            self._file.close()
        if self._part:
            with suppress(OSError):
                os.unlink(self._part)

    def _unwritable(self, error: OSError) -> Ended:
        return Ended(
            NOT_WRITTEN, f"cannot write {self._shown}: {error.strerror}: choose another place"
        )


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
