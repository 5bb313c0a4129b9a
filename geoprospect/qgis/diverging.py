"""Layer styles of bands that lie about zero, such as contributions: which way, and how far."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from geoprospect.qgis.style import begun, finished

# Blue below zero, red above, pale between: told apart with every common colour blindness
# (ColorBrewer's RdBu; Harrower & Brewer 2003).
_COLOURS = (
    "#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7",
    "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f",
)  # fmt: skip


def diverging(minimum: float, maximum: float, *, band: int = 1) -> str:
    """Give a QGIS `.qml` style whose middle colour is that of zero, and whose ends are as far.

    Parameters
    ----------
    minimum, maximum : float
        The extremes of the band; the farther one from zero is the end of the ramp on both sides.
    band : int
        The band to show, counted from 1.

    Returns
    -------
    str
        The text of the `.qml` file.

    Examples
    --------
    >>> style = diverging(-1.0, 4.0)
    >>> 'classificationMin="-4"' in style, style.count("<item "), 'value="0" label="0"' in style
    (True, 11, True)
    """
    end = max(abs(minimum), abs(maximum)) or 1.0  # zero everywhere: the middle colour
    ends = {"classificationMin": f"{-end:.9g}", "classificationMax": f"{end:.9g}"}
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
    middle = len(_COLOURS) // 2
    for step, colour in enumerate(_COLOURS, start=-middle):
        value = end * step / middle
        label = f"{value:+.2g}" if step else "0"
        ET.SubElement(shader, "item", value=f"{value:.9g}", label=label, color=colour, alpha="255")
    return finished(root)
