"""QGIS projects, written without QGIS: a zip of XML that QGIS 3.22 and later open."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass
from datetime import date

from geoprospect.qgis.layers import Group
from geoprospect.qgis.layout import PrintLayout
from geoprospect.qgis.metadata import Metadata
from geoprospect.qgis.xml import Crs, Extent, document

_FIRST = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can tell: the same each time


@dataclass(frozen=True)
class QgisProject:
    """A project: groups of layers, and a page to print.

    Attributes
    ----------
    metadata : Metadata
        What the project is.
    made : datetime.date
        When it was made.
    crs : Crs
        The CRS of the map.
    extent : Extent
        What the map shows as it opens.
    groups : tuple of Group
        The groups, the uppermost first; those without layers are left out.
    layout : PrintLayout
        The page.
    """

    metadata: Metadata
    made: date
    crs: Crs
    extent: Extent
    groups: tuple[Group, ...]
    layout: PrintLayout

    def qgs(self) -> str:
        """Give the text of the project."""
        root = ET.Element("qgis", version="3.22", projectname=self.metadata.title)
        ET.SubElement(root, "title").text = self.metadata.title
        self.crs.under(ET.SubElement(root, "projectCrs"))
        groups = [group for group in self.groups if group.layers]
        tree = ET.SubElement(root, "layer-tree-group")
        for group in groups:
            group.under(tree)
        self._add_canvas(root)
        layers = [layer for group in groups for layer in group.layers]
        project_layers = ET.SubElement(root, "projectlayers")
        order = ET.SubElement(root, "layerorder")
        for layer in layers:
            layer.under(project_layers)
            ET.SubElement(order, "layer", id=layer.key)
        self._add_properties(root)
        self._add_metadata(root)
        self.layout.under(ET.SubElement(root, "Layouts"))
        self._add_view(root)
        return document(root)

    def qgz(self, name: str) -> bytes:
        """Give the project as the bytes of a `.qgz` file, the same each time.

        Parameters
        ----------
        name : str
            The stem of the file, which the project in it has too.
        """
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            member = zipfile.ZipInfo(f"{name}.qgs", _FIRST)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, self.qgs().encode())
        return stream.getvalue()

    def _add_canvas(self, root: ET.Element) -> None:
        """Write what the map shows as it opens."""
        canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
        ET.SubElement(canvas, "units").text = "degrees" if self.crs.geographic else "meters"
        self.extent.under(ET.SubElement(canvas, "extent"))
        ET.SubElement(canvas, "rotation").text = "0"
        self.crs.under(ET.SubElement(canvas, "destinationsrs"))

    def _add_view(self, root: ET.Element) -> None:
        """Write the same for what reads a project without a canvas."""
        view = ET.SubElement(root, "ProjectViewSettings", UseProjectScales="0", rotation="0")
        edges = {"xmin": self.extent.west, "ymin": self.extent.south}
        edges |= {"xmax": self.extent.east, "ymax": self.extent.north}
        told = {name: repr(float(value)) for name, value in edges.items()}
        box = ET.SubElement(view, "DefaultViewExtent", told)
        self.crs.under(box)

    def _add_properties(self, root: ET.Element) -> None:
        """Write that paths are relative, and how distances are measured."""
        properties = ET.SubElement(root, "properties")
        for holder, name, kind, value in (
            ("SpatialRefSys", "ProjectionsEnabled", "int", "1"),
            ("Paths", "Absolute", "bool", "false"),
            ("Measure", "Ellipsoid", "QString", self.crs.ellipsoid),
            ("Measurement", "DistanceUnits", "QString", "km"),
            ("Measurement", "AreaUnits", "QString", "km2"),
        ):
            parent = properties.find(holder)
            if parent is None:
                parent = ET.SubElement(properties, holder)
            ET.SubElement(parent, name, type=kind).text = value

    def _add_metadata(self, root: ET.Element) -> None:
        """Write what the project is."""
        metadata = ET.SubElement(root, "projectMetadata")
        ET.SubElement(metadata, "title").text = self.metadata.title
        ET.SubElement(metadata, "abstract").text = self.metadata.abstract
        ET.SubElement(metadata, "creation").text = f"{self.made.isoformat()}T00:00:00"
