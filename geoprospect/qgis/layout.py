"""A page to print: the map with title, legend, scale bar and north arrow."""

from __future__ import annotations

import math
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from geoprospect.qgis.layers import Layer
from geoprospect.qgis.symbols import Fill
from geoprospect.qgis.xml import Extent

_WIDTH, _HEIGHT = 297.0, 210.0  # A4, in millimetres
_MAP = (10.0, 24.0, 200.0, 166.0)  # left, top, width, height
_BAR = 62.0  # millimetres that the scale bar may take
_LABEL, _PICTURE, _LEGEND, _SCALE, _MAP_ITEM, _PAGE = 65641, 65640, 65642, 65646, 65639, 65638
_ARROW = ":/images/north_arrows/layout_default_north_arrow.svg"  # which comes with QGIS
_SPACE = uuid.UUID("6b1f3c34-5b80-4c3e-9d8e-1f0d3d0f6a51")  # for names that are always the same


@dataclass(frozen=True)
class PrintLayout:
    """A page of A4, lying.

    Attributes
    ----------
    title, subtitle, note : str
        Lines above the map, and one below it.
    extent : Extent
        What the map shows, at least; it is widened to the shape of its frame.
    metres : float
        How wide that is on the ground.
    legend : tuple of Layer
        The layers that the legend explains.
    """

    title: str
    subtitle: str
    note: str
    extent: Extent
    metres: float
    legend: tuple[Layer, ...]

    def under(self, parent: ET.Element) -> None:
        """Write it as a child of the layouts of a project."""
        layout = ET.SubElement(parent, "Layout", name="Map", units="mm", printResolution="300")
        pages = ET.SubElement(layout, "PageCollection")
        Fill("#ffffff", "#ffffff", 0).under(pages, "")
        page = _item(pages, _PAGE, "page", (0, 0, _WIDTH, _HEIGHT))
        Fill("#ffffff", "#ffffff", 0).under(page, "")
        _text(layout, "title", self.title, (10, 8, 277, 9), size=16, bold=True)
        _text(layout, "subtitle", self.subtitle, (10, 17, 277, 6), size=9)
        _text(layout, "note", self.note, (10, 192, 277, 12), size=7)
        _item(
            layout,
            _PICTURE,
            "north arrow",
            (266, 160, 18, 18),
            file=_ARROW,
            mode="2",
            resizeMode="0",
            anchorPoint="4",
            northMode="0",
            mapUuid=_name("map"),
            svgFillColor="0,0,0,255",
            svgBorderColor="0,0,0,255",
            svgBorderWidth="0.2",
        )
        self._add_scale_bar(layout)
        self._add_legend(layout)
        self._add_map(layout)

    def _edges(self) -> tuple[float, float, float, float]:
        """Give what the map shows: the extent, widened to the shape of the frame."""
        box, shape = self.extent, _MAP[2] / _MAP[3]
        width, height = box.east - box.west, box.north - box.south
        across = max(0.0, (height * shape - width) / 2)
        up = max(0.0, (width / shape - height) / 2)
        return box.west - across, box.south - up, box.east + across, box.north + up

    def _add_map(self, layout: ET.Element) -> None:
        """Write the map."""
        told = {"drawCanvasItems": "true", "keepLayerSet": "false", "followPreset": "false"}
        item = _item(layout, _MAP_ITEM, "map", _MAP, frame="true", mapRotation="0", **told)
        names = ("xmin", "ymin", "xmax", "ymax")
        values = {name: repr(edge) for name, edge in zip(names, self._edges(), strict=True)}
        ET.SubElement(item, "Extent", values)

    def _add_scale_bar(self, layout: ET.Element) -> None:
        """Write a bar of two round parts, as long as there is room for beside the map."""
        west, _, east, _ = self._edges()
        shown = self.metres * (east - west) / (self.extent.east - self.extent.west)
        part = nice(shown * _BAR / 2 / _MAP[2])
        unit, metres = ("km", 1000.0) if part >= 1000 else ("m", 1.0)
        bar = _item(
            layout,
            _SCALE,
            "scale bar",
            (216, 178, 76, 12),
            style="Single Box",
            unitType="km" if unit == "km" else "meters",
            unitLabel=unit,
            numMapUnitsPerScaleBarUnit="1",
            numUnitsPerSegment=f"{part / metres:.9g}",
            segmentMillimeters=f"{part / shown * _MAP[2]:.9g}",
            segmentSizeMode="0",
            numSegments="2",
            numSegmentsLeft="0",
            height="2.2",
            labelBarSpace="1.5",
            boxContentSpace="1",
            outlineWidth="0.2",
            alignment="0",
            mapUuid=_name("map"),
        )
        _font(bar, "text-style", 8)
        ET.SubElement(bar, "fillColor", red="0", green="0", blue="0", alpha="255")
        ET.SubElement(bar, "fillColor2", red="255", green="255", blue="255", alpha="255")

    def _add_legend(self, layout: ET.Element) -> None:
        """Write the legend beside the map, of the layers that are drawn."""
        legend = _item(
            layout,
            _LEGEND,
            "legend",
            (214, 24, 76, 130),
            title="",
            columnCount="1",
            splitLayer="0",
            boxSpace="1",
            symbolWidth="5",
            symbolHeight="3",
            columnSpace="2",
            lineSpacing="0.5",
            resizeToContents="1",
            legendFilterByAtlas="0",
            map_uuid=_name("map"),
            wrapChar="",
        )
        styles = ET.SubElement(legend, "styles")
        for name, size, above in (
            ("title", 11, 0), ("group", 10, 2), ("subgroup", 9, 2.5), ("symbol", 8, 1),
            ("symbolLabel", 8, 1),
        ):  # fmt: skip
            style = ET.SubElement(styles, "style", name=name, marginTop=f"{above:g}", alignment="1")
            if name == "symbolLabel":
                style.set("marginLeft", "2")
            ET.SubElement(style, "styleFont", _described(size, bold=name == "subgroup"))
        tree = ET.SubElement(legend, "layer-tree-group", name="", checked="Qt::Checked")
        for layer in self.legend:
            layer.in_tree(tree)


def nice(value: float) -> float:
    """Give the greatest of 1, 2 and 5 times a power of ten that is no greater than a value.

    Examples
    --------
    >>> nice(8850.0), nice(0.3), nice(2e5)
    (5000.0, 0.2, 200000.0)
    """
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= value or step == 1.0)


def _name(of: str) -> str:
    """Give the identity of an item, the same every time."""
    return f"{{{uuid.uuid5(_SPACE, of)}}}"


def _item(
    parent: ET.Element, kind: int, name: str, box: tuple[float, float, float, float], **told: str
) -> ET.Element:
    """Write an item: left, top, width and height in millimetres."""
    left, top, width, height = box
    return ET.SubElement(
        parent,
        "LayoutItem",
        {
            "type": str(kind),
            "id": name,
            "uuid": _name(name),
            "templateUuid": _name(name),
            "position": f"{left:g},{top:g},mm",
            "positionOnPage": f"{left:g},{top:g},mm",
            "size": f"{width:g},{height:g},mm",
            "referencePoint": "0",
            "visibility": "1",
            "opacity": "1",
            "frame": "false",
            "background": "false",
            "outlineWidthM": "0.2,mm",
            "zValue": {"page": "0", "map": "1"}.get(name, "2"),
        }
        | told,
    )


def _text(
    layout: ET.Element,
    name: str,
    text: str,
    box: tuple[float, float, float, float],
    *,
    size: int,
    bold: bool = False,
) -> None:
    """Write a line, or some."""
    told = {"labelText": text, "htmlState": "0", "halign": "1", "valign": "32"}
    item = _item(layout, _LABEL, name, box, marginX="0", marginY="0", **told)
    ET.SubElement(item, "LabelFont", _described(size, bold=bold))
    ET.SubElement(item, "FontColor", red="20", green="20", blue="20", alpha="255")


def _described(size: int, *, bold: bool = False) -> dict[str, str]:
    """Describe a font as Qt does; its weights are other numbers from Qt 6 on."""
    if bold:
        return {"description": f"Sans Serif,{size},-1,5,75,0,0,0,0,0", "style": "Bold", "bold": "1"}
    return {"description": f"Sans Serif,{size}", "style": ""}


def _font(parent: ET.Element, name: str, size: int) -> None:
    """Write a font as newer parts of QGIS do."""
    told = {"fontFamily": "Sans Serif", "fontSize": str(size), "fontSizeUnit": "Point"}
    told |= {"fontWeight": "50", "namedStyle": "Book"}
    ET.SubElement(parent, name, told | {"textColor": "20,20,20,255", "textOpacity": "1"})
