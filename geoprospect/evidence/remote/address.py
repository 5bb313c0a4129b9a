"""Addresses of rasters: which lie across a network or in an archive."""

from __future__ import annotations

import re
from pathlib import Path

from geoprospect.errors import without_secrets

_NETWORK = re.compile(
    r"/vsi(curl|s3|gs|az|adls|oss|swift|webhdfs)(_streaming)?[/?]|\b(https?|ftp|s3|gs|az|oss)://"
)
# Addresses in names of namespaces are asked for nothing.
_CITED_SERVER = re.compile(rf">\s*(?:[\w+]*|/vsi[^<]*)(?:{_NETWORK.pattern})")
_CITED = re.compile(r"<Source(?:Filename|Dataset)[^>]*>([^<]+)</")
_NESTED, _CITED_MOST, _LONGEST_TEXT = 4, 1000, 2**26
_ARCHIVED = re.compile(
    r"(?:zip|tar)\+([^!]+)!|/vsi(?:zip|tar)/(?:\{(.+)\}|(.+?\.(?:zip|tar|tgz|tar\.gz))(?=/|$))"
)


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


def asks_servers(path: str) -> bool:
    """Whether reading a path asks a server: an address, or a virtual raster here that cites one.

    Examples
    --------
    >>> asks_servers("https://a.org/X1.tif"), asks_servers("X1.tif")
    (True, False)
    """
    return is_remote(path) or _citing(Path(path), _NESTED) is not None


def nested_virtual(path: str) -> str | None:
    """Give the virtual raster through which one here asks a server; None where it asks itself."""
    home = Path(path)
    citing = None if is_remote(path) else _citing(home, _NESTED)
    if citing is None:
        return None
    if citing != home:
        return str(citing)
    sources = (name.strip() for name in _CITED.findall(home.read_text(errors="replace")))
    return next((name for name in sources if name.lower().endswith(".vrt")), None)


def _citing(path: Path, depth: int) -> Path | None:
    """Give a file of XML here that holds an address: this one, or one that it cites."""
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST_TEXT:
            return None
        with path.open("rb") as stream:
            if stream.read(1) != b"<":
                return None
            text = "<" + stream.read().decode("utf-8", "replace")
    except (OSError, ValueError):
        return None
    if _CITED_SERVER.search(text):
        return path
    others = sorted({path.parent / name.strip() for name in _CITED.findall(text)})[:_CITED_MOST]
    found = (_citing(other, depth - 1) for other in others if depth)
    return next((citing for citing in found if citing is not None), None)


def server_of(path: str) -> str:
    """Give the server that a path names, or the path itself where it names none.

    Examples
    --------
    >>> server_of("zip+https://a.org/X.zip!X1.tif"), server_of("/vsis3/bucket/X1.tif")
    ('https://a.org', '/vsis3/bucket/X1.tif')
    """
    match = re.search(r"\w+://[^/?]+", path.partition("zip+")[2] or path)
    return match[0] if match else path


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


def stem_of(path: str) -> str:
    """Give the name of a file without its suffix, nor the query string of its address.

    Examples
    --------
    >>> stem_of("data/X1.tif"), stem_of("zip+https://a.org/X.zip!inside/X1.tif?sig=6Fo")
    ('X1', 'X1')
    """
    name = without_secrets(path).removesuffix("?…")
    return Path(name.rpartition("!")[2] if "://" in name else name).stem
