"""The plugin for QGIS as the zip that its plugin manager installs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

NAME = "geoprospect_qgis"
"""The folder of the plugin in the zip, and among those of QGIS."""

_SOURCE = Path(__file__).parent / "plugin"
_WRITTEN = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can tell, for equal bytes
_MODE = 0o100644 << 16  # a plain file that all may read


def plugin_archive(version: str) -> bytes:
    """Give the bytes of the zip; the same for the same version.

    Parameters
    ----------
    version : str
        The version that the plugin manager shows.

    Examples
    --------
    >>> archive = zipfile.ZipFile(io.BytesIO(plugin_archive("1.2")))
    >>> "version=1.2" in archive.read("geoprospect_qgis/metadata.txt").decode()
    True
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((_SOURCE / NAME).rglob("*.*")):
            if path.suffix == ".pyc":
                continue
            content = path.read_bytes()
            if path.name == "metadata.txt":
                content = content.replace(b"{version}", version.encode())
            entry = zipfile.ZipInfo(path.relative_to(_SOURCE).as_posix(), _WRITTEN)
            entry.external_attr, entry.compress_type = _MODE, zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose modes these are
            archive.writestr(entry, content)
    return stream.getvalue()
