"""`geoprospect train`: evidence and points in, a model folder out."""

from __future__ import annotations

from pathlib import Path

import click

from geoprospect.cli.options import overwrite_option, project_argument
from geoprospect.cli.progress import progress_shown


@click.command("train")
@project_argument
@click.option("--output", type=click.Path(), help="Model folder [default: <folder>/model].")
@overwrite_option
def train_command(project: str, output: str | None, overwrite: bool) -> None:
    """Train the model of the PROJECT file and write it as a folder."""
    from geoprospect.output import check_absent  # noqa: PLC0415
    from geoprospect.pipeline import train_model  # noqa: PLC0415
    from geoprospect.project import Project  # noqa: PLC0415

    loaded = Project.load(project)
    folder = Path(output) if output else loaded.folder / "model"
    check_absent(folder, overwrite=overwrite)
    with loaded.open_evidence() as stack:
        with progress_shown() as progress:
            model = train_model(
                loaded, stack, progress=progress, say=lambda line: click.echo(line, err=True)
            )
        model.save(folder, overwrite=overwrite)
    click.echo(f"{folder}: {len(model.members)} networks over {', '.join(model.names)}")
