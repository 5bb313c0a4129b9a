"""Styles of points and polygons: symbols by class or by value, labels, names of fields."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

from geoprospect.qgis.style import finished
from geoprospect.qgis.symbols import Fill, Hatching, Symbol


@dataclass(frozen=True)
class Category:
    """A class of features.

    Attributes
    ----------
    value : str
        The value of the field; empty for all others.
    label : str
        What the class is called.
    symbol : Symbol
        Its symbol.
    """

    value: str
    label: str
    symbol: Symbol

    def under(self, parent: ET.Element, symbol: str) -> None:
        """Write it as a child of the classes, with the number of its symbol."""
        told = {"value": self.value, "label": self.label, "symbol": symbol}
        ET.SubElement(parent, "category", told | {"render": "true"})


@dataclass(frozen=True)
class Range:
    """Features whose value lies between two.

    Attributes
    ----------
    low, high : float
        The two.
    label : str
        What they are called.
    symbol : Symbol
        Their symbol.
    """

    low: float
    high: float
    label: str
    symbol: Symbol

    def under(self, parent: ET.Element, symbol: str) -> None:
        """Write it as a child of the ranges, with the number of its symbol."""
        ends = {"lower": repr(float(self.low)), "upper": repr(float(self.high))}
        told = {"label": self.label, "symbol": symbol, "render": "true"}
        ET.SubElement(parent, "range", ends | told)


@dataclass(frozen=True)
class FeatureStyle:
    """How QGIS shows features.

    Attributes
    ----------
    classes : tuple of Category, tuple of Range or Symbol
        Symbols by class or by range of a field's values; or one for all.
    attribute : str
        The field of the classes.
    aliases : dict of str to str
        What fields are called in words.
    label : str
        The field whose value stands beside each feature; empty for none.

    Examples
    --------
    >>> from geoprospect.qgis.symbols import Marker
    >>> deposits = Category("1", "deposit", Marker("triangle", "#ff4f2e"))
    >>> style = FeatureStyle((deposits,), "label", {"label": "1 at deposits"})
    >>> 'type="categorizedSymbol"' in style.qml(), 'name="1 at deposits"' in style.qml()
    (True, True)
    """

    classes: tuple[Category, ...] | tuple[Range, ...] | Symbol
    attribute: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)
    label: str = ""

    def qml(self) -> str:
        """Give the text of a `.qml` file."""
        root = ET.Element(
            "qgis",
            version="3.22",
            styleCategories="Symbology|Labeling|Fields",
            labelsEnabled="1" if self.label else "0",
        )
        self._add_renderer(root)
        if self.label:
            first = self.classes[0].symbol if isinstance(self.classes, tuple) else self.classes
            _add_labels(root, self.label, over=isinstance(first, Fill | Hatching))
        aliases = ET.SubElement(root, "aliases")
        for number, (name, alias) in enumerate(self.aliases.items()):
            ET.SubElement(aliases, "alias", field=name, name=alias, index=str(number))
        return finished(root)

    def _add_renderer(self, root: ET.Element) -> None:
        """Write the symbols."""
        told = {"symbollevels": "0", "enableorderby": "0", "forceraster": "0"}
        renderer = ET.SubElement(root, "renderer-v2", told)
        if not isinstance(self.classes, tuple):
            renderer.set("type", "singleSymbol")
            self.classes.under(ET.SubElement(renderer, "symbols"))
            return
        renderer.set("attr", self.attribute)
        graduated = isinstance(self.classes[0], Range)
        renderer.set("type", "graduatedSymbol" if graduated else "categorizedSymbol")
        if graduated:
            renderer.set("graduatedMethod", "GraduatedColor")
        listed = ET.SubElement(renderer, "ranges" if graduated else "categories")
        symbols = ET.SubElement(renderer, "symbols")
        rows: tuple[Category | Range, ...] = self.classes
        for number, row in enumerate(rows):
            row.under(listed, str(number))
            row.symbol.under(symbols, str(number))


def _add_labels(root: ET.Element, name: str, *, over: bool) -> None:
    """Write a field's value beside each point or over each polygon, dark on a light rim."""
    settings = ET.SubElement(ET.SubElement(root, "labeling", type="simple"), "settings")
    settings.set("calloutType", "simple")
    text = ET.SubElement(
        settings,
        "text-style",
        fieldName=name,
        isExpression="0",
        fontFamily="Sans Serif",
        fontSize="10",
        fontSizeUnit="Point",
        fontWeight="75",
        namedStyle="Bold",  # which from Qt 6 on has another weight
        textColor="20,20,20,255",
        textOpacity="1",
    )
    ET.SubElement(
        text,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="1",
    )
    # Level over a polygon, or beside a point on whichever side has room; none is left out for
    # another.
    told = {"placement": "4" if over else "6", "dist": "0.6", "distUnits": "MM", "priority": "9"}
    ET.SubElement(settings, "placement", told)
    ET.SubElement(settings, "rendering", displayAll="1", obstacle="0", drawLabels="1")
