"""Errors that GDAL signals but does not act on, as rasterio's log tells of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rasterio.errors import RasterioIOError

from geoprospect.errors import without_secrets
from geoprospect.private import GDAL_LOGGERS

_SIGNAL = "GDAL signalled an error"


class _Heard(threading.local):
    """The errors heard in a thread, or None where it does not heed them."""

    messages: list[str] | None = None


class _Listener(logging.Filter):
    """Hears the records of a logger, cuts secrets, and lets through what would have passed.

    Of what is tried again anyway, nothing is told unless the user asks for such messages. It
    listens while any thread needs it, and then leaves the logger as it was.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._logger = logging.getLogger(name)
        self._users = 0
        self._level = self._lowered = logging.NOTSET

    def begin(self) -> None:
        """Listen for one more thread."""
        self._users += 1
        if self._users == 1:
            self._level = self._logger.level
            self._lowered = min(logging.INFO, self._logger.getEffectiveLevel())
            self._logger.setLevel(self._lowered)
            self._logger.addFilter(self)

    def end(self) -> None:
        """Listen for one thread less."""
        self._users -= 1
        if not self._users:
            self._logger.removeFilter(self)
            if self._logger.level == self._lowered:  # unless someone else set it meanwhile
                self._logger.setLevel(self._level)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), ()
        if _heard.messages is not None and _SIGNAL in record.msg:
            _heard.messages.append(record.msg.partition("msg=")[2].strip("'\""))
        parent = self._logger.parent
        level = self._level or (parent.getEffectiveLevel() if parent else logging.WARNING)
        grade = record.levelno if _heard.messages is None else min(record.levelno, logging.INFO)
        return grade >= level


_heard = _Heard()
_listeners = [_Listener(name) for name in GDAL_LOGGERS]
_lock = threading.Lock()


@contextmanager
def listening() -> Iterator[None]:
    """Cut secrets from what rasterio logs inside, in any thread.

    Examples
    --------
    >>> with listening():
    ...     level = logging.getLogger("rasterio._err").level
    >>> level == logging.INFO, logging.getLogger("rasterio._err").level == logging.NOTSET
    (True, True)
    """
    with _lock:
        for listener in _listeners:
            listener.begin()
    try:
        yield
    finally:
        with _lock:
            for listener in _listeners:
                listener.end()


@contextmanager
def errors_raised() -> Iterator[None]:
    """Raise what GDAL signals inside as an error, even if it goes on as if nothing had happened.

    Where a directory or a table of blocks of a TIFF cannot be read, GDAL takes masks and blocks
    for absent: cells would be valid that are not, or 0.

    Raises
    ------
    rasterio.errors.RasterioIOError
        If an error was signalled in this thread, and no exception is on its way.

    Examples
    --------
    >>> with errors_raised():
    ...     logging.getLogger("rasterio._err").info("GDAL signalled an error: %s", "msg='no IFD'")
    Traceback (most recent call last):
    rasterio.errors.RasterioIOError: no IFD
    """
    before, _heard.messages = _heard.messages, []
    try:
        with listening():
            yield
        if _heard.messages:
            raise RasterioIOError(_heard.messages[0])
    finally:
        _heard.messages = before
