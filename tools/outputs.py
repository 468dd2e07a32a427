"""The files that a probe writes. They are opened before anything is sent."""

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from .failure import Failure


class KeyLog:
    """An NSS key log, appended to; only its owner can read it. A context manager."""

    def __init__(self, path: str):
        self._path = path
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if stat.S_ISREG(os.fstat(self._file).st_mode):
                os.fchmod(self._file, 0o600)  # one that was there before may be wide open
        except OSError as error:
            raise _unwritable(path, error) from None

    def line(self, text: str) -> None:
        """Append a line."""
        try:
            os.write(self._file, text.encode("ascii") + b"\n")
        except OSError as error:
            raise _unwritable(self._path, error) from None

    def __enter__(self) -> "KeyLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._file)


class Output:
    """A binary file made anew. A context manager; write() may be called once."""

    def __init__(self, path: str):
        self._path = path
        try:
            self._file: BinaryIO = Path(path).open("wb")
        except OSError as error:
            raise _unwritable(path, error) from None

    def write(self, data: bytes) -> None:
        """Write everything there is to write."""
        try:
            with self._file:
                self._file.write(data)
        except OSError as error:
            raise _unwritable(self._path, error) from None

    def __enter__(self) -> "Output":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._file.close()


def _unwritable(path: str, error: OSError) -> Failure:
    return Failure(f"cannot write {path}: {error.strerror}: choose another place")
