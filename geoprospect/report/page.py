"""Pages, rendered from templates."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from geoprospect import __version__


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
        What the template names; it knows the program's `version` already, and `with_minus` as the
        filter `minus`.

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
    environment.filters["minus"] = with_minus
    return environment.get_template(template).render(version=__version__, **content)


def with_minus(text: str) -> str:
    """Write the signs of numbers in a text as a minus and no hyphen; hyphens of words stay.

    Examples
    --------
    >>> with_minus("gaussian-process: -0.05 (-0.08 to +0.02)")
    'gaussian-process: −0.05 (−0.08 to +0.02)'
    """
    return re.sub(r"(?<![\w-])-(?=[\d.])", "−", text)
