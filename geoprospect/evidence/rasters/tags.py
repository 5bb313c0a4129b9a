"""Metadata of rasters: what programs show of a layer, and long lists that they had better not."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

LONGEST = 80
"""Letters of a text that a program may show; longer ones go into the packet."""

DOMAIN = "xml:XMP"  # the standard packet of metadata in a TIFF (ISO 16684), which QGIS hides
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_OURS = "urn:geoprospect:tags"


def packet(tags: Mapping[str, str]) -> ET.Element:
    """Give tags as a packet of metadata, which `tags_of` reads.

    Examples
    --------
    >>> packet({"GEOPROSPECT_LAYERS": "X1"})[0][0][0].text
    'X1'
    """
    # Spelt out, for a document that it becomes part of would take its namespaces to its own top.
    root = ET.Element("x:xmpmeta", {"xmlns:x": "adobe:ns:meta/"})
    rdf = ET.SubElement(root, "rdf:RDF", {"xmlns:rdf": _RDF})
    described = ET.SubElement(rdf, "rdf:Description", {"rdf:about": "", "xmlns:gp": _OURS})
    for name, text in tags.items():
        ET.SubElement(described, f"gp:{name}").text = text
    return root


def tags_of(dataset: Any) -> dict[str, str]:
    """Read the metadata of an open raster, those of the packet too."""
    tags = dict(dataset.tags())
    try:
        root = ET.fromstring(dataset.tags(ns=DOMAIN).get(DOMAIN, ""))
    except ET.ParseError:  # there is none, or one that other programs wrote
        return tags
    ours = f"{{{_OURS}}}"
    told = {x.tag[len(ours) :]: x.text or "" for x in root.iter() if x.tag.startswith(ours)}
    return tags | told
