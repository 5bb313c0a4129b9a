"""The folder of a model: a file a member, in its own format, and JSON; no pickles."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geoprospect.errors import GeoprospectError, ModelError, OutputError
from geoprospect.methods.members import Member, read_member
from geoprospect.model.boundaries import check_archive, check_description, check_files
from geoprospect.model.components import Components
from geoprospect.output import check_absent, checksum, output_error, replacing
from geoprospect.typing import StrPath

_FORMAT = "geoprospect-model"
_VERSION = 1
_DESCRIPTION = "model.json"
_PACKAGES = ("geoprospect", "numba", "numpy", "rasterio", "scikit-learn")


def check_model_absent(folder: StrPath, *, overwrite: bool) -> None:
    """Refuse a folder for a model that exists already, or that holds more than a model.

    Raises
    ------
    OutputError
        If it exists and `overwrite` is false, or holds a file that no model's description lists.
    """
    home = Path(folder)
    check_absent(home, overwrite=overwrite, folder=True)
    if os.path.isfile(home):
        raise output_error(home, FileExistsError(errno.EEXIST, "a file lies there"))
    if not os.path.isdir(home):
        return
    known = listed_files(home)
    others = sorted(
        path.relative_to(home).as_posix()
        for path in home.rglob("*")
        if not path.is_dir() and path.relative_to(home).as_posix() not in known
    )
    if others:
        raise OutputError(
            "holds files that are no part of a model, and would be removed",
            path=home,
            found=", ".join(others[:5]) + (f" and {len(others) - 5} more" if others[5:] else ""),
            mend="move them elsewhere, or name another folder for the model",
        )


def listed_files(folder: Path) -> frozenset[str]:
    """Give the names of the files of a model, as its description lists them; none if it is none.

    Examples
    --------
    >>> listed_files(Path("no such folder"))
    frozenset()
    """
    try:
        check_files(folder, [_DESCRIPTION])
        content = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            return frozenset()
        return frozenset(content["files"]) | {_DESCRIPTION}
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ModelError):
        return frozenset()


def write_folder(
    folder: StrPath,
    components: Components,
    members: Sequence[Member],
    content: Mapping[str, Any],
    *,
    overwrite: bool,
) -> None:
    """Write components, members and the rest of a model's description.

    Parameters
    ----------
    folder : path-like
        The folder.
    components : Components
        The components.
    members : sequence of Member
        The members.
    content : mapping of str to object
        What `model.json` tells besides format, checksums of the files and versions of packages.
    overwrite : bool
        Whether an existing folder is replaced.

    Raises
    ------
    OutputError
        If the folder exists already, holds what is no part of a model, or cannot be written.
    """
    from importlib.metadata import version  # noqa: PLC0415 - slow to import

    check_model_absent(folder, overwrite=overwrite)
    with replacing(folder, overwrite=overwrite, folder=True) as temporary:
        temporary.mkdir()
        components.save(temporary / "components.json")
        saved: dict[int, Path] = {}
        for number, member in enumerate(members):
            path = temporary / f"member-{number:03d}{member.suffix}"
            if id(member) in saved:  # one that stands for several
                shutil.copyfile(saved[id(member)], path)
            else:
                member.save(path)
            saved[id(member)] = path
        files = sorted(path.name for path in temporary.iterdir())
        description = {
            "format": _FORMAT,
            "version": _VERSION,
            **content,
            "files": {name: checksum(temporary / name) for name in files},
            "packages": {name: version(name) for name in _PACKAGES}
            | {"python": platform.python_version()},
        }
        (temporary / _DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n")


def read_folder(folder: StrPath) -> tuple[dict[str, Any], Components, tuple[Member, ...]]:
    """Read a model's description, components and members, and check that they are whole.

    To be called within `reading`.

    Raises
    ------
    ModelError
        If the model is of another kind, a file was altered, or the layers do not fit.
    """
    home = Path(folder)
    check_files(home, [_DESCRIPTION])
    content = json.loads((home / _DESCRIPTION).read_text(encoding="utf-8"))
    kind = (content["format"], content["version"])
    if kind != (_FORMAT, _VERSION):
        raise ModelError(
            "is a model of another kind",
            path=home,
            found=kind,
            expected=(_FORMAT, _VERSION),
            mend="train it again with this version of geoprospect",
        )
    check_description(content, home)
    files = dict(content["files"])
    check_files(home, files)
    for name, expected in files.items():
        if checksum(home / name) != expected:
            raise ModelError(
                "was altered after training: its checksum is not the one in model.json",
                path=home / name,
                mend="train the model again, or copy it again from where it was made",
            )
        check_archive(home / name)
    components = Components.load(home / "components.json")
    names = tuple(layer["name"] for layer in content["layers"])
    if components.names != names:
        raise ModelError(
            "components and model.json name other layers",
            path=home,
            found=", ".join(components.names),
            expected=", ".join(map(str, names)),
        )
    names_of = {digest: name for name, digest in files.items() if name.startswith("member-")}
    by_digest = {digest: read_member(home / name) for digest, name in names_of.items()}
    members = tuple(
        by_digest[digest] for name, digest in files.items() if name.startswith("member-")
    )
    return content, components, members


@contextmanager
def reading(folder: StrPath) -> Iterator[None]:
    """Turn whatever a damaged folder makes go wrong into an error that names it.

    Raises
    ------
    ModelError
        If the folder is no model, or what it tells cannot be used.
    """
    try:
        yield
    except GeoprospectError:
        raise
    except Exception as error:  # a damaged file may fail anywhere in the libraries that read it
        reason = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        raise ModelError(
            f"cannot be read as a model: {reason or type(error).__name__}",
            path=Path(folder),
            expected="the folder that `geoprospect train` or `geoprospect run` writes",
        ) from error
