"""Layer styles of bands whose numbers stand for classes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from geoprospect.qgis.style import begun, finished

# Told apart with every common colour blindness: Okabe & Ito (2008), then the muted ones of Tol
# (2021), the dark before the pale.
_COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442",
    "#332288", "#882255", "#117733", "#aa4499", "#999933", "#88ccee", "#dddddd",
)  # fmt: skip


@dataclass(frozen=True)
class Classes:
    """A style that gives each class a colour; see `geoprospect.qgis.style.Style`.

    Attributes
    ----------
    labels : tuple of str
        What the classes are called; beyond fourteen, colours come again.
    values : tuple of float
        Their numbers; 1, 2, … where they are not given.

    Examples
    --------
    >>> style = Classes(("magnetics", "gravity"))(1, 2, band=3)
    >>> 'type="paletted" band="3"' in style, style.count("<paletteEntry ")
    (True, 2)
    """

    labels: tuple[str, ...]
    values: tuple[float, ...] = ()

    def __call__(self, minimum: float, maximum: float, *, band: int) -> str:
        """Give the text of the `.qml` file; all classes are in it, those without a cell too."""
        root, renderer = begun("paletted", band, {})
        palette = ET.SubElement(renderer, "colorPalette")
        values = self.values or tuple(range(1, len(self.labels) + 1))
        for value, label, colour in zip(values, self.labels, colours(len(values)), strict=True):
            told = {"value": f"{value:.9g}", "label": label, "color": colour, "alpha": "255"}
            ET.SubElement(palette, "paletteEntry", told)
        return finished(root)


def colours(number: int) -> list[str]:
    """Give so many colours that are told apart; beyond fourteen, they come again.

    Examples
    --------
    >>> colours(2), len(set(colours(20)))
    (['#0072b2', '#d55e00'], 14)
    """
    return [_COLOURS[k % len(_COLOURS)] for k in range(number)]
