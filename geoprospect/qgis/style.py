"""Layer styles that QGIS applies by itself when a map is dropped in."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from geoprospect.qgis.xml import document

# Viridis (van der Walt & Smith 2015): perceptually even, safe for colour-blind readers.
VIRIDIS = (
    "#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70",
    "#7ad151", "#bddf26", "#fde725",
)  # fmt: skip
# Magma, of the same authors, from the light to the dark.
MAGMA = (
    "#fcfdbf", "#feca8d", "#fd9668", "#f1605d", "#cd4071", "#9e2f7f", "#721f81", "#440f76",
    "#180f3d",
)  # fmt: skip

_DECIMALS, _LARGE = 6, 1e7  # beyond which numbers are written with a power of ten
_CLEAR = 5.0  # apart, numbers are told without decimals
_OWN = "<!-- written by geoprospect -->"  # which QGIS leaves out where it saves a style itself


class Style(Protocol):
    """How QGIS shows a band: a function that gives the text of a `.qml` file."""

    def __call__(self, minimum: float, maximum: float, *, band: int) -> str:
        """Give the style of a band, counted from 1, of these extremes."""
        ...


@dataclass(frozen=True)
class Ramp:
    """A style that colours a band evenly between two values.

    Attributes
    ----------
    colours : tuple of str
        Colours from the lowest to the highest, as ``#440154``.
    low, high : float, optional
        Values at the two ends; where they are not given, the extremes of the band.

    Examples
    --------
    >>> style = Ramp(MAGMA, low=0.0)(0.25, 1.0, band=2)
    >>> style.count("<item "), 'minimumValue="0"' in style, 'band="2"' in style
    (9, True, True)
    """

    colours: tuple[str, ...] = VIRIDIS
    low: float | None = None
    high: float | None = None

    def __call__(self, minimum: float, maximum: float, *, band: int = 1) -> str:
        """Give the text of the `.qml` file."""
        low = minimum if self.low is None else self.low
        high = maximum if self.high is None else self.high
        if high <= low:
            low, high = low - 0.5, low + 0.5  # one value everywhere: mid-colour
        steps = len(self.colours) - 1
        values = [low + (high - low) * step / steps for step in range(steps + 1)]
        items = [
            (f"{value:.9g}", label, colour)
            for value, label, colour in zip(values, labels_of(values), self.colours, strict=True)
        ]
        return shaded("INTERPOLATED", items, band=band, ends=(low, high))


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
    return Ramp()(minimum, maximum, band=band)


def labels_of(values: Sequence[float]) -> list[str]:
    """Give values that differ as numbers that differ, with no more digits than that takes.

    Examples
    --------
    >>> labels_of([-170.0, 53.2, 275.0]), labels_of([0.001, 0.0012]), labels_of([3.0, 3.0])
    (['-170', '53', '275'], ['0.001', '0.0012'], ['3', '3'])
    >>> labels_of([0.0, 3e-12])
    ['0', '3e-12']
    """
    step = min((b - a for a, b in pairwise(values) if b > a), default=1.0)
    decimals = max(0, 1 - math.floor(math.log10(step)))
    if decimals > _DECIMALS or max(map(abs, values)) >= _LARGE:
        return [f"{value:.3g}" for value in values]
    if decimals == 1:
        decimals = 0 if step > _CLEAR else 1
    texts = [f"{value:.{decimals}f}" for value in values]
    return [text.rstrip("0").rstrip(".") if "." in text else text for text in texts]


def shaded(
    kind: str,
    items: Sequence[tuple[str, str, str]],
    *,
    band: int,
    ends: tuple[float, float],
) -> str:
    """Give a style of a value, a label and a colour for each step of a band.

    Parameters
    ----------
    kind : {"INTERPOLATED", "DISCRETE"}
        Whether colours are mixed between the steps, or each holds up to its value.
    items : sequence of (str, str, str)
        Values with labels and colours, the lowest first.
    band : int
        The band, counted from 1.
    ends : (float, float)
        The lowest and the highest value.
    """
    low, high = (f"{end:.9g}" for end in ends)
    ends_told = {"classificationMin": low, "classificationMax": high}
    root, renderer = begun("singlebandpseudocolor", band, ends_told)
    origin = ET.SubElement(renderer, "minMaxOrigin")
    ET.SubElement(origin, "limits").text = "None"  # of the file, in their place
    shader = ET.SubElement(
        ET.SubElement(renderer, "rastershader"),
        "colorrampshader",
        colorRampType=kind,
        classificationMode="1",
        clip="0",
        labelPrecision="4",
        minimumValue=low,
        maximumValue=high,
    )
    _add_ramp(shader, [colour for _, _, colour in items])
    for value, label, colour in items:
        ET.SubElement(shader, "item", value=value, label=label, color=colour, alpha="255")
    if kind == "INTERPOLATED":  # one bar of colours, not a row for each step
        ET.SubElement(shader, "rampLegendSettings", useContinuousLegend="1", orientation="2")
    return finished(root)


def _add_ramp(shader: ET.Element, colours: Sequence[str]) -> None:
    """Name the colours as a gradient, so that a reader may classify anew with them."""
    ramp = ET.SubElement(shader, "colorramp", name="[source]", type="gradient")
    holder = ET.SubElement(ramp, "Option", type="Map")
    last = max(len(colours) - 1, 1)
    stops = ":".join(
        f"{step / last:.6g};{_numbers(colour)}"
        for step, colour in enumerate(colours[1:-1], start=1)
    )
    told = {"color1": _numbers(colours[0]), "color2": _numbers(colours[-1]), "discrete": "0"}
    for name, value in (told | {"rampType": "gradient", "stops": stops}).items():
        ET.SubElement(holder, "Option", name=name, value=value, type="QString")


def _numbers(colour: str) -> str:
    """Give ``#440154`` as ``68,1,84,255``."""
    parts = (colour[start : start + 2] for start in (1, 3, 5))
    return ",".join(str(int(part, 16)) for part in parts) + ",255"


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
    return document(root, f"{_OWN}\n")


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
