"""Symbols of points and polygons."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Literal

from geoprospect.qgis.xml import add_options

Shape = Literal["circle", "triangle", "diamond", "square", "cross2", "star"]


@dataclass(frozen=True)
class Marker:
    """A point's symbol.

    Attributes
    ----------
    shape : str
        Its shape, by QGIS' name.
    colour, outline : str
        Colours, as ``#ffffff``.
    size : float
        Width, in millimetres.
    """

    shape: Shape = "circle"
    colour: str = "#ffffff"
    outline: str = "#000000"
    size: float = 2.4

    def under(self, parent: ET.Element, name: str = "0") -> None:
        """Write it as a child of an element."""
        options = {
            "name": self.shape,
            "color": self.colour,
            "outline_color": self.outline,
            "outline_style": "solid",
            "outline_width": "0.3",
            "outline_width_unit": "MM",
            "size": f"{self.size:g}",
            "size_unit": "MM",
        }
        add_options(_layer(parent, name, "marker", "SimpleMarker"), options)


@dataclass(frozen=True)
class Line:
    """A line's symbol.

    Attributes
    ----------
    colour : str
        Its colour.
    width : float
        In millimetres.
    """

    colour: str
    width: float = 0.3

    def under(self, parent: ET.Element, name: str = "0") -> None:
        """Write it as a child of an element."""
        options = {"line_color": self.colour, "line_width": f"{self.width:g}"}
        add_options(_layer(parent, name, "line", "SimpleLine"), options | {"line_style": "solid"})


@dataclass(frozen=True)
class Fill:
    """A polygon's symbol: one colour, or an outline alone.

    Attributes
    ----------
    colour : str or None
        Its colour, as ``#ffffff``; None leaves it empty.
    outline : str
        The colour of its outline.
    width : float
        The width of the outline, in millimetres.
    opacity : float
        How much of what lies below the colour hides, from 0 to 1.
    """

    colour: str | None
    outline: str = "#4d4d4d"
    width: float = 0.2
    opacity: float = 1.0

    def under(self, parent: ET.Element, name: str = "0") -> None:
        """Write it as a child of an element."""
        options = {
            "color": f"#{round(255 * self.opacity):02x}{(self.colour or '#ffffff')[1:]}",
            "style": "no" if self.colour is None else "solid",
            "outline_color": self.outline,
            "outline_style": "solid",
            "outline_width": f"{self.width:g}",
            "outline_width_unit": "MM",
        }
        add_options(_layer(parent, name, "fill", "SimpleFill"), options)


@dataclass(frozen=True)
class Hatching:
    """A polygon's symbol of slanting lines, through which what lies below is seen.

    Attributes
    ----------
    colour, rim : str
        The colour of the lines, and that of a rim about each, so that they show on any ground.
    distance : float
        From line to line, in millimetres.
    """

    colour: str = "#1a1a1a"
    rim: str = "#ffffff"
    distance: float = 1.6

    def under(self, parent: ET.Element, name: str = "0") -> None:
        """Write it as a child of an element."""
        symbol = _symbol(parent, name, "fill")
        for number, (colour, width) in enumerate(((self.rim, 0.6), (self.colour, 0.2))):
            layer = _layer_of(symbol, "LinePatternFill")
            told = {"angle": "45", "distance": f"{self.distance:g}", "distance_unit": "MM"}
            add_options(layer, told | {"color": colour, "line_width": f"{width:g}"})
            line = _layer(layer, f"@{name}@{number}", "line", "SimpleLine")
            shown = {"line_color": colour, "line_width": f"{width:g}", "line_style": "solid"}
            add_options(line, shown)


Symbol = Marker | Line | Fill | Hatching


def _symbol(parent: ET.Element, name: str, kind: str) -> ET.Element:
    """Begin a symbol."""
    told = {"type": kind, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0", "name": name}
    return ET.SubElement(parent, "symbol", told)


def _layer_of(symbol: ET.Element, of_class: str) -> ET.Element:
    """Add a layer to a symbol, over those that it has."""
    layer = {"class": of_class, "enabled": "1", "locked": "0", "pass": "0"}
    return ET.SubElement(symbol, "layer", layer)


def _layer(parent: ET.Element, name: str, kind: str, of_class: str) -> ET.Element:
    """Begin a symbol of one layer, and give this."""
    return _layer_of(_symbol(parent, name, kind), of_class)
