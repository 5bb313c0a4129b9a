"""The page of a score: what a map says of known occurrences, told to all who rest on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from geoprospect.errors import without_secrets
from geoprospect.intervals import Interval
from geoprospect.report.files import checksum_told, write_files
from geoprospect.report.page import render_page
from geoprospect.report.style import svg_uri
from geoprospect.scoring.measures.uncertainty import N_PLACEMENTS
from geoprospect.scoring.pictures.curves import draw_rate_curves
from geoprospect.scoring.pictures.measures import (
    draw_boyce,
    draw_classification_panels,
    draw_prediction_area,
)
from geoprospect.scoring.score.figures import BEST_AREA
from geoprospect.scoring.score.paired import PairedDifference
from geoprospect.scoring.score.score import Score
from geoprospect.scoring.verdict import found, leaks, percent


def write_score_page(
    path: str | PathLike[str],
    score: Score,
    *,
    inputs: Sequence[tuple[str, str | PathLike[str]]] = (),
    settings: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> None:
    r"""Write a score as one HTML page, which needs nothing beside it and loads nothing.

    Parameters
    ----------
    path : path-like
        The page.
    score : Score
        What is told.
    inputs : sequence of (str, path-like)
        What was read, each with what it is before its path; the page tells its checksum. If not
        given, the map, the points and the maps it is compared with.
    settings : mapping of str to str, optional
        Further settings to be told, by name.
    overwrite : bool
        Whether an existing page is replaced.

    Raises
    ------
    OutputError
        If the page exists and is not to be overwritten, or cannot be written.

    Examples
    --------
    >>> import tempfile, rasterio, numpy as np
    >>> from geoprospect.scoring import PointsSource, score_map
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/map.tif", "w", driver="GTiff", height=1, width=4,
    ...                        count=1, dtype="float32", crs="EPSG:3578",
    ...                        transform=rasterio.Affine(1200, 0, 0, 0, -1200, 0)) as dataset:
    ...         dataset.write(np.array([[[0.9, 0.8, 0.2, 0.1]]], np.float32))
    ...     _ = Path(folder, "points.csv").write_text("x,y\n100,-100\n1300,-100\n")
    ...     points = PointsSource(f"{folder}/points.csv", crs="EPSG:3578")
    ...     write_score_page(f"{folder}/score.html", score_map(f"{folder}/map.tif", points))
    ...     page = Path(folder, "score.html").read_text(encoding="utf-8")
    >>> page.splitlines()[0]
    '<!doctype html>'
    """
    target = Path(path)
    write_files(
        {target.name: page(score, inputs=inputs, settings=settings)},
        target.parent,
        overwrite=overwrite,
    )


def page(
    score: Score,
    *,
    inputs: Sequence[tuple[str, str | PathLike[str]]] = (),
    settings: Mapping[str, str] | None = None,
) -> str:
    """Give the page of `write_score_page` as HTML."""
    content = score.to_dict()
    columns = score.figures_by_points()
    quoted, figures = score.headline
    order = sorted(columns, key=lambda name: name != quoted)
    tables = [(score.describe(name), columns[name]) for name in order]
    shown = [(title, content if name == "all" else content[name]) for (title, _), name in
             zip(tables, order, strict=True)]  # fmt: skip
    read = inputs or [
        ("the map", score.map_path),
        ("points", score.points_path),
        *(("another map", other.other_path) for other in score.against),
    ]
    return render_page(
        "geoprospect.scoring",
        "score.html",
        score=score,
        map_name=_name(score.map_path),
        points_name=_name(score.points_path),
        verdict=list(found(content)),
        cautions=list(leaks(content)),
        best=[f"best {part.area:.0%}" for part in figures.captures],
        captures=[capture_row(title, part) for title, part in shown],
        heads=[title for title, _ in tables],
        figures=_figure_rows([part.rows() for _, part in tables]),
        chance=_chance(figures.p_value),
        boyce=figures.boyce.sentence(),
        against=[
            _against(name, other)
            for name, other in zip(score.names_of_maps()[1:], score.against, strict=True)
        ],
        lines=[*score.lines(), *([] if score.leaks is None else [f"Quoted: {score.sentence()}."])],
        settings=[*_settings(score), *(settings or {}).items()],
        files=[(what, _name(path), checksum_told(path)) for what, path in read],
        pictures={
            "rates": svg_uri(draw_rate_curves(score.curves())),
            "crossing": svg_uri(draw_prediction_area(score.prediction_area)),
            "boyce": svg_uri(draw_boyce(figures.boyce)),
            "panels": {}
            if figures.classification is None
            else {
                name: svg_uri(panel)
                for name, panel in draw_classification_panels(figures.classification).items()
            },
        },
    )


def capture_row(title: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the best parts of the area hold as a row of a table.

    Parameters
    ----------
    title : str
        The points that the figures are of.
    figures : mapping
        As `Score.to_dict` gives them.
    """
    low, high = figures["auc_interval"]
    return {
        "title": title,
        "n": figures["n_occurrences"],
        "auc": f"{figures['auc']:.2f}",
        "auc_interval": f"{low:.2f}–{high:.2f}",
        "parts": [
            {
                "held": percent(part["captured"]),
                "interval": f"{part['interval'][0]:.0%}–{part['interval'][1]:.0%}",
                "times": f"{part['efficiency']:.1f} ×",
            }
            for part in figures["captures"]
        ],
    }


def _figure_rows(columns: Sequence[Sequence[tuple[str, str]]]) -> list[tuple[str, list[str]]]:
    """Put figures of several choices of points beside one another, but those of `capture_row`."""
    shown = {"occurrences", "area under the rate curve"}
    rows = []
    for row in zip(*columns, strict=True):
        cells = [text for _, text in row]
        if any(cells) and row[0][0] not in shown and not row[0][0].startswith("captured"):
            rows.append((row[0][0], [text or "–" for text in cells]))
    return rows


def _chance(p_value: float) -> str:
    """Say what a p-value means."""
    least = 1 / (1 + N_PLACEMENTS)
    if p_value <= least:
        return (
            f"As many occurrences were placed at random {N_PLACEMENTS:,} times, and never reached "
            f"this area under the curve (p ≤ {least:g})."
        )
    return (
        f"Of {N_PLACEMENTS:,} times that as many occurrences were placed at random, "
        f"{100 * p_value:.2g}% reached this area under the curve or more (p = {p_value:.2g})."
    )


def _against(name: str, other: PairedDifference) -> dict[str, Any]:
    """Give another map as a row of a table: its area under the curve, and what ours has more."""
    gap, uncertainty = other.auc, other.other_curve.uncertainty
    tenth = next(part for part in other.capture_differences if part.area == BEST_AREA)
    return {
        "name": name,
        "n": other.curve.n_occurrences,
        "ours": f"{other.curve.auc:.2f}",
        "theirs": f"{other.other_curve.auc:.2f}",
        "theirs_interval": "" if uncertainty is None else f"{uncertainty.auc:.2f}",
        "gaps": [
            _gap("area under the curve", gap.value, gap.interval, ".2f"),
            _gap("held by the best 10%", tenth.value, tenth.interval, ".0%"),
        ],
        "verdict": other.verdict,
    }


def _gap(name: str, value: float, interval: Interval, form: str) -> dict[str, Any]:
    """Give a difference as text."""
    return {
        "name": name,
        "value": f"{value:+z{form}}",
        "interval": f"{interval:+z{form}}",
        "sure": interval.low > 0 or interval.high < 0,
    }


def _settings(score: Score) -> list[tuple[str, str]]:
    """Tell how the map was scored."""
    kinds = {
        "prediction-rate": "prediction-rate: validation points, which the map was not made with",
        "success-rate": "success-rate: training points, which the map was made with",
    }
    told = [
        ("kind", kinds[score.kind]),
        ("field of labels", score.label or "none: all points are occurrences"),
        ("valid cells of the map", f"{score.figures.n_cells:,}"),
    ]
    if score.leaks is not None and score.leaks.distance is not None:
        whose = ", the range of the evidence's variogram" if score.leaks.is_range else ""
        told.append(("near a training point", f"within {score.leaks.distance:,.0f} m{whose}"))
    return told


def _name(path: str | PathLike[str]) -> str:
    """Name a file without the folders of this machine; an address stands as it is."""
    told = without_secrets(fspath(path))
    return told if "://" in told else Path(told).name
