"""Layer styles of bands that lie about zero, such as contributions: which way, and how far."""

from __future__ import annotations

from geoprospect.qgis.style import shaded

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
    middle = len(_COLOURS) // 2
    values = [end * step / middle for step in range(-middle, middle + 1)]
    labels = [f"{value:+.2g}" if value else "0" for value in values]
    items = [(f"{x:.9g}", label, c) for x, label, c in zip(values, labels, _COLOURS, strict=True)]
    return shaded("INTERPOLATED", items, band=band, ends=(-end, end))
