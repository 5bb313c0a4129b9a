"""The plugin for QGIS, written as a file."""

from __future__ import annotations

from pathlib import Path

from geoprospect import __version__
from geoprospect.errors import OutputError
from geoprospect.output import replacing
from geoprospect.qgis.pluginarchive import plugin_archive
from geoprospect.typing import StrPath


def write_qgis_plugin(path: StrPath, *, overwrite: bool = False) -> Path:
    """Write the plugin for QGIS, which its plugin manager installs from this zip.

    Parameters
    ----------
    path : path-like
        The file to write, whose name ends in .zip.
    overwrite : bool
        Whether an existing one is replaced.

    Raises
    ------
    OutputError
        If the name does not end so, or the file exists already or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_qgis_plugin(Path(folder) / "geoprospect.zip").name
    'geoprospect.zip'
    """
    path = Path(path)
    if path.suffix.lower() != ".zip":
        raise OutputError(
            "the plugin is a zip", path=path, mend=f"name it {path.with_suffix('.zip').name}"
        )
    with replacing(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(plugin_archive(__version__))
    return path
