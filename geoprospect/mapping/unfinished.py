"""The folder of an unfinished map, which tells whether it can be gone on with."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from geoprospect import __version__
from geoprospect.errors import EvidenceError, GeoprospectError, OutputError, RemoteError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping.destination import check_own
from geoprospect.mapping.job import Job
from geoprospect.mapping.kernel import Kernel, class_path, identity_of
from geoprospect.output import output_error, write_for_good

_IDENTITY, _BEGINNING = "begun-with.json", "new"


def is_own(folder: Path) -> bool:
    """Tell whether geoprospect made a folder for the parts of a map.

    Examples
    --------
    >>> is_own(Path("no such folder"))
    False
    """
    if not folder.is_dir() or folder.is_symlink():
        return False
    names = {path.name for path in folder.iterdir()}
    return _IDENTITY in names or names <= {_BEGINNING}


def begun_size(folder: Path) -> tuple[int, int] | None:
    """Give the rows and columns of the parts of an unfinished map, or None if there is none."""
    height, width = 0, 0
    with suppress(KeyError, TypeError, ValueError):
        height, width = _begun(folder)["size"]
    whole = all(type(number) is int and number > 0 for number in (height, width))
    return (height, width) if whole else None


def _begun(folder: Path) -> dict[str, Any]:
    """Read what an unfinished map was begun with; nothing, where that was not written whole."""
    try:
        content = json.loads((folder / _IDENTITY).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def identity(job: Job, kernel: Kernel, evidence: EvidenceStack) -> dict[str, Any]:
    """Tell what a map is made of: a map is gone on with only if nothing of it has changed."""
    return {
        "geoprospect": __version__,
        "kernel": class_path(kernel),
        "description": identity_of(kernel),
        "grid": [job.grid.crs.to_wkt(), list(job.grid.transform)[:6], list(job.grid.shape)],
        "size": list(job.size),
        "compressed": job.compressed,
        "layers": evidence.fingerprints(),
    }


def begin(folder: Path, content: dict[str, Any], *, overwrite: bool, resume: bool) -> None:
    """Make the folder of a map's parts, or take the one that is there.

    Parameters
    ----------
    folder : Path
        The folder.
    content : dict
        What `identity` gives.
    overwrite : bool
        Whether the parts of an unfinished map are thrown away.
    resume : bool
        Whether they are kept and gone on with.

    Raises
    ------
    OutputError
        If an unfinished map is there and neither is asked for, or it was begun with something
        else, or the folder cannot be made, or another lies there.
    """
    try:
        if os.path.lexists(folder):
            check_own(folder, own=is_own(folder))
        if folder.exists() and not resume:
            if not overwrite:
                raise OutputError(
                    "an unfinished map lies here",
                    path=folder,
                    mend="pass --resume to go on with it, or --overwrite to start again",
                )
            shutil.rmtree(folder)
        text = json.dumps(content, indent=1)
        begun = _begun(folder)
        if begun:
            _check_same(folder, begun, json.loads(text))
            return
        shutil.rmtree(folder, ignore_errors=True)  # begun, but not so far as to say with what
        folder.mkdir(parents=True)
        write_for_good(folder / _BEGINNING, text)
        os.replace(folder / _BEGINNING, folder / _IDENTITY)
    except OSError as error:
        raise output_error(folder, error) from error


@contextmanager
def kept_if_useful(job: Job, kernel: Kernel) -> Iterator[None]:
    """Remove the folder of a map that fails, unless its parts can be gone on with.

    Raises
    ------
    GeoprospectError, KeyboardInterrupt
        As raised inside, with a word on how to go on.
    """
    folder = Path(job.folder)
    try:
        yield
    except BaseException as error:
        done = sum(1 for _ in folder.glob("part-*.json"))
        # A file that is mended is another one, and what is not described cannot be known again.
        damaged = isinstance(error, EvidenceError) and not isinstance(error, RemoteError)
        if not done or damaged or identity_of(kernel) is None:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        hint = (
            f"{done} of {len(job.windows)} parts are kept in {folder}: "
            "the same command with --resume goes on from there"
        )
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(f"stopped by Ctrl-C; {hint}") from None
        if isinstance(error, GeoprospectError):
            error.args = (f"{error}. {hint}",)
        raise


def _check_same(folder: Path, begun: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to go on if something has changed, and say what."""
    changed = _changed_values(begun, now)
    if now["description"] is None:
        changed.append("kernel, for this one cannot be known again")
    if not changed:
        return
    words = {"model": "the model", "size": "the size of the parts"}
    raise OutputError(
        "the unfinished map cannot be gone on with: it was begun with something else",
        path=folder,
        found="another " + ", another ".join(words.get(key, key) for key in changed),
        mend="pass --overwrite to start again, or restore what was changed",
    )


def _changed_values(begun: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Name what is not as it was: layers, and what describes a kernel, one by one."""
    changed: list[str] = []
    for key, value in now.items():
        before, names = begun.get(key), []
        if isinstance(before, dict) and isinstance(value, dict):
            word = "layer " if key == "layers" else ""
            names = [f"{word}{name}" for name in value if before.get(name) != value[name]]
        if before != value:
            changed += names or [key]
    return changed
