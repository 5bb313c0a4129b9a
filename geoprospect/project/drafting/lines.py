"""Lines of a project file as they are drafted: settings in TOML, and what is asked about them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Line:
    """A setting of a project file, or one that is left out.

    Attributes
    ----------
    key : str
        Its name.
    value : object
        A path or a table.
    known : str
        What was seen, for the comment.
    asked : str
        What the person who knows has to look at; empty where nothing is unsure.
    out : bool
        Whether it is left out, with what was asked for the reason.
    """

    key: str
    value: Any
    known: str = ""
    asked: str = ""
    out: bool = False

    def text(self) -> str:
        """Write it as TOML, with a comment before it.

        Examples
        --------
        >>> print(Line("Cu", {"path": "cu.tif"}, "0 to 900", "is it in ppm?").text())
        # 0 to 900
        # ? is it in ppm?
        Cu = "cu.tif"
        """
        value = self.value
        if isinstance(value, Mapping) and set(value) == {"path"}:
            value = value["path"]
        setting = f"{quoted_key(self.key)} = {toml(value)}"
        comments = [f"# {self.known}"] if self.known else []
        if self.asked:
            comments.append(f"# {'left out:' if self.out else '?'} {self.asked}")
        return "\n".join([*comments, f"# {setting}" if self.out else setting])


@dataclass(frozen=True)
class Section:
    """A table of a project file.

    Attributes
    ----------
    name : str
        Its name; empty for what stands before all tables.
    intro : tuple of str
        Comments under its name.
    lines : tuple of Line
        Its settings.
    """

    name: str
    intro: tuple[str, ...] = ()
    lines: tuple[Line, ...] = field(default=())

    def text(self) -> str:
        """Write it as TOML."""
        head = [*(f"# {line}" for line in self.intro), *([f"[{self.name}]"] if self.name else [])]
        return "\n".join([*head, *(line.text() for line in self.lines)])


def toml(value: Any) -> str:
    """Write a value of TOML.

    Examples
    --------
    >>> toml({"path": "a.csv", "label": False, "x y": [1, "b"]})
    '{ path = "a.csv", label = false, "x y" = [1, "b"] }'
    """
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{quoted_key(name)} = {toml(part)}" for name, part in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def quoted_key(name: str) -> str:
    """Write a key, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
