"""`geoprospect score`: what a map says of known occurrences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

import geoprospect as gp
from geoprospect.cli.options import json_option, overwrite_option

if TYPE_CHECKING:
    from geoprospect.scoring import CurveKind, Figures, Score


@click.command("score")
@click.argument("map_file", metavar="MAP", type=click.Path(dir_okay=False))
@click.argument("points", type=click.Path())
@click.option("--label", help="Field with 1 for occurrences and 0 for non-occurrences.")
@click.option("--crs", help="CRS of the points, such as EPSG:3578; needed for a table.")
@click.option("--layer", help="Layer of the points, if the file has several.")
@click.option("--x", help="Column of eastings in a table, if not recognised.")
@click.option("--y", help="Column of northings in a table, if not recognised.")
@click.option(
    "--training",
    type=click.Path(),
    help="Points the map was made with, if it does not tell: score without those that repeat one.",
)
@click.option("--training-crs", help="CRS of the training points; needed for a table.")
@click.option(
    "--near",
    type=click.FloatRange(min=0, min_open=True),
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
@json_option
@overwrite_option
def score_command(
    map_file: str,
    points: str,
    *,
    training: str | None,
    training_crs: str | None,
    kind: CurveKind,
    **options: Any,
) -> None:
    """Score the prospectivity MAP at the occurrences, and non-occurrences if any, in POINTS.

    MAP is a raster whose first band holds the scores, POINTS a vector file or a table with
    coordinates. Without --label, the field is the one named occurrence, DEP or label; without
    such a field all points are occurrences. A map that geoprospect made tells the cells it was
    trained on; the score to be quoted leaves the points in them out. Brackets hold 95% intervals.
    """
    png, pictures, near, against, as_json, overwrite = (
        options.pop(name) for name in ("png", "pictures", "near", "against", "as_json", "overwrite")
    )
    if png is not None:
        gp.check_absent(png, overwrite=overwrite)
    score = gp.score_map(
        map_file,
        gp.PointsSource(points, **options),
        kind=kind,
        training=None if training is None else gp.PointsSource(training, crs=training_crs),
        near=near,
        against=against,
    )
    if pictures is not None:
        gp.write_score_pictures(pictures, score, overwrite=overwrite)
    if png is not None:
        title = f"{kind.capitalize()} curves"
        gp.write_rate_curves(png, score.curves(), title=title, overwrite=overwrite)
    if as_json:
        click.echo(json.dumps(score.to_dict(), indent=1))
        return
    _print_table(score)
    comparisons = [score.prediction_area.sentence(), *(one.sentence() for one in score.against)]
    click.echo("\n".join([*score.lines(), *comparisons, score.sentence()]))


def _print_table(score: Score) -> None:
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
    for row in zip(*(_rows(columns[name]) for name in order), strict=True):
        cells = [text for _, text in row]
        if any(cells):
            table.add_row(row[0][0], *(text or "–" for text in cells))
    Console().print(table)
    click.echo()


def _rows(figures: Figures) -> list[tuple[str, str]]:
    """Give the rows of a column, each with its name; an empty text where there is no figure."""
    curve, sure, boyce = figures.curve, figures.uncertainty, figures.boyce.index
    rows = [
        ("occurrences", f"{curve.n_occurrences}"),
        ("non-occurrences", f"{figures.n_non_occurrences}"),
        ("area under the rate curve", f"{curve.auc:.3f} ({sure.auc:.2f})"),
        ("p against random placement", f"{sure.p_value:.2g}"),
    ]
    for held in sure.captures:
        share = f"{held.captured:.0%} ({held.interval:.0%}), ×{held.efficiency:.1f}"
        rows.append((f"held by the best {held.area:.0%}, efficiency", share))
    for part in (0.5, 0.8, 0.9):
        rows.append((f"area that holds {part:.0%}", f"{curve.area_holding(part):.1%}"))
    rows.append(("continuous Boyce index", "" if boyce is None else f"{boyce:.2f}"))
    told = figures.classification
    for name, value in (
        ("area under the ROC curve", told and told.roc_auc),
        ("average precision", told and told.average_precision),
        ("Brier score", told and told.brier),
        ("log loss", told and told.log_loss),
    ):
        rows.append((name, "" if value is None else f"{value:.3f}"))
    for key, what in (
        ("tp", "occurrences from 0.5 on"),
        ("fn", "occurrences below 0.5"),
        ("fp", "non-occurrences from 0.5 on"),
        ("tn", "non-occurrences below 0.5"),
    ):
        rows.append((f"{what} ({key})", str((figures.confusion or {}).get(key, ""))))
    return rows
