"""`geoprospect score`: what a map says of known occurrences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from geoprospect.cli.options import json_option, overwrite_option

if TYPE_CHECKING:
    from geoprospect.scoring import CurveKind, Figures


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
    help="Points the map was made with: score with and without points in their cells.",
)
@click.option("--training-crs", help="CRS of the training points; needed for a table.")
@click.option(
    "--kind",
    type=click.Choice(["prediction-rate", "success-rate"]),
    default="prediction-rate",
    show_default=True,
    help="prediction-rate for validation points, success-rate for training points.",
)
@click.option("--png", type=click.Path(dir_okay=False), help="Draw the rate curve to this file.")
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
    such a field all points are occurrences.
    """
    from geoprospect.output import check_absent  # noqa: PLC0415
    from geoprospect.scoring import PointsSource, score_map  # noqa: PLC0415

    png, as_json, overwrite = (options.pop(name) for name in ("png", "as_json", "overwrite"))
    if png is not None:
        check_absent(png, overwrite=overwrite)
    score = score_map(
        map_file,
        PointsSource(points, **options),
        kind=kind,
        training=None if training is None else PointsSource(training, crs=training_crs),
    )
    if png is not None:
        from geoprospect.report.curves import write_rate_curves  # noqa: PLC0415

        curves = {f"{score.role} occurrences": score.curve}
        if score.figures_without_repeats is not None:
            curves["those off training cells"] = score.figures_without_repeats.curve
        write_rate_curves(png, curves, title=f"{kind.capitalize()} curve", overwrite=overwrite)
    if as_json:
        click.echo(json.dumps(score.to_dict(), indent=1))
        return
    columns = {f"{score.role} points": score.figures}
    if score.figures_without_repeats is not None:
        columns["off training cells"] = score.figures_without_repeats
    _print_table(columns)
    click.echo("\n".join([*score.lines(), score.sentence()]))


def _print_table(columns: dict[str, Figures]) -> None:
    """Print the figures, a column for each choice of points."""
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("", *columns, box=box.SIMPLE_HEAD, show_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in zip(*map(_rows, columns.values()), strict=True):
        cells = [text for _, text in row]
        if any(cells):
            table.add_row(row[0][0], *(text or "–" for text in cells))
    Console().print(table)
    click.echo()


def _rows(figures: Figures) -> list[tuple[str, str]]:
    """Give the rows of a column, each with its name; an empty text where there is no figure."""
    content = figures.to_dict()
    rows = [
        ("occurrences", f"{content['n_occurrences']}"),
        ("non-occurrences", f"{content['n_non_occurrences']}"),
        ("area under the rate curve", f"{content['auc']:.3f}"),
        ("held by the best 10% of the area", f"{content['captured_in_best_tenth']:.1%}"),
    ]
    for held, area in content["area_holding"].items():
        rows.append((f"area that holds {held}", f"{area:.1%}"))
    roc_auc, confusion = content["roc_auc"], content["confusion"] or {}
    rows.append(("area under the ROC curve", "" if roc_auc is None else f"{roc_auc:.3f}"))
    for key, what in (
        ("tp", "occurrences from 0.5 on"),
        ("fn", "occurrences below 0.5"),
        ("fp", "non-occurrences from 0.5 on"),
        ("tn", "non-occurrences below 0.5"),
    ):
        rows.append((f"{what} ({key})", str(confusion.get(key, ""))))
    return rows
