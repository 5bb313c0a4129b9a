"""Layer styles that QGIS applies by itself when a map is dropped in."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

# Viridis (van der Walt & Smith 2015): perceptually even, safe for colour-blind readers.
_VIRIDIS = (
    "#440154",
    "#482475",
    "#414487",
    "#355f8d",
    "#2a788e",
    "#21918c",
    "#22a884",
    "#44bf70",
    "#7ad151",
    "#bddf26",
    "#fde725",
)


_OWN = "<!-- written by geoprospect -->"  # which QGIS leaves out where it saves a style itself


class Style(Protocol):
    """How QGIS shows a band: a function that gives the text of a `.qml` file."""

    def __call__(self, minimum: float, maximum: float, *, band: int) -> str:
        """Give the style of a band, counted from 1, of these extremes."""
        ...


def pseudocolour(minimum: float, maximum: float, *, band: int = 1) -> str:
    """Give a QGIS `.qml` style that colours one band from `minimum` to `maximum`.

    Parameters
    ----------
    minimum, maximum : float
        Values at the two ends of the colour ramp.
    band : int
        The band to show, counted from 1.

    Returns
    -------
    str
        The text of the `.qml` file.

    Examples
    --------
    >>> style = pseudocolour(0.0, 1.0)
    >>> style.count("<item "), 'type="singlebandpseudocolor"' in style
    (11, True)
    """
    if maximum <= minimum:
        minimum, maximum = minimum - 0.5, minimum + 0.5  # one value everywhere: mid-colour
    ends = {"classificationMin": f"{minimum:.9g}", "classificationMax": f"{maximum:.9g}"}
    root, renderer = begun("singlebandpseudocolor", band, ends)
    shader = ET.SubElement(
        ET.SubElement(renderer, "rastershader"),
        "colorrampshader",
        colorRampType="INTERPOLATED",
        classificationMode="1",
        clip="0",
        minimumValue=ends["classificationMin"],
        maximumValue=ends["classificationMax"],
    )
    for step, colour in enumerate(_VIRIDIS):
        value = minimum + (maximum - minimum) * step / (len(_VIRIDIS) - 1)
        ET.SubElement(
            shader, "item", value=f"{value:.9g}", label=f"{value:.2f}", color=colour, alpha="255"
        )
    return finished(root)


def begun(kind: str, band: int, attributes: Mapping[str, str]) -> tuple[ET.Element, ET.Element]:
    """Begin a style: give its root, and the renderer of a kind in it, which shows one band."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology|Rendering")
    renderer = ET.SubElement(
        ET.SubElement(root, "pipe"),
        "rasterrenderer",
        {"type": kind, "band": str(band), "opacity": "1", "alphaBand": "-1", **attributes},
    )
    return root, renderer


def finished(root: ET.Element) -> str:
    """Give the text of a style."""
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return f"{head}{_OWN}\n{ET.tostring(root, encoding='unicode')}"


def is_own(path: Path) -> bool:
    """Tell whether a style is as geoprospect wrote it, and not saved by QGIS or someone else.

    Examples
    --------
    >>> is_own(Path("no such style.qml"))
    False
    """
    try:
        return _OWN in path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
