"""The error tree: what is wrong, where, what was expected and how to mend it; no secrets."""

from __future__ import annotations

import re
from os import PathLike
from typing import Any
from urllib.parse import parse_qs

_END = r"(?=[:.,;)]*(?:[\s\"'<>]|$))"
_SHORTEST_QUERY = 4  # letters, of one that is looked for where GDAL cites the end of an address


def without_secrets(text: str) -> str:
    """Cut passwords and query strings, which may be signatures, from the addresses in a text.

    All that is shown goes through it: errors, lines of the log, JSON and pages.

    Examples
    --------
    >>> without_secrets("https://user:word@a.org/X1.tif?sv=2&sig=6Fo: layer X1: no band 2")
    'https://a.org/X1.tif?…: layer X1: no band 2'
    >>> without_secrets("/vsicurl?header.Authorization=Bearer%20x&url=https%3A%2F%2Fa.org%2FX1.tif")
    '/vsicurl/https://a.org/X1.tif'
    >>> without_secrets("camps.gpkg?sig=6Fo or PG:dbname=camps password=word")
    'camps.gpkg?… or PG:dbname=camps password=…'
    """
    text = re.sub(rf"/vsicurl\?([^\s\"'<>]*?){_END}", _plain_address, text)
    text = re.sub(r"://[^/\s\"'<>]*@", "://", text)
    text = re.sub(rf"((?:://|/vsi)[^\s\"'<>?]*)\?[^\s\"'<>]*?{_END}", r"\1?…", text)
    text = re.sub(rf"\?[\w.~%-]+=[^\s\"'<>]*?{_END}", "?…", text)
    return re.sub(r"(?i)\b(password|passwd|pwd)(\s*=\s*)('[^']*'|[^\s'\";,&]+)", r"\1\2…", text)


def _plain_address(match: re.Match[str]) -> str:
    """Give the address in the parameters of a ``/vsicurl?…`` path."""
    return "/vsicurl/" + "".join(parse_qs(match[1]).get("url", ["…"]))


class GeoprospectError(Exception):
    """A mistake in data or settings that the user can mend; shown as one line.

    Of addresses it tells no secrets, see `without_secrets`.

    Parameters
    ----------
    problem : str
        What is wrong, in the user's words.
    path : path-like, optional
        The file concerned.
    layer : str, optional
        The evidence layer concerned.
    found, expected : object, optional
        What was received and what was expected.
    mend : str, optional
        What to do about it.

    Examples
    --------
    >>> print(GridMismatchError("the grids differ", path="X2.tif", layer="X2",
    ...                         found="120 columns", expected="118 columns as in X1.tif",
    ...                         mend="resample X2.tif to the grid of X1.tif"))
    X2.tif: layer X2: the grids differ (found 120 columns; expected 118 columns as in X1.tif). \
To mend it: resample X2.tif to the grid of X1.tif
    """

    def __init__(
        self,
        problem: str,
        *,
        path: str | PathLike[str] | None = None,
        layer: str | None = None,
        found: object = None,
        expected: object = None,
        mend: str | None = None,
    ) -> None:
        self._told: dict[str, Any] = {
            "path": path,
            "found": found,
            "expected": expected,
            "mend": mend,
        }
        self._problem = problem
        where = [str(path)] if path is not None else []
        if layer is not None:
            where.append(f"layer {layer}")
        details = [
            f"{word} {value}"
            for word, value in (("found", found), ("expected", expected))
            if value is not None
        ]
        message = ": ".join([*where, problem])
        if details:
            message += f" ({'; '.join(details)})"
        if mend is not None:
            message += f". To mend it: {mend}"
        address = str(path)
        if "://" in address or address.startswith("/vsi"):
            message = message.replace(address, without_secrets(address))
            for query in address.split("?")[1:]:
                if len(query) >= _SHORTEST_QUERY:  # it may stand elsewhere, without the address
                    message = message.replace(query, "…")
        super().__init__(without_secrets(" ".join(message.split())))


class EvidenceError(GeoprospectError):
    """An evidence layer that cannot be read, or that holds no valid cell."""


class GridMismatchError(EvidenceError):
    """Layers that do not lie on one grid."""


class GridNeededError(EvidenceError):
    """Evidence without a grid of its own, asked for where no other layer gives one."""


class RemoteError(EvidenceError):
    """A layer that its server does not give; it may do so when it is asked again later."""


class LayerNameError(GeoprospectError):
    """Layer names that are not those a model or the components were fitted on."""


class SamplesError(GeoprospectError):
    """Points, or features of another kind, that cannot be read or used."""

    def of_layer(self, layer: str | None) -> EvidenceError:
        """Give the same mistake as one in a file of evidence, of a layer or of none."""
        return EvidenceError(self._problem, layer=layer, **self._told)


class ComponentsError(GeoprospectError):
    """Components that cannot be fitted, recovered or read."""


class TrainingError(GeoprospectError):
    """A training that cannot start or that failed."""


class ModelError(GeoprospectError):
    """A model folder that is incomplete, altered or of another kind."""


class OutputError(GeoprospectError):
    """An output that exists already or cannot be written."""


class ScoreError(GeoprospectError):
    """A map or points from which no score can be made."""


class TargetsError(GeoprospectError):
    """A map, or settings, from which no targets can be drawn."""


class ProjectError(GeoprospectError):
    """A project file that is missing, malformed or inconsistent."""


class StudyError(GeoprospectError):
    """A folder of the published study that lacks a table, or a table that cannot be used."""
