"""`geoprospect score`: what a map says of known occurrences."""

from __future__ import annotations

import json
import logging
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import FiniteRange, json_option, overwrite_option

_LOGGER = logging.getLogger(__name__)


@click.command("score")
@click.argument("map_file", metavar="MAP", type=click.Path(dir_okay=False))
@click.argument("points", type=click.Path())
@click.option(
    "--label", metavar="FIELD", help="Field with 1 for occurrences and 0 for non-occurrences."
)
@click.option(
    "--occurrence-value",
    "occurrence_values",
    multiple=True,
    metavar="VALUE",
    help="Value of that field that means an occurrence, all others being non-occurrences; may be "
    "given several times.",
)
@click.option("--all-occurrences", is_flag=True, help="All points are occurrences.")
@click.option("--where", metavar="SQL", help="Points to take, as in \"commodity = 'Cu'\".")
@click.option(
    "--crs", metavar="CRS", help="CRS of the points, such as EPSG:3578; needed for a table."
)
@click.option("--layer", metavar="NAME", help="Layer of the points, if the file has several.")
@click.option("--x", metavar="COLUMN", help="Column of eastings in a table, if not recognised.")
@click.option("--y", metavar="COLUMN", help="Column of northings in a table, if not recognised.")
@click.option(
    "--training",
    type=click.Path(),
    metavar="FILE",
    help="Points the map was made with, if it does not tell: score without those that repeat one.",
)
@click.option(
    "--training-crs", metavar="CRS", help="CRS of the training points; needed for a table."
)
@click.option(
    "--near",
    type=FiniteRange(min=0, min_open=True),
    metavar="METRES",
    help="Score also without points this near a training point, and take occurrences that lie "
    "together so closely as one. By default the range of the evidence's variogram, if the map "
    "tells it, and shared cells.",
)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(dir_okay=False),
    metavar="OTHER_MAP",
    help="Compare with another map at the same occurrences; may be given several times.",
)
@click.option(
    "--nodata",
    type=float,
    metavar="VALUE",
    help="Value that means no score, where MAP or OTHER_MAP does not declare it.",
)
@click.option(
    "--kind",
    type=click.Choice(["prediction-rate", "success-rate"]),
    default="prediction-rate",
    show_default=True,
    help="prediction-rate for validation points, success-rate for training points.",
)
@click.option("--png", type=click.Path(dir_okay=False), help="Draw the rate curves to this file.")
@click.option(
    "--pictures",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="Draw all measures there: rate curves, prediction-area plot, Boyce index, ROC.",
)
@click.option(
    "--page",
    type=click.Path(dir_okay=False),
    metavar="FILE.html",
    help="Tell it all on one page for any browser, plain words first, which needs nothing beside "
    "it: figures, curves, leaks, settings and checksums.",
)
@json_option
@overwrite_option
def score_command(
    map_file: str,
    points: str,
    *,
    training: str | None,
    training_crs: str | None,
    kind: Any,
    **options: Any,
) -> None:
    """Score the prospectivity MAP at the occurrences, and non-occurrences if any, in POINTS.

    MAP is a raster whose first band holds the scores, POINTS a vector file or a table with
    coordinates. Without --label, the field is the one named occurrence, DEP or label; where no
    field could hold labels, all points are occurrences. A map that geoprospect made tells the
    cells it was trained on; the score to be quoted leaves the points in them out. Brackets hold
    95% intervals.
    """
    png, pictures, page, near, against, as_json, overwrite = map(
        options.pop, ("png", "pictures", "page", "near", "against", "as_json", "overwrite")
    )
    nodata = options.pop("nodata")
    if options.pop("all_occurrences"):
        if options["label"] is not None:
            raise click.UsageError("--all-occurrences and --label contradict each other")
        options["label"] = False
    read = [
        ("the map", map_file),
        ("points", points),
        *([] if training is None else [("training points", training)]),
        *(("another map", other) for other in against),
    ]
    for path in (png, page):
        if path is not None:
            gp.check_apart([path], read)
            gp.check_absent(path, overwrite=overwrite)
    score = gp.score_map(
        gp.RasterBand("prospectivity", map_file, nodata=nodata),
        gp.PointsSource(points, **options),
        kind=kind,
        training=None if training is None else gp.PointsSource(training, crs=training_crs),
        near=near,
        against=[gp.RasterBand("prospectivity", other, nodata=nodata) for other in against],
    )
    if options["label"] is None and score.label is None:
        _LOGGER.warning(
            "no field of %s tells occurrences, so that all %d points count as such. Name "
            "the field by --label FIELD, or confirm by --all-occurrences",
            points,
            score.audit.n_kept,
        )
    if pictures is not None:
        gp.write_score_pictures(pictures, score, overwrite=overwrite)
    if png is not None:
        title = f"{kind.capitalize()} curves"
        gp.write_rate_curves(png, score.curves(), title=title, overwrite=overwrite)
    if page is not None:
        settings = _told(options, nodata)
        gp.write_score_page(page, score, inputs=read, settings=settings, overwrite=overwrite)
    if as_json:
        click.echo(json.dumps(score.to_dict(), indent=1))
        return
    _print_table(score)
    comparisons = [score.prediction_area.sentence(), *(other.sentence() for other in score.against)]
    click.echo("\n".join([*score.lines(), *comparisons, score.sentence()]))


def _told(options: dict[str, Any], nodata: float | None) -> dict[str, str]:
    """Name the options that chose points and scores, for the page."""
    names = {
        "occurrence_values": "values that mean an occurrence",
        "where": "points to take",
        "crs": "CRS of the points",
        "layer": "layer of the points",
    }
    told = {name: options[key] for key, name in names.items() if options[key]}
    values = told.get("values that mean an occurrence")
    if values:
        told["values that mean an occurrence"] = ", ".join(values)
    return told if nodata is None else {**told, "value without a score": f"{nodata:g}"}


def _print_table(score: gp.Score) -> None:
    """Print the figures, a column for each choice of points, those to be quoted first."""
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    columns = score.figures_by_points()
    quoted, _ = score.headline
    order = sorted(columns, key=lambda name: name != quoted)
    table = Table("", *map(score.describe, order), box=box.SIMPLE_HEAD, show_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in zip(*(columns[name].rows() for name in order), strict=True):
        cells = [text for _, text in row]
        if any(cells):
            table.add_row(row[0][0], *(text or "–" for text in cells))
    Console().print(table)
    click.echo()
