"""Errors that GDAL signals but does not act on, as rasterio's log tells of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from rasterio.errors import RasterioIOError

from geoprospect.evidence.remote.address import without_secrets

_SIGNAL = "GDAL signalled an error"


class _Heard(threading.local):
    """The errors heard in a thread, or None where it does not listen."""

    messages: list[str] | None = None


_heard = _Heard()


class _Listener(logging.Filter):
    """Hears the records of a logger, cuts secrets, and lets through what would have passed.

    Of what is tried again anyway, nothing is told unless the user asks for such messages.
    """

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self._logger, self._level = logger, logger.level
        logger.setLevel(min(logging.INFO, logger.getEffectiveLevel()))
        logger.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), ()
        if _heard.messages is not None and _SIGNAL in record.msg:
            _heard.messages.append(record.msg.partition("msg=")[2].strip("'\""))
        parent = self._logger.parent
        level = self._level or (parent.getEffectiveLevel() if parent else logging.WARNING)
        told = record.levelno if _heard.messages is None else min(record.levelno, logging.INFO)
        return told >= level


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
    _listen()
    before, _heard.messages = _heard.messages, []
    try:
        yield
        if _heard.messages:
            raise RasterioIOError(_heard.messages[0])
    finally:
        _heard.messages = before


@cache
def _listen() -> None:
    for name in ("rasterio._env", "rasterio._err"):
        _Listener(logging.getLogger(name))
