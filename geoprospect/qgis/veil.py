"""A layer style that veils a part of what lies beneath, and lets the other part be seen."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from geoprospect.qgis.style import begun, finished

_GREY, _ALPHA = "#dcdcdc", "230"  # as no colour of the map, and thick enough to hide these


@dataclass(frozen=True)
class Veil:
    """A style for a band of 0 and 1 over a map; see `geoprospect.qgis.style.Style`.

    Attributes
    ----------
    veiled, seen : str
        What the cells of 0, which are veiled in grey, and of 1, which are clear, are called.

    Examples
    --------
    >>> style = Veil("outside", "inside")(0, 1, band=2)
    >>> 'type="paletted" band="2"' in style, style.count('alpha="0"')
    (True, 1)
    """

    veiled: str
    seen: str

    def __call__(self, minimum: float, maximum: float, *, band: int) -> str:
        """Give the text of the `.qml` file."""
        root, renderer = begun("paletted", band, {})
        palette = ET.SubElement(renderer, "colorPalette")
        for value, label, alpha in (("0", self.veiled, _ALPHA), ("1", self.seen, "0")):
            ET.SubElement(
                palette, "paletteEntry", value=value, label=label, color=_GREY, alpha=alpha
            )
        return finished(root)
