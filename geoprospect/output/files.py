"""Files: written whole or not at all, never overwritten unasked, and known by their checksum."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rasterio.errors import RasterioError

from geoprospect.errors import OutputError
from geoprospect.private import CPLE_BaseError

_SIDECARS = (".aux.xml", ".ovr", ".msk")
_LITTLE = 2**20  # bytes left on a disk that is full

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another folder"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another folder"),
    errno.EFBIG: ("the file would exceed the size limit", "raise the limit or free some space"),
    errno.EROFS: ("the file system is read-only", "choose a folder that can be written"),
    errno.EACCES: ("permission denied", "choose a folder that can be written"),
    errno.EPERM: ("permission denied", "choose a folder that can be written"),
    errno.EISDIR: ("it is a folder", "remove it, or choose another path"),
    errno.EIO: ("it was cut short", "check the disk's free space and size limits"),
    errno.ENOTDIR: ("its parent is not a folder", "choose another path"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.ELOOP: ("its links lead back to themselves", "choose another path"),
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


def check_absent(path: str | os.PathLike[str], *, overwrite: bool, folder: bool = False) -> None:
    """Refuse an output that exists already, or a folder in the place of a file.

    Parameters
    ----------
    path : path-like
        The file or folder to write.
    overwrite : bool
        Whether an existing one may be replaced.
    folder : bool
        Whether it is to be a folder.

    Raises
    ------
    OutputError
        If `path` exists and `overwrite` is false, or is a folder and `folder` is false.
    """
    if "\0" in os.fspath(path):
        raise OutputError("no file can have this name", path=repr(path), mend="choose another name")
    if os.path.isdir(path) and not folder:
        raise output_error(path, IsADirectoryError(errno.EISDIR, "it is a folder"))
    if not overwrite and os.path.lexists(path):
        raise OutputError("exists already", path=path, mend="pass --overwrite or choose another")


def check_apart(
    outputs: Iterable[str | os.PathLike[str]],
    inputs: Iterable[tuple[str, str | os.PathLike[str]]],
) -> None:
    """Refuse an output that would replace an input, or lie among the files of one.

    Links of all kinds are followed. A folder that is written may hold no input; where a folder is
    read, no file may be written into it.

    Parameters
    ----------
    outputs : iterable of path-like
        Files and folders to write.
    inputs : iterable of (str, path-like)
        What is read, what it is before its path; what is no file on this machine is passed over.

    Raises
    ------
    OutputError
        If one is.

    Examples
    --------
    >>> check_apart(["out/map.tif"], [("layer X1", "rasters/X1.tif")])
    >>> check_apart(["X1.tif"], [("layer X1", "./X1.tif")])
    Traceback (most recent call last):
    geoprospect.errors.OutputError: X1.tif: would replace what is read as layer X1...
    """
    outputs = [Path(output) for output in outputs]
    for role, source in inputs:
        if "\0" in os.fspath(source):
            continue  # no file can have this name
        read = Path(os.path.realpath(source))
        for output in outputs:
            written = Path(os.path.realpath(output))
            same = written == read
            with suppress(OSError):  # one of them is not there
                same = same or os.path.samefile(output, source)
            if same or written in read.parents:
                how = f"would replace what is read as {role}"
            elif written.parent == read:
                how = f"would lie among the files that are read as {role}"
            else:
                continue
            raise OutputError(
                how, path=output, found=source, mend="write to another folder, or move the input"
            )


@contextmanager
def replacing(
    path: str | os.PathLike[str], *, overwrite: bool = False, folder: bool = False
) -> Iterator[Path]:
    """Give a temporary path beside `path`, renamed to it on success and removed on failure.

    The temporary path keeps the suffix of `path`.

    Parameters
    ----------
    path : path-like
        The file or folder to write.
    overwrite : bool
        Whether an existing one is replaced.
    folder : bool
        Whether it is a folder.

    Raises
    ------
    OutputError
        If `path` exists and is not to be overwritten, is a folder where a file is to be, or
        cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "note.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     (Path(folder) / "note.txt").read_text()
    'whole'
    """
    target = Path(path)
    check_absent(target, overwrite=overwrite, folder=folder)
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


def write_for_good(path: str | os.PathLike[str], text: str) -> None:
    """Write a text that must be whole after a power cut, if it is there at all."""
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def sidecars(path: str | os.PathLike[str]) -> list[Path]:
    """Give the paths of what GDAL may keep beside a raster: CRS, statistics, overviews, mask.

    Examples
    --------
    >>> [sidecar.name for sidecar in sidecars("out/map.tif")]
    ['map.tif.aux.xml', 'map.tif.ovr', 'map.tif.msk']
    """
    return [Path(f"{os.fspath(path)}{suffix}") for suffix in _SIDECARS]


def move_raster(made: str | os.PathLike[str], lasting: str | os.PathLike[str]) -> None:
    """Move a raster with what lies beside it, such as a CRS that the file itself cannot hold.

    What lay beside a former one goes with it: QGIS would show that instead.
    """
    for beside, former in zip(sidecars(made), sidecars(lasting), strict=True):
        if beside.exists():
            os.replace(beside, former)
        else:
            former.unlink(missing_ok=True)
    os.replace(made, lasting)


def is_full(folder: Path) -> bool:
    """Tell whether the disk of a folder is full, of which GDAL says nothing itself."""
    return shutil.disk_usage(folder).free < _LITTLE


@contextmanager
def raster_written(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn the errors of writing a raster into one that names it and says why.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        yield
    except (RasterioError, CPLE_BaseError) as error:
        if is_full(Path(path).parent):
            raise output_error(path, OSError(errno.ENOSPC, "no space left")) from error
        reason = str(error.__cause__ or error).strip().rstrip(".")
        raise OutputError(
            f"cannot write: {reason}", path=path, mend="check the disk's free space and size limits"
        ) from error
    except OSError as error:
        raise output_error(path, error) from error


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
