"""A bar on stderr for bodies that come or go in blocks."""

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Bar:
    """A context manager whose told() is an endpoint's `progress`.

    It appears with the second block; what fits into one message has no bar.
    size: bytes of what is sent
    """

    def __init__(self, size: int):
        self._size = size
        self._begin()

    def _begin(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None
        self._sending = self._size > 0
        self._last = 0
        self._first = False  # the first block has come, of how many is not known

    def told(self, done: int, total: int | None) -> None:
        """Take in how much of a body was transferred: first of ours, then of the server's."""
        if self._sending and self._last < done < self._size and total == self._size:
            self._last = done
            self._show("sent", done, total)
            return
        if self._sending and self._task is not None:
            self._progress.update(self._task, completed=self._size)
            self._progress.stop_task(self._task)
            self._task = None
        self._sending = False
        if self._first or (total is not None and done < total):
            self._show("received", done, total)
        self._first = True

    def _show(self, what: str, done: int, total: int | None) -> None:
        if self._task is None:
            self._progress.start()
            self._task = self._progress.add_task(what, total=total)
        self._progress.update(self._task, completed=done, total=total)

    def __enter__(self) -> "Bar":
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if kind is None and self._task is not None:
            task = self._progress.tasks[self._task]
            self._progress.update(self._task, total=task.total or task.completed)
        if self._progress.tasks:  # it was begun
            self._progress.stop()
