"""Ways to run a piece of Python on a board: ampy's and mpremote's raw REPL."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .failure import Failure

Execute = Callable[[str], bytes]
WAYS = ("ampy", "mpremote")
_MISSING = "{0} is missing: pip install 'dtls-micro[boards]'"


@contextmanager
def board(port: str, via: str) -> Iterator[Execute]:
    """Give a function that runs code on the board of a serial port and returns what it printed."""
    if not os.path.exists(port) and not port.upper().startswith("COM"):
        raise Failure(f"{port} is missing: plug the board in, and see `mpremote connect list`")
    link = _ampy(port) if via == "ampy" else _mpremote(port)
    try:
        try:
            link.enter_raw_repl()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise Failure(
                f"the board at {port} does not answer ({error}): does another program have the "
                "port open?"
            ) from None
        yield lambda code: _execute(link, code)
        try:
            link.exit_raw_repl()
        except Exception as error:
            raise Failure(f"the board was unplugged at the end ({error})") from None
    finally:
        _close(link)


def _close(link: Any) -> None:
    try:
        link.close()
    except OSError:  # it is unplugged: whoever used it has been told
        return


def _execute(link: Any, code: str) -> bytes:
    try:
        run = link.exec_ if hasattr(link, "exec_") else link.exec
        return bytes(run(code))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # ampy's PyboardError is none of Exception's
        told = error.args[-1] if error.args else ""
        text = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        lines = text.replace("\\r\\n", "\n").strip().splitlines() or [repr(error)]
        raise Failure(f"the board did not do it ({lines[-1]})") from error


def _ampy(port: str) -> Any:
    try:
        from ampy.pyboard import Pyboard
    except ImportError:
        raise Failure(_MISSING.format("adafruit-ampy")) from None
    try:
        return Pyboard(port)
    except BaseException as error:
        raise Failure(f"{port} cannot be opened ({error})") from None


def _mpremote(port: str) -> Any:
    try:
        from mpremote.transport_serial import SerialTransport
    except ImportError:
        raise Failure(_MISSING.format("mpremote")) from None
    try:
        return SerialTransport(port)
    except BaseException as error:
        raise Failure(f"{port} cannot be opened ({error})") from None
