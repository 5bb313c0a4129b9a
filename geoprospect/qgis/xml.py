"""Pieces of the XML that QGIS reads: options, coordinate reference systems, whole documents."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # for XML 1.0


@dataclass(frozen=True)
class Crs:
    """A coordinate reference system, as QGIS wants it told.

    Attributes
    ----------
    wkt : str
        Its definition, WKT2; a code alone would be taken for no CRS.
    code : str
        Its authority and code, as ``EPSG:3578``; empty for one without.
    name : str
        What it is called.
    geographic : bool
        Whether its coordinates are degrees.
    ellipsoid : str
        The code of the ellipsoid that distances are measured on, as ``EPSG:7030``; ``NONE`` where
        they are those of the plane.
    """

    wkt: str
    code: str
    name: str
    geographic: bool
    ellipsoid: str

    def under(self, parent: ET.Element) -> None:
        """Write it as a child of an element."""
        system = ET.SubElement(parent, "spatialrefsys", nativeFormat="Wkt")
        ET.SubElement(system, "wkt").text = self.wkt
        ET.SubElement(system, "authid").text = self.code
        ET.SubElement(system, "description").text = self.name
        ET.SubElement(system, "geographicflag").text = str(self.geographic).lower()


@dataclass(frozen=True)
class Extent:
    """A box on the ground: its outer edges, in units of a CRS.

    Examples
    --------
    >>> Extent(0, 0, 100, 50).grown(0.1)
    Extent(west=-10.0, south=-5.0, east=110.0, north=55.0)
    """

    west: float
    south: float
    east: float
    north: float

    def grown(self, share: float) -> Extent:
        """Give the box with a share of its own width and height more on each side."""
        x, y = share * (self.east - self.west), share * (self.north - self.south)
        return Extent(self.west - x, self.south - y, self.east + x, self.north + y)

    def under(self, parent: ET.Element) -> None:
        """Write its edges as children of an element."""
        edges = {"xmin": self.west, "ymin": self.south, "xmax": self.east, "ymax": self.north}
        for name, value in edges.items():
            ET.SubElement(parent, name).text = repr(float(value))


def add_options(parent: ET.Element, options: Mapping[str, str]) -> None:
    """Write names and texts as QGIS keeps the properties of symbols."""
    holder = ET.SubElement(parent, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(holder, "Option", name=name, value=value, type="QString")


def document(root: ET.Element, comment: str = "") -> str:
    r"""Give the text of a document; letters that XML cannot hold become question marks.

    Examples
    --------
    >>> print(document(ET.Element("qgis", title="a <b>\x01")), end="")
    <!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
    <qgis title="a &lt;b&gt;�" />
    """
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return _UNFIT.sub("\ufffd", f"{head}{comment}{ET.tostring(root, encoding='unicode')}\n")
