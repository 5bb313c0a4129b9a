"""Paths of this machine: which there are, and which may be opened."""

from __future__ import annotations

import os
import re


def is_local(path: str) -> bool:
    """Whether a path names a plain file rather than something that only GDAL finds.

    Examples
    --------
    >>> [is_local(path) for path in ("X1.tif", "C:/X1.tif", "/vsizip/X.zip/X1.tif", "s3://b/X1")]
    [True, True, False, False]
    >>> is_local("NETCDF:grids.nc:gravity")
    False
    """
    return not (path.startswith("/vsi") or "://" in path or re.match(r"\w{2,}:", path))


def missing(path: str) -> str | None:
    r"""Say why a path on this machine cannot be read; None for one that can, or lies elsewhere.

    Of pipes and devices reading might never end.

    Examples
    --------
    >>> missing("no-such-file.tif"), missing("/dev/null"), missing(".")
    ('no such file', 'is a pipe or a device, no plain file', None)
    >>> missing("a" * 300), missing("a\0b")
    ('no such file', 'no such file')
    """
    if not is_local(path):
        return None
    if not os.path.exists(path):
        return "no such file"
    plain = os.path.isfile(path) or os.path.isdir(path)
    return None if plain else "is a pipe or a device, no plain file"
