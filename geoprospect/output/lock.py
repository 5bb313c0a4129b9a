"""A lock on an output, so that no two processes write it at the same time."""

from __future__ import annotations

import errno
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from geoprospect.errors import OutputError

_LONGEST_HOLDER = 1000  # bytes of what the file of a lock tells
_LOCKED_BYTE = 2**30


@contextmanager
def sole_writer(lock: str | os.PathLike[str], target: str | os.PathLike[str]) -> Iterator[None]:
    """Be the only process that writes an output, or refuse.

    The system lets go of the lock when the process ends, however it ends. Where a file system
    knows no locks, all may write.

    Parameters
    ----------
    lock : path-like
        The file of the lock, in a folder that is there; it is removed at the end.
    target : path-like
        The output, for the message.

    Raises
    ------
    OutputError
        If another process writes it; its number, machine and start are told.
    OSError
        If the file of the lock cannot be written.
    """
    with closing(_locked(Path(lock), target)) as stream:
        stream.truncate(0)
        began = datetime.now().astimezone().isoformat(" ", "seconds")
        stream.write(f"process {os.getpid()} on {platform.node()}, since {began}".encode())
        stream.flush()
        try:
            yield
        finally:
            with suppress(OSError):  # where a file that is open cannot be removed it stays
                os.unlink(lock)


def _locked(lock: Path, target: str | os.PathLike[str]) -> BinaryIO:
    """Open the file of a lock, and lock it."""
    while True:
        stream = open(lock, "a+b", buffering=0)  # noqa: SIM115 - held by the caller
        try:
            _lock(stream)
        except BlockingIOError:
            stream.seek(0)
            holder = stream.read(_LONGEST_HOLDER).decode("utf-8", "replace")
            stream.close()
            raise OutputError(
                "is being written by another process",
                path=target,
                found=holder or "a process that does not tell its number",
                mend="wait until it ends, or choose another path",
            ) from None
        except OSError:
            return stream  # this file system knows no locks
        # Whoever held it before may have removed the file while this process waited to open it.
        with suppress(OSError):
            if os.path.samestat(os.fstat(stream.fileno()), os.stat(lock)):
                return stream
        stream.close()


def _lock(stream: BinaryIO) -> None:
    """Lock a file that is open, or raise BlockingIOError."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows only

        stream.seek(_LOCKED_BYTE)  # beyond what is written, so that others can read that
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(errno.EAGAIN, "locked") from error
        stream.seek(0)
    else:
        import fcntl  # noqa: PLC0415 - POSIX only

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
