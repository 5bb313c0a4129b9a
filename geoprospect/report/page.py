"""Pages: rendered from templates, and written with the texts beside them."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from geoprospect import __version__
from geoprospect.output import replacing


def render_page(room: str, template: str, **content: Any) -> str:
    """Render a page; what it is not given is an error, never left blank.

    Parameters
    ----------
    room : str
        The package whose page it is, such as "geoprospect.crossval"; its template may extend
        those of this room.
    template : str
        The file's name in the package's `templates`.
    **content
        What the template names; it knows the program's `version` already.

    Returns
    -------
    str
        HTML.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(room), PackageLoader("geoprospect.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(version=__version__, **content)


def write_texts(
    texts: Mapping[str, str], folder: str | PathLike[str], *, overwrite: bool = False
) -> None:
    """Write texts as files of a folder, each whole or not at all.

    Parameters
    ----------
    texts : mapping of str to str
        What each file is to hold, by its name.
    folder : path-like
        Where the files go.
    overwrite : bool
        Whether existing files are replaced.

    Raises
    ------
    OutputError
        If a file exists already or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_texts({"scores.json": "{}"}, folder)
    ...     (Path(folder) / "scores.json").read_text(encoding="utf-8")
    '{}'
    """
    for name, text in texts.items():
        with replacing(Path(folder) / name, overwrite=overwrite) as temporary:
            temporary.write_text(text, encoding="utf-8")
