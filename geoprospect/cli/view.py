"""`geoprospect view`: a run in the browser, beside its evidence."""

from __future__ import annotations

import webbrowser

import click

import geoprospect as gp


@click.command("view")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="PORT",
              help="Where to listen; by default a free port.")  # fmt: skip
@click.option("--browser/--no-browser", default=True, help="Whether to open a browser.")
def view_command(folder: str, port: int, browser: bool) -> None:
    """Show a finished run's FOLDER in the browser, with its evidence, however large.

    Rasters are read where one looks, by a server for this machine alone; Ctrl-C ends it. It needs
    `pip install "geoprospect[view]"`.
    """
    with gp.serve(folder, port=port) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        click.echo(f"Open {address} in a browser; Ctrl-C ends it.")
        if browser:
            webbrowser.open(address)
        server.serve_forever()
