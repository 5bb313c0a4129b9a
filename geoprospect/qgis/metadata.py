"""What QGIS tells of a layer: its title, what it is, who may use it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from geoprospect.qgis.xml import document

RIGHTS = "Rights are those of the data that it was made from."
"""Who may use what was made of evidence."""


@dataclass(frozen=True)
class Metadata:
    """Words about a layer, for the pages of its properties.

    Attributes
    ----------
    title : str
        Its title.
    abstract : str
        What it is and what it is not.
    keywords : tuple of str
        Words to find it by.
    history : tuple of str
        What it was made by, step by step.
    rights : str
        Who may use it, and how.
    identifier : str
        The file.

    Examples
    --------
    >>> "<title>Gold &amp; copper</title>" in Metadata("Gold & copper", "A map.").qmd()
    True
    """

    title: str
    abstract: str
    keywords: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    rights: str = ""
    identifier: str = ""

    def qmd(self) -> str:
        """Give the text of a `.qmd` file, which QGIS reads beside a layer."""
        root = ET.Element("qgis", version="3.22")
        self._fill(root)
        return document(root)

    def under(self, parent: ET.Element) -> None:
        """Write it as a child of a layer."""
        self._fill(ET.SubElement(parent, "resourceMetadata"))

    def _fill(self, element: ET.Element) -> None:
        ET.SubElement(element, "identifier").text = self.identifier
        ET.SubElement(element, "language").text = "ENG"
        ET.SubElement(element, "type").text = "dataset"
        ET.SubElement(element, "title").text = self.title
        ET.SubElement(element, "abstract").text = self.abstract
        if self.keywords:
            words = ET.SubElement(element, "keywords", vocabulary="gmd:topicCategory")
            for word in self.keywords:
                ET.SubElement(words, "keyword").text = word
        for step in self.history:
            ET.SubElement(element, "history").text = step
        ET.SubElement(element, "links")
        if self.rights:
            ET.SubElement(element, "rights").text = self.rights
