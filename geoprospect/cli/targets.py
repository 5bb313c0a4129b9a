"""`geoprospect targets`: where to go first, on the map of a run or any other."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import FiniteRange, json_option, overwrite_option
from geoprospect.cli.tables import print_table, table_of

_NAMES = (
    "threshold", "share", "deposits", "smooth", "smallest", "simplify", "number", "apart",
    "roads", "claims", "formats",
)  # fmt: skip


class _Threshold(click.ParamType):  # type: ignore[type-arg]  # of click 8.1, it takes none
    """A score, or the crossing."""

    name = "threshold"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take `crossing` as it is, and anything else as a number."""
        number = FiniteRange()
        number.name = self.name  # as an error calls it
        return value if value == "crossing" else number.convert(value, param, ctx)


def _which_cells(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add how cells are taken, and what becomes of them."""
    for option in reversed((
        click.option("--threshold", type=_Threshold(), metavar="SCORE|crossing",
                     help="Take cells from this score on; or from where the prediction-area curves "
                     "of the run cross."),
        click.option("--share", type=FiniteRange(0, 1, min_open=True), metavar="SHARE",
                     help="Take the best cells that hold this share of the area; 0.02 by default."),
        click.option("--deposits", type=FiniteRange(0, 1, min_open=True), metavar="SHARE",
                     help="Take those that hold this share of the expected deposits."),
        click.option("--smooth", type=FiniteRange(0, 1000), metavar="CELLS",
                     help="Hold a Gaussian mean of the scores, of this standard deviation "
                     "in cells, against the threshold."),
        click.option("--smallest", type=FiniteRange(0), metavar="KM2",
                     help="Leave out targets of less ground, in km²; by default, of less than a "
                     "hundredth of the ground taken. With 0, none."),
        click.option("--simplify", type=FiniteRange(0), metavar="CELLS",
                     help="Let outlines leave the edges of cells by so many cells."),
        click.option("--number", type=click.IntRange(1, 10_000), metavar="TARGETS",
                     help="Targets on the shortlist; 10 by default."),
        click.option("--apart", type=FiniteRange(0), metavar="KM",
                     help="Keep those on the shortlist so many km apart."),
        click.option("--roads", type=click.Path(), metavar="FILE",
                     help="Tell the distance to the nearest road."),
        click.option("--claims", type=click.Path(), metavar="FILE",
                     help="Tell the distance to the nearest claim."),
        click.option("--format", "formats", multiple=True,
                     type=click.Choice(["geojson", "shp", "csv", "kml"]),
                     help="Write this format too, beside the GeoPackage."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.command("targets")
@click.argument("source", type=click.Path(), metavar="FOLDER|MAP.tif")
@_which_cells
@click.option("--known", type=click.Path(), metavar="FILE",
              help="Known occurrences, beside MAP.tif; those of a run are known.")  # fmt: skip
@click.option("--crs", metavar="CRS",
              help="CRS of the known occurrences, such as EPSG:3578; needed for a "
              "table.")  # fmt: skip
@click.option("--probabilities", is_flag=True,
              help="The values of MAP.tif are probabilities of a deposit in a cell.")  # fmt: skip
@click.option("--output", type=click.Path(dir_okay=False), metavar="FILE.gpkg",
              help="Write the targets of MAP.tif there.")  # fmt: skip
@json_option
@overwrite_option
def targets_command(
    source: str,
    *,
    known: str | None,
    crs: str | None,
    probabilities: bool,
    output: str | None,
    as_json: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Tell where to go first: the best cells as polygons, ranked, with what is known of each.

    FOLDER is the output folder of `geoprospect run`, which receives targets.gpkg; MAP.tif any
    raster of scores or probabilities. Targets are ranked by the deposits expected per km² where
    the map is calibrated, else by their mean score above the threshold.
    """
    given = {name: options[name] for name in _NAMES if options[name] not in (None, ())}
    settings = gp.TargetSettings(**given)
    of_run = os.path.isdir(source)
    if of_run and (known or crs or probabilities or output):
        raise click.UsageError("--known, --crs, --probabilities and --output go with MAP.tif")
    written: str | None = str(Path(source, "targets.gpkg"))
    with gp.progress_shown() as progress:
        if of_run:
            targets = gp.add_product(
                source, "targets", settings, overwrite=overwrite, progress=progress
            )
        else:
            occurrences = () if known is None else (gp.PointsSource(known, crs=crs),)
            targets, written = _of_map(
                source, settings, occurrences, output, progress,
                probabilities=probabilities, overwrite=overwrite,
            )  # fmt: skip
    if as_json:
        click.echo(json.dumps(targets.to_dict(), indent=1))
        return
    _print(targets)
    if written:
        click.echo(f"written: {written}")


def _of_map(
    source: str,
    settings: gp.TargetSettings,
    occurrences: tuple[gp.PointsSource, ...],
    output: str | None,
    progress: Any,
    *,
    probabilities: bool,
    overwrite: bool,
) -> tuple[Any, str | None]:
    """Find the targets of a raster, and write them if that is asked for."""
    if output is None and settings.formats:
        raise click.UsageError("--format goes with --output FILE.gpkg")
    if output is not None:
        read = [("the map", source), *settings.neighbours()]
        read += [("known occurrences", os.fspath(x.path)) for x in occurrences]
        gp.check_apart([output], read)
        gp.check_targets_absent(output, settings.formats, overwrite=overwrite)
    targets = gp.find_targets(
        gp.layers_of_map(source, probabilities=probabilities),
        settings,
        gp.TargetKnowledge(occurrences),
        progress=lambda done, total: progress("targets", done, total, "cells"),
    )
    if output is not None:
        gp.write_targets(targets, output, settings.formats, overwrite=overwrite)
    return targets, output


def _print(targets: Any) -> None:
    """Print the shortlist, its reasons below, and what was found."""
    shown = targets.shortlist
    heads: dict[str, Callable[[Any], str]] = {
        "rank": lambda t: str(t.rank),
        "ground": lambda t: t.ground,
        "km²": lambda t: f"{t.area_km2:.4g}",
        "score": lambda t: f"{t.max_score:.2f}",
        "mean": lambda t: f"{t.mean_score:.2f}",
        "deposits": _deposits,
        "inside": lambda t: "" if t.inside_aoa is None else f"{t.inside_aoa:.0%}",
        "km to known": lambda t: _km(t.km_known),
        "to road": lambda t: _km(t.km_roads),
        "to claim": lambda t: _km(t.km_claims),
        "longitude": lambda t: f"{t.longitude:.4f}",
        "latitude": lambda t: f"{t.latitude:.4f}",
    }
    told = {head: [cell(t) for t in shown] for head, cell in heads.items()}
    told = {head: cells for head, cells in told.items() if any(cells)}
    table = table_of(told, numbers=[head for head in told if head != "ground"])
    for row in zip(*told.values(), strict=True):
        table.add_row(*row)
    print_table(table)
    click.echo()
    for target in shown:
        if target.reasons is not None:
            click.echo(f"{target.rank}: {target.reasons}")
    click.echo("\n".join(targets.lines()))


def _deposits(target: Any) -> str:
    """Write expected deposits with the interval of their number."""
    if target.deposits is None:
        return ""
    return f"{target.deposits:.2g} ({target.dep_low:.0f}–{target.dep_high:.0f})"


def _km(distance: float | None) -> str:
    """Write a distance, if there is one."""
    return "" if distance is None else f"{distance:.1f}"
