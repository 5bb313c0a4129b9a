"""The members of an ensemble: what scores cells, and the files that they are kept in."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from geoprospect.errors import ModelError
from geoprospect.network import Network, Scorer
from geoprospect.typing import StrPath

_READERS: dict[str, Callable[[Path], Member]] = {}


class Member(Scorer, Protocol):
    """What scores cells, and can be kept in a file.

    Attributes
    ----------
    suffix : str
        That of its files, with the dot; `register_member_format` makes it known.
    """

    @property
    def suffix(self) -> str: ...  # noqa: D102 - see the class

    def save(self, path: StrPath) -> None:
        """Write the member as a file, of whose name `suffix` is the end."""


def register_member_format(suffix: str, read: Callable[[Path], Member]) -> None:
    """Make a format of members known, so that models of them can be loaded.

    Parameters
    ----------
    suffix : str
        That of the files, with the dot.
    read : callable
        Reads a member from a path: a function of a module, which other processes can import. It
        must build nothing from a file that it has not checked.

    Examples
    --------
    >>> register_member_format(".keras", Network.read)
    """
    _READERS[suffix] = read


def added_formats(members: Sequence[Member]) -> dict[str, str]:
    """Give what another process must be told to read members: the formats that are not ours.

    Parameters
    ----------
    members : sequence of Member
        The members.

    Returns
    -------
    dict of str to str
        The import path of the reader, by suffix.
    """
    readers = {member.suffix: _READERS.get(member.suffix) for member in members}
    return {
        suffix: f"{read.__module__}:{read.__qualname__}"
        for suffix, read in readers.items()
        if read is not None and not read.__module__.startswith("geoprospect.")
    }


def add_formats(paths: Mapping[str, str]) -> None:
    """Register the formats that `added_formats` gave, in a process of one's own."""
    for suffix, path in paths.items():
        module, _, name = path.partition(":")
        register_member_format(suffix, getattr(importlib.import_module(module), name))


def read_member(path: StrPath) -> Member:
    """Read a member, in the format that the end of the file's name tells.

    Raises
    ------
    ModelError
        If the format is not known, or the file is missing or damaged.
    """
    suffix = Path(path).suffix
    if suffix not in _READERS:
        raise ModelError(
            "is a member of a format that is not known here",
            path=path,
            found=suffix,
            expected=", ".join(sorted(_READERS)),
            mend="import the module that registers the format first",
        )
    return _READERS[suffix](Path(path))


register_member_format(".keras", Network.read)
