"""Files: written whole or not at all, never overwritten unasked, and known by their checksum."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rasterio.errors import RasterioError

from geoprospect.errors import OutputError
from geoprospect.private import CPLE_BaseError

_LITTLE = 2**20  # bytes left on a disk that is full

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another folder"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another folder"),
    errno.EFBIG: ("the file would exceed the size limit", "raise the limit or free some space"),
    errno.EROFS: ("the file system is read-only", "choose a folder that can be written"),
    errno.EACCES: ("permission denied", "choose a folder that can be written"),
    errno.EPERM: ("permission denied", "choose a folder that can be written"),
    errno.EISDIR: ("it is a folder", "remove it, or choose another path"),
    errno.ENOTDIR: ("its parent is not a folder", "choose another path"),
}


def output_error(path: str | os.PathLike[str], error: OSError) -> OutputError:
    """Say why `path` could not be written.

    Examples
    --------
    >>> print(output_error("map.tif", OSError(errno.ENOSPC, "No space left on device")))
    map.tif: cannot write: the disk is full. To mend it: free some space or choose another folder
    """
    fallback = (error.strerror or str(error), "choose a folder that can be written")
    reason, mend = _REASONS.get(error.errno or 0, fallback)
    return OutputError(f"cannot write: {reason}", path=path, mend=mend)


def check_absent(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Refuse an output that exists already.

    Raises
    ------
    OutputError
        If `path` exists and `overwrite` is false.
    """
    if not overwrite and Path(path).exists():
        raise OutputError("exists already", path=path, mend="pass --overwrite or choose another")


@contextmanager
def replacing(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary path beside `path`, renamed to it on success and removed on failure.

    The temporary path keeps the suffix of `path` and may become a file or a folder.

    Parameters
    ----------
    path : path-like
        The file or folder to write.
    overwrite : bool
        Whether an existing one is replaced.

    Raises
    ------
    OutputError
        If `path` exists and is not to be overwritten, or cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "note.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     (Path(folder) / "note.txt").read_text()
    'whole'
    """
    target = Path(path)
    check_absent(target, overwrite=overwrite)
    holder: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{target.stem}-", dir=target.parent))
        temporary = holder / target.name
        yield temporary
        if target.is_dir() and not target.is_symlink():
            os.replace(target, holder / "replaced")
        os.replace(temporary, target)
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        if holder is not None:
            shutil.rmtree(holder, ignore_errors=True)


@contextmanager
def raster_written(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn the errors of writing a raster into one that names it and says why.

    Raises
    ------
    OutputError
        If GDAL could not write.
    """
    try:
        yield
    except (RasterioError, CPLE_BaseError) as error:
        # Of a full disk GDAL says nothing itself.
        if shutil.disk_usage(Path(path).parent).free < _LITTLE:
            raise output_error(path, OSError(errno.ENOSPC, "no space left")) from error
        reason = str(error.__cause__ or error).strip().rstrip(".")
        raise OutputError(
            f"cannot write: {reason}", path=path, mend="check the disk's free space and size limits"
        ) from error


def checksum(path: str | os.PathLike[str]) -> str:
    """Give the SHA-256 of a file, in hexadecimal; of a folder, that of its files and their names.

    Examples
    --------
    >>> checksum(os.devnull)[:8]
    'e3b0c442'
    """
    if not os.path.isdir(path):
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    digest = hashlib.sha256()
    for file in sorted(Path(path).rglob("*")):
        if file.is_file():
            digest.update(f"{checksum(file)}  {file.relative_to(path).as_posix()}\n".encode())
    return digest.hexdigest()
