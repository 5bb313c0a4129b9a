"""`geoprospect explain`: why a place scores as it does on a map."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import click

import geoprospect as gp
from geoprospect.cli.options import (
    execution_of,
    execution_options,
    json_option,
    overwrite_option,
)
from geoprospect.cli.tables import print_table, table_of


@click.command("explain", context_settings={"ignore_unknown_options": True})  # −132.5 is a number
@click.argument("folder", type=click.Path(file_okay=False))
@click.argument("place", type=float, nargs=-1, metavar="[EASTING NORTHING]")
@click.option("--points", type=click.Path(), metavar="FILE",
              help="Explain the points of a vector file or table, in any CRS.")  # fmt: skip
@click.option("--crs", metavar="CRS",
              help="CRS of the points, such as EPSG:3578; needed for a table.")  # fmt: skip
@click.option("--project", type=click.Path(), metavar="PROJECT|FOLDER",
              help="Evidence, where FOLDER is a model or its project file has moved.")  # fmt: skip
@click.option("--picture", type=click.Path(dir_okay=False), metavar="FILE.png",
              help="Draw the contributions at the one place as bars.")  # fmt: skip
@click.option("--map", "into_run", is_flag=True,
              help="Map contributions and leading layers into a run's FOLDER.")  # fmt: skip
@click.option("--raster", type=click.Path(), metavar="FILE.tif",
              help="Map them elsewhere: FILE.tif and FILE_leading.tif.")  # fmt: skip
@execution_options
@json_option
@overwrite_option
def explain_command(
    folder: str,
    place: tuple[float, ...],
    *,
    points: str | None,
    project: str | None,
    as_json: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Tell why the place at EASTING NORTHING scores as it does: what each layer contributes.

    FOLDER is the output folder of `geoprospect run`, or a model folder with --project. The place
    is in the CRS of the map. A contribution is the layer's Shapley value on the log-odds of the
    score, against a cell that has the mean of each layer; all of them sum to the difference.
    """
    picture, raster, into_run = options["picture"], options["raster"], options["into_run"]
    execution, resume = execution_of(options), options["resume"]
    _check_usage(place, points, picture, raster, into_run=into_run, project=project)
    read = [("points", points), ("evidence", project)]
    outputs = [picture, *([] if raster is None else [raster, _leading(raster)])]
    for output in filter(None, outputs):
        gp.check_apart([output], [(what, path) for what, path in read if path is not None])
        gp.check_absent(output, overwrite=overwrite)
    model = gp.model_of_run(folder)
    with closing(_evidence(folder, project, model)) as stack, gp.progress_shown() as progress:
        explained: Any = ()
        if points is not None:
            explained = gp.explain_points(model, stack, gp.PointsSource(points, crs=options["crs"]))
        elif place:
            explained = gp.explain(model, stack, *place)
        if picture is not None:
            _draw(picture, explained[0], overwrite=overwrite)
        if raster is not None:
            written: Any = {"execution": execution, "overwrite": overwrite, "resume": resume}
            told = _stage(progress, "contributions")
            gp.write_contributions(model, stack, raster, progress=told, **written)
            told = _stage(progress, "leading layer")
            gp.write_leading_layer(raster, _leading(raster), progress=told, **written)
    if into_run:
        with gp.progress_shown() as progress:
            made = gp.add_product(
                folder, "contributions", gp.NoSettings(), execution=execution,
                overwrite=overwrite, resume=resume, progress=progress,
            )  # fmt: skip
        outputs += [summary.path for summary in made]
    if as_json:
        click.echo(json.dumps([one.to_dict() for one in explained], indent=1))
        return
    for one in explained:
        _print(one, table=points is None)
    for output in filter(None, outputs):
        click.echo(f"written: {output}")


def _check_usage(
    place: tuple[float, ...],
    points: str | None,
    picture: str | None,
    raster: str | None,
    *,
    into_run: bool,
    project: str | None,
) -> None:
    """Refuse options that do not go together."""
    if len(place) not in (0, 2):
        raise click.UsageError("a place is given by EASTING and NORTHING, both")
    if place and points is not None:
        raise click.UsageError("give EASTING and NORTHING, or --points, not both")
    if not place and points is None and raster is None and not into_run:
        raise click.UsageError(
            "give EASTING and NORTHING, --points FILE, --map or --raster FILE.tif"
        )
    if not place and picture is not None:
        raise click.UsageError("--picture shows one place: give EASTING and NORTHING")
    if into_run and project is not None:
        raise click.UsageError("--map writes what belongs to a run: with --project, give --raster")


def _leading(raster: str) -> str:
    """Give the path of the leading layer's raster beside that of the contributions."""
    path = Path(raster)
    return str(path.with_name(f"{path.stem}_leading{path.suffix}"))


def _stage(progress: Any, name: str) -> Any:
    """Report cells done under the name of a stage."""
    return lambda done, total: progress(name, done, total, "cells")


def _draw(picture: str, explained: Any, *, overwrite: bool) -> None:
    """Draw the reasons of a place as bars."""
    bars = [(reason.words, reason.contribution) for reason in explained.reasons]
    place = f"{explained.easting:.12g}, {explained.northing:.12g}"
    title = f"Why {explained.score:.2f} at {place}"
    gp.write_contributions_picture(picture, bars, title=title, overwrite=overwrite)


def _evidence(folder: str, project: str | None, model: Any) -> Any:
    """Open the evidence: that of the run, or that which is named."""
    if project is None:
        return gp.project_of_run(folder).open_evidence(model.preparation)
    if Path(project).suffix == ".toml" or not os.path.isdir(project):
        return gp.Project.load(project).open_evidence(model.preparation)
    return gp.open_evidence(project, preparation=model.preparation)


def _print(explained: Any, *, table: bool) -> None:
    """Print the sentence, and what each layer is and contributes."""
    place = f"{explained.easting:.12g}, {explained.northing:.12g}"
    click.echo(f"{place}: {explained.sentence()}")
    if not table:
        return
    errors = any(reason.error is not None for reason in explained.reasons)
    numbers = ("rank", "value there", "mean", "contribution", *(["error"] if errors else []))
    shown = table_of(["rank", "layer", *numbers[1:]], numbers=numbers)
    for rank, reason in enumerate(explained.reasons, start=1):
        cells = reason.there()
        error = [] if reason.error is None else [f"{reason.error:.2f}"]
        shown.add_row(str(rank), reason.words, *cells, f"{reason.contribution:+.2f}", *error)
    click.echo()
    print_table(shown)
    click.echo(
        f"\nContributions sum to the log-odds of {explained.score:.4f} less those of "
        f"{explained.background_score:.4f},\nwhich a cell with the mean of each layer scores."
    )
