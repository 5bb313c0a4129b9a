"""Addresses of rasters: which lie across a network or in an archive, and what may be shown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs

_NETWORK = re.compile(
    r"/vsi(curl|s3|gs|az|adls|oss|swift|webhdfs)(_streaming)?[/?]|\b(https?|ftp|s3|gs|az|oss)://"
)
_ARCHIVED = re.compile(
    r"(?:zip|tar)\+([^!]+)!|/vsi(?:zip|tar)/(?:\{(.+)\}|(.+?\.(?:zip|tar|tgz|tar\.gz))(?=/|$))"
)
_END = r"(?=[:.,;)]*(?:[\s\"'<>]|$))"


def is_remote(path: str) -> bool:
    """Whether GDAL reads a path over a network.

    Examples
    --------
    >>> [is_remote(path) for path in ("X1.tif", "/vsizip/X.zip/X1.tif", "zip://X.zip!X1.tif")]
    [False, False, False]
    >>> [is_remote(path) for path in ("https://a.org/X1.tif", "s3://a/X1.tif", "/vsis3/a/X1.tif")]
    [True, True, True]
    >>> is_remote("zip+https://a.org/X.zip!X1.tif"), is_remote("/vsicurl/http://a.org/X1.tif")
    (True, True)
    """
    return _NETWORK.search(path) is not None


def archive_of(path: str) -> str | None:
    """Give the archive that a remote raster lies in, as a path that GDAL reads, or None.

    Examples
    --------
    >>> archive_of("zip+https://a.org/X.zip!X1.tif"), archive_of("/vsizip/vsis3/a/X.zip/X1.tif")
    ('https://a.org/X.zip', '/vsis3/a/X.zip')
    """
    match = _ARCHIVED.match(path)
    if match is None:
        return None
    archive = next(group for group in match.groups() if group)
    return f"/{archive}" if archive.startswith("vsi") else archive


def without_secrets(text: str) -> str:
    """Cut passwords and query strings, which may be signatures, from the addresses in a text.

    Examples
    --------
    >>> without_secrets("https://user:word@a.org/X1.tif?sv=2&sig=6Fo: layer X1: no band 2")
    'https://a.org/X1.tif?…: layer X1: no band 2'
    >>> without_secrets("/vsicurl?header.Authorization=Bearer%20x&url=https%3A%2F%2Fa.org%2FX1.tif")
    '/vsicurl/https://a.org/X1.tif'
    """
    text = re.sub(rf"/vsicurl\?([^\s\"'<>]*?){_END}", _plain_address, text)
    text = re.sub(r"://[^/\s\"'<>]*@", "://", text)
    return re.sub(rf"((?:://|/vsi)[^\s\"'<>?]*)\?[^\s\"'<>]*?{_END}", r"\1?…", text)


def stem_of(path: str) -> str:
    """Give the name of a file without its suffix, nor the query string of its address.

    Examples
    --------
    >>> stem_of("data/X1.tif"), stem_of("zip+https://a.org/X.zip!inside/X1.tif?sig=6Fo")
    ('X1', 'X1')
    """
    name = without_secrets(path).removesuffix("?…")
    return Path(name.rpartition("!")[2] if "://" in name else name).stem


def _plain_address(match: re.Match[str]) -> str:
    """Give the address in the parameters of a ``/vsicurl?…`` path."""
    return "/vsicurl/" + "".join(parse_qs(match[1]).get("url", ["…"]))
