"""`geoprospect train`: evidence and points in, a model folder out."""

from __future__ import annotations

from pathlib import Path

import click

import geoprospect as gp
from geoprospect.cli.options import overwrite_option, quick_option


@click.command("train")
@click.argument("project", type=click.Path(dir_okay=False), required=False)
@click.option("--output", type=click.Path(), metavar="DIRECTORY",
              help="Model folder [default: <folder>/model].")  # fmt: skip
@click.option(
    "--weights",
    type=click.Path(dir_okay=False),
    help="Train nothing: make a model of this network, a Keras .h5 or .keras file.",
)
@click.option(
    "--components",
    type=click.Path(dir_okay=False),
    help="The components that the network of --weights takes, as JSON.",
)
@quick_option
@overwrite_option
def train_command(
    project: str | None,
    *,
    output: str | None,
    weights: str | None,
    components: str | None,
    quick: bool,
    overwrite: bool,
) -> None:
    """Train the model of the PROJECT file and write it as a folder.

    With --weights and --components no PROJECT is needed; `geoprospect reproduce` writes the
    components of the published study.
    """
    if (weights is None) != (components is None):
        raise click.UsageError("--weights and --components go together.")
    if weights is not None and components is not None:
        if project is not None:
            raise click.UsageError("--weights makes a model without a PROJECT.")
        folder = Path(output or "model")
        gp.check_model_absent(folder, overwrite=overwrite)
        model = gp.model_from_weights(weights, components)
        model.save(folder, overwrite=overwrite)
    elif project is None:
        raise click.UsageError("Missing argument 'PROJECT'.")
    else:
        loaded = gp.Project.load(project)
        folder = Path(output) if output else loaded.folder / "model"
        gp.check_model_absent(folder, overwrite=overwrite)
        with gp.progress_shown() as progress:
            model = gp.train(loaded.quick if quick else loaded, progress=progress)
        model.save(folder, overwrite=overwrite)
    plural = "" if len(model.members) == 1 else "s"
    click.echo(f"{folder}: {len(model.members)} network{plural} over {', '.join(model.names)}")
