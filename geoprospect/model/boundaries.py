"""What a model folder may hold: plain files of bounded size, and a description of known types.

Model folders are passed on, so one may be damaged or made to do harm. All of this is looked at
before a file's content is read.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from geoprospect.errors import ModelError

_MOST_BYTES = 2**30  # of a file, and of what an archive unpacks to: forests take some 100 MB
_DESCRIPTION_BYTES = 2**26
_PACKING = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_RATIO, _SMALL = 200, 2**24  # of what unpacks to more, only zeros are packed to less than 1/200

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Index = Annotated[int, Field(ge=0, le=2**31)]


@dataclass(frozen=True)
class _Layer:
    name: str
    minimum: _Finite
    maximum: _Finite


@dataclass(frozen=True)
class _Description:
    layers: Annotated[list[_Layer], Field(min_length=1)]
    settings: dict[str, Any]
    inputs: dict[str, Any]
    training_cells: list[tuple[_Index, _Index]]
    files: dict[str, str]
    training_grid: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    preparation: dict[str, dict[str, dict[str, Any]]] | None = None


def check_description(content: Any, home: Path) -> None:
    """Refuse a description of a model that holds other than it should.

    Raises
    ------
    ModelError
        If a part is missing or of another type; all such parts are named.
    """
    try:
        TypeAdapter(_Description).validate_python(content)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, one['loc']))}: {one['msg'].lower()}" for one in error.errors()[:5]
        ]
        raise ModelError(
            f"model.json is not as it was written: {'; '.join(problems)}",
            path=home,
            mend="train the model again, or copy it again from where it was made",
        ) from error


def check_files(home: Path, names: Iterable[str]) -> None:
    """Refuse files of a model folder that it would be unsafe to read.

    Raises
    ------
    ModelError
        If a name leads out of the folder, or a file is a link, a device or a pipe, or larger
        than any model needs.
    """
    for name in names:
        if PurePath(name).name != name or name in ("", ".", "..") or "\\" in name or "\0" in name:
            raise _refused(home, f"model.json lists {name!r}, which is no file of the folder")
        path = home / name
        limit = _DESCRIPTION_BYTES if path.suffix == ".json" else _MOST_BYTES
        if _plain_size(path) > limit:
            raise _refused(path, f"is larger than the {limit >> 20} MB that a model may take")


def _plain_size(path: Path) -> int:
    """Give the size of a plain file in bytes; a missing one is an OSError.

    Raises
    ------
    ModelError
        If it is a link, a folder, a device or a pipe.
    """
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise _refused(path, "is no plain file")
    return status.st_size


def check_archive(path: Path) -> None:
    """Refuse an archive that unpacks to more than it should, or in a way that is not ours.

    Raises
    ------
    ModelError
        If it does; files that are no archives pass.
    """
    if path.suffix not in (".keras", ".skops"):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile:
        return  # what is wrong with it is told where it is read
    size = sum(entry.file_size for entry in entries)
    zeros = any(e.file_size > max(_SMALL, _RATIO * e.compress_size) for e in entries)
    if size > _MOST_BYTES or zeros:
        raise _refused(path, f"unpacks to {size >> 20} MB, more than a model of its size holds")
    if any(entry.flag_bits & 1 or entry.compress_type not in _PACKING for entry in entries):
        raise _refused(path, "is encrypted, or packed in a way that no model is")


def _refused(path: Path, problem: str) -> ModelError:
    """Say that a file is not read."""
    return ModelError(
        problem, path=path, mend="use only models that geoprospect wrote; train this one again"
    )
