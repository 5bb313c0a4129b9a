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
        What the classes 1, 2, … are called; beyond fourteen, colours come again.

    Examples
    --------
    >>> style = Classes(("magnetics", "gravity"))(1, 2, band=3)
    >>> 'type="paletted" band="3"' in style, style.count("<paletteEntry ")
    (True, 2)
    """

    labels: tuple[str, ...]

    def __call__(self, minimum: float, maximum: float, *, band: int) -> str:
        """Give the text of the `.qml` file; all classes are in it, those without a cell too."""
        root, renderer = begun("paletted", band, {})
        palette = ET.SubElement(renderer, "colorPalette")
        for number, label in enumerate(self.labels, start=1):
            colour = _COLOURS[(number - 1) % len(_COLOURS)]
            ET.SubElement(
                palette, "paletteEntry", value=str(number), label=label, color=colour, alpha="255"
            )
        return finished(root)
