"""Methods compared at points held out, as files: a page, JSON and a GeoPackage."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprospect.crossval import Comparison, HeldOutScores
from geoprospect.crossval.figures import FIGURES, Figure
from geoprospect.crossval.pictures import draw_figures, draw_folds
from geoprospect.errors import without_secrets
from geoprospect.grid import describe_crs, vector_crs
from geoprospect.intervals import Difference
from geoprospect.report.files import Content, check_files_absent, write_files
from geoprospect.report.page import render_page
from geoprospect.report.style import svg_uri

_SHORT: dict[Figure, str] = {
    "rate_area": "prediction-rate area",
    "auc": "ROC area",
    "average_precision": "precision",
}
FILES = ("crossval.json", "crossval.html", "held_out.gpkg")


def check_comparison_absent(
    folder: str | PathLike[str],
    *,
    overwrite: bool,
    inputs: Sequence[tuple[str, str | PathLike[str]]] = (),
) -> None:
    """Refuse a folder that holds a file which `write_comparison` would write, or an input.

    Raises
    ------
    OutputError
        If one exists and `overwrite` is false, or would replace one of the inputs: what is read,
        each with what it is before its path, as `Project.inputs` lists them.
    """
    check_files_absent(FILES, folder, overwrite=overwrite, inputs=inputs)


def write_comparison(
    comparison: Comparison,
    folder: str | PathLike[str],
    *,
    overwrite: bool = False,
    finish: Callable[[Path], None] | None = None,
) -> tuple[str, ...]:
    """Write a comparison as JSON, a page and a GeoPackage of the points held out.

    Parameters
    ----------
    comparison : Comparison
        What was compared.
    folder : path-like
        Where `crossval.json` (see `Comparison.to_dict`), `crossval.html` and `held_out.gpkg`
        (see `held_out_cells` and `held_out_repeats`, a layer each) go.
    overwrite : bool
        Whether existing files are replaced.
    finish : callable, optional
        Called with the path of the GeoPackage before it takes its place.

    Returns
    -------
    tuple of str
        The files written.

    Raises
    ------
    OutputError
        If a file exists already or cannot be written.
    """
    held_out = {"cells": held_out_cells(comparison), "repeats": held_out_repeats(comparison)}
    contents: dict[str, Content] = {
        "crossval.json": json.dumps(comparison.to_dict(), indent=1) + "\n",
        "crossval.html": page(comparison),
        "held_out.gpkg": held_out if finish is None else (held_out, finish),
    }
    write_files(contents, folder, overwrite=overwrite)
    return tuple(str(Path(folder) / name) for name in FILES)


def held_out_cells(comparison: Comparison) -> gpd.GeoDataFrame:
    """Give a point for each cell: what each method says of it when it is held out.

    Returns
    -------
    geopandas.GeoDataFrame
        `row` in the file of points; `occurrence`; `fold_1`, `fold_2`, … of each repeat, counted
        from 1; and for each method its mean score over the repeats, under its name, the standard
        deviation over members and repeats, `…_spread`, and how wrongly it ranks the point,
        `…_error`, from 0 to 1: see `HeldOutScores.error`.
    """
    samples = comparison.samples
    folds, _ = comparison.splits
    table: dict[str, Any] = {"row": samples.source, "occurrence": samples.label}
    table |= {f"fold_{repeat}": fold + 1 for repeat, fold in enumerate(folds, start=1)}
    for result in comparison.results:
        name = field_of(result)
        table[name] = result.scores.mean(axis=0)
        table[f"{name}_spread"] = result.total_spread()
        table[f"{name}_error"] = result.error(samples.label)
    return _points(comparison, pd.DataFrame(table))


def held_out_repeats(comparison: Comparison) -> gpd.GeoDataFrame:
    """Give a point for each cell and repeat.

    Returns
    -------
    geopandas.GeoDataFrame
        `row`; `occurrence`; `repeat` and `fold`, counted from 1; and for each method the mean
        over its members, under its name, and their standard deviation, `…_spread`.
    """
    samples = comparison.samples
    folds, _ = comparison.splits
    n = len(folds)
    table: dict[str, Any] = {
        "row": np.tile(samples.source, n),
        "occurrence": np.tile(samples.label, n),
        "repeat": np.repeat(np.arange(1, n + 1), len(samples)),
        "fold": folds.ravel() + 1,
    }
    for result in comparison.results:
        table[field_of(result)] = result.scores.ravel()
        table[f"{field_of(result)}_spread"] = result.spread.ravel()
    return _points(comparison, pd.DataFrame(table))


def page(comparison: Comparison) -> str:
    """Give the HTML page: what the folds were, the figures, and where the points lie.

    Its pictures lie in the page itself; it loads nothing.
    """
    folds, rows = comparison.splits
    label = comparison.samples.label
    names = comparison.fold_names
    return render_page(
        "geoprospect.crossval",
        "crossval.html",
        comparison=comparison,
        facts=_facts(comparison),
        verdict=_verdict(comparison),
        rows=[_row(comparison, result) for result in comparison.results],
        gains=[
            {
                "layers": gain.layers,
                "method": gain.method,
                "figures": [
                    (
                        f"{gain.mean[figure]:.3f}",
                        f"{gain.interval[figure]:.3f}",
                        _gap(gain.gained[figure]),
                    )
                    for figure in comparison.figures
                ],
            }
            for gain in comparison.gains
        ],
        folds=[
            {
                "name": name,
                "held_out": int((folds[0] == fold).sum()),
                "occurrences": int(label[folds[0] == fold].sum()),
                "learned": int(rows[fold].sum()),
                "learned_occurrences": int(label[rows[fold]].sum()),
            }
            for fold, name in enumerate(names)
        ],
        pictures={
            "figures": [
                (FIGURES[figure], svg_uri(draw_figures(comparison, [figure])))
                for figure in comparison.figures
            ],
            "folds": svg_uri(draw_folds(comparison)),
        },
    )


def _facts(comparison: Comparison) -> dict[str, Any]:
    """Say in words what was compared, and how."""
    samples, scheme = comparison.samples, comparison.scheme
    n, n_occurrences = comparison.n_cells, comparison.n_occurrences
    n_clusters = comparison.bootstrap.n_clusters
    clusters = f"{n_clusters} clusters of points no wider than {comparison.near / 1000:.3g} km are"
    return {
        "folds": scheme.sentence(),
        "points": f"{n} cells with points: {n_occurrences} with an occurrence, "
        f"{n - n_occurrences} without.",
        "repeats": f"{scheme.repeats} repeats" if scheme.repeats > 1 else "one repeat",
        "share": n_occurrences / n,
        "clusters": clusters if comparison.near else "points are",
        "source": _file(samples.path),
        "crs": describe_crs(samples.grid.crs),
        "figures": [FIGURES[figure] for figure in comparison.figures],
        "gaps": [_SHORT[figure] for figure in comparison.figures[:2]],
    }


def _verdict(comparison: Comparison) -> list[str]:
    """Say in plain words which method did best, and whether that is sure."""
    best, headline = comparison.best, comparison.headline
    name, value = FIGURES[headline], float(getattr(best, headline).mean())
    found = f"{value:.2f} ({comparison.interval(best, headline):.2f})"
    tried = len(comparison.methods)
    did = f"of {tried} methods, {best.method} did best" if tried > 1 else f"{best.method} was tried"
    lines = [
        f"On ground that it had not seen, {did}: an {name} of {found}, where 0.5 is chance and 1 "
        "is perfect."
    ]
    gap = comparison.difference(best, comparison.null, headline)
    if gap.interval.low > 0:
        lines.append(
            "That is surely more than a method has that knows nothing but where points lie: the "
            "layers tell something of the deposits."
        )
    else:
        lines.append(
            "That is not surely more than a method has that knows nothing but where points lie: "
            "what it found may be where deposits cluster, and no geology."
        )
    others = [result for result in comparison.methods if result is not best]
    if others:
        second = max(others, key=lambda result: float(getattr(result, headline).mean()))
        gap = comparison.difference(best, second, headline)
        sure = gap.interval.low > 0
        lines.append(
            f"It is {'surely' if sure else 'not surely'} better than the next, {second.method}"
            + ("." if sure else ": the points do not tell the two apart.")
        )
    return lines


def _file(path: str) -> str:
    """Name a file without the folders of this machine; an address stands as it is."""
    told = without_secrets(path)
    return told if "://" in told else Path(told).name


def _row(comparison: Comparison, result: HeldOutScores) -> dict[str, Any]:
    """Give a row of the table as text."""
    values = {figure: getattr(result, figure) for figure in comparison.figures}
    row: dict[str, Any] = {
        "method": result.method,
        "null": result is comparison.null,
        "best": result is comparison.best,
        "figures": [
            {
                "mean": f"{values[figure].mean():.3f}",
                "interval": f"{comparison.interval(result, figure):.3f}",
                "range": f"{values[figure].min():.3f}–{values[figure].max():.3f}",
            }
            for figure in comparison.figures
        ],
        "against": [],
    }
    for other in (comparison.null, comparison.best):
        for figure in comparison.figures[:2]:
            if other is result:
                row["against"].append(None)
                continue
            gap = comparison.difference(result, other, figure)
            row["against"].append(_gap(gap))
    return row


def _gap(gap: Difference) -> dict[str, Any]:
    """Give a difference as text."""
    return {
        "value": f"{gap.value:+z.3f}",
        "interval": f"{gap.interval:+z.3f}",
        "sure": gap.interval.low > 0 or gap.interval.high < 0,
    }


def field_of(result: HeldOutScores) -> str:
    """Give the field of a method's scores."""
    return result.method.replace(" ", "_").replace("-", "_")


def _points(comparison: Comparison, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put a table of all repeats, or of one, at the centres of the cells."""
    samples = comparison.samples
    repeats = len(table) // len(samples)
    places = gpd.points_from_xy(
        np.tile(samples.easting, repeats), np.tile(samples.northing, repeats)
    )
    crs = samples.grid.crs
    return gpd.GeoDataFrame(table, geometry=places, crs=crs.to_wkt()).to_crs(vector_crs(crs))
