"""How QGIS shows targets: new ground, known ground, ranks, and what fields mean in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyogrio

from geoprospect.qgis.features import Category, FeatureStyle
from geoprospect.qgis.geopackage import add_styles
from geoprospect.qgis.symbols import Fill
from geoprospect.targets import Targets, writing
from geoprospect.targets.fields import FIELDS
from geoprospect.targets.settings import Format
from geoprospect.typing import StrPath

# Orange and blue are told apart with every common colour blindness (Okabe & Ito 2008).
_GROUNDS = (("new", "New ground", "#e66100"), ("known", "With known occurrences", "#0072b2"))
_RIM, _OPACITY = 0.5, 0.24  # so that the map shows through


def write_targets(
    targets: Targets,
    path: StrPath,
    formats: Sequence[Format] = (),
    *,
    overwrite: bool = False,
) -> list[Path]:
    """Write targets, the GeoPackage with a style for QGIS; see `geoprospect.targets.write_targets`.

    Raises
    ------
    OutputError
        If a file exists already or cannot be written.
    """

    def finish(made: Path) -> None:
        fields = pyogrio.read_info(made, layer=writing.LAYER)["fields"].tolist()
        told = "Where to go first: the best cells, ranked"
        add_styles(made, {writing.LAYER: (style_of_targets(fields).qml(), told)})

    return writing.write_targets(targets, path, formats, overwrite=overwrite, finish=finish)


def style_of_targets(fields: Iterable[str]) -> FeatureStyle:
    """Give the style of targets: colours by ground, ranks as labels, fields in words.

    Parameters
    ----------
    fields : iterable of str
        The fields of the file.
    """
    grounds = tuple(
        Category(value, label, Fill(colour, colour, _RIM, _OPACITY))
        for value, label, colour in _GROUNDS
    )
    aliases = {name: FIELDS[name] for name in fields if name in FIELDS}
    return FeatureStyle(grounds, "ground", aliases, label="rank")
