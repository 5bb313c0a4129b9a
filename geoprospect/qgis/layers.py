"""Layers of a QGIS project: where a file lies, how it is shown, what it is."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Literal

from geoprospect.qgis.metadata import Metadata
from geoprospect.qgis.xml import Crs, Extent, add_options

Provider = Literal["gdal", "ogr"]
Geometry = Literal["Point", "Line", "Polygon"]
_KEPT = ("renderer-v2", "labeling", "aliases", "pipe")  # of a style


@dataclass(frozen=True)
class Layer:
    """A layer of a project.

    Attributes
    ----------
    name : str
        What the list of layers calls it.
    source : str
        What the provider opens: a path relative to the project, or an address; of a file of
        several layers, with ``|layername=…``.
    provider : {"gdal", "ogr"}
        Raster or features.
    style : str
        The text of a `.qml` file.
    crs : Crs or None
        Its CRS; None where the file's own is taken.
    extent : Extent or None
        Where it lies, in its CRS.
    metadata : Metadata
        What it is.
    geometry : {"Point", "Line", "Polygon"}
        Of features, what they are.
    n_bands : int
        Of a raster.
    nodata : dict of int to float
        Values of bands that mean no value, besides what the file declares.
    shown : bool
        Whether it is drawn as the project opens.
    unfolded : bool
        Whether its legend is.
    """

    name: str
    source: str
    provider: Provider
    style: str
    crs: Crs | None
    extent: Extent | None
    metadata: Metadata
    geometry: Geometry = "Point"
    n_bands: int = 1
    nodata: dict[int, float] = field(default_factory=dict)
    shown: bool = True
    unfolded: bool = False

    @property
    def key(self) -> str:
        """Its identity in a project: more than ten letters, or QGIS would choose another."""
        digest = hashlib.sha256(f"{self.source}\0{self.name}".encode()).hexdigest()[:16]
        return f"{re.sub('[^A-Za-z0-9]+', '_', self.name)[:24]}_{digest}"

    @property
    def opened(self) -> str:
        """Its source, in which a relative path begins with a dot, as QGIS itself writes it."""
        whole = re.match(r"[./{]|\w+:", self.source)  # of a drive, or a part of a file, too
        return self.source if whole else f"./{self.source}"

    def under(self, parent: ET.Element) -> None:
        """Write it as a child of the layers of a project."""
        raster = self.provider == "gdal"
        told = {"type": "raster" if raster else "vector", "autoRefreshEnabled": "0"}
        style = ET.fromstring(self.style)
        if not raster:
            told |= {"geometry": self.geometry, "labelsEnabled": style.get("labelsEnabled", "0")}
        layer = ET.SubElement(parent, "maplayer", told | {"styleCategories": "AllStyleCategories"})
        if self.extent is not None:
            self.extent.under(ET.SubElement(layer, "extent"))
        ET.SubElement(layer, "id").text = self.key
        ET.SubElement(layer, "datasource").text = self.opened
        ET.SubElement(layer, "layername").text = self.name
        if self.crs is not None:
            self.crs.under(ET.SubElement(layer, "srs"))
        self.metadata.under(layer)
        ET.SubElement(
            layer, "provider", {} if raster else {"encoding": "UTF-8"}
        ).text = self.provider
        if raster:
            self._add_nodata(layer)
        for name in _KEPT:
            layer.extend(style.findall(name))

    def _add_nodata(self, layer: ET.Element) -> None:
        """Tell the values of each band that mean none."""
        lists = ET.SubElement(layer, "noData")
        for band in range(1, self.n_bands + 1):
            told = ET.SubElement(lists, "noDataList", bandNo=str(band), useSrcNoData="1")
            if band in self.nodata:
                value = repr(float(self.nodata[band]))
                ET.SubElement(told, "noDataRange", min=value, max=value)

    def in_tree(self, parent: ET.Element) -> None:
        """Write it as a child of a group of the list of layers."""
        told = ET.SubElement(
            parent,
            "layer-tree-layer",
            id=self.key,
            name=self.name,
            providerKey=self.provider,
            source=self.opened,
            checked="Qt::Checked" if self.shown else "Qt::Unchecked",
            expanded="1" if self.unfolded else "0",
        )
        if self.provider == "gdal":
            properties = ET.SubElement(told, "customproperties")
            add_options(properties, {"legend/node-order": ",".join(map(str, self._rows()))})

    def _rows(self) -> list[int]:
        """Give the rows of the legend in order: classes from the best, no name of the band."""
        style = ET.fromstring(self.style)
        shader = style.find(".//colorrampshader")
        if shader is None:
            return list(range(1, 1 + len(style.findall(".//paletteEntry"))))
        if shader.get("colorRampType") == "INTERPOLATED":
            return [1]  # one bar of colours
        return list(range(len(shader.findall("item")), 0, -1))


@dataclass(frozen=True)
class Group:
    """A group of the list of layers.

    Attributes
    ----------
    name : str
        What it is called.
    members : tuple of Layer or Group
        Its layers and the groups in it, the uppermost first.
    shown : bool
        Whether its layers are drawn as the project opens.
    unfolded : bool
        Whether they are listed then.
    """

    name: str
    members: tuple[Layer | Group, ...]
    shown: bool = True
    unfolded: bool = True

    @property
    def layers(self) -> list[Layer]:
        """All its layers, those of the groups in it too."""
        parts = ([x] if isinstance(x, Layer) else x.layers for x in self.members)
        return [layer for part in parts for layer in part]

    def under(self, parent: ET.Element) -> None:
        """Write it as a child of the list of layers."""
        told = {"name": self.name, "expanded": "1" if self.unfolded else "0"}
        checked = "Qt::Checked" if self.shown else "Qt::Unchecked"
        group = ET.SubElement(parent, "layer-tree-group", told | {"checked": checked})
        for member in self.members:
            if isinstance(member, Layer):
                member.in_tree(group)
            else:
                member.under(group)
