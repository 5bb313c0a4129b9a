"""What GDAL says when a raster cannot be read over a network, and what to do about it."""

from __future__ import annotations

import re
from http import HTTPStatus

from geoprospect.errors import RemoteError

_STATUS = re.compile(r"HTTP (?:response|error) code ?: (\d{3})")
_AGAIN = "try again later, or with more patience: GDAL_HTTP_MAX_RETRY, GDAL_HTTP_RETRY_DELAY"


def failure(error: Exception, *, path: str, layer: str | None) -> RemoteError:
    """Turn an error in reading a raster over a network into one that says what to do.

    Parameters
    ----------
    error : Exception
        As rasterio raised it.
    path : str
        The raster.
    layer : str or None
        The layer's name.

    Returns
    -------
    RemoteError
        It tells the address without its secrets.

    Examples
    --------
    >>> error = OSError("HTTP response code: 404")
    >>> print(failure(error, path="s3://a/X1.tif", layer="X1"))
    s3://a/X1.tif: layer X1: the server holds no such file (found HTTP status 404, Not Found). \
To mend it: correct the address
    """
    return RemoteError(path=path, layer=layer, **explained(error, what="a raster"))


def explained(error: Exception, *, what: str) -> dict[str, str]:
    """Explain an error in reading a file over a network: the problem, what was found, a mend.

    Parameters
    ----------
    error : Exception
        As the library raised it.
    what : str
        What the file should be: `a raster`.

    Examples
    --------
    >>> explained(OSError("CURL error: Empty reply from server"), what="a raster")["problem"]
    'the server does not answer as it should'
    """
    message, status = gdals_message(error), http_status(error)
    shown = message
    if status is not None:
        phrase = f", {status.phrase}" if isinstance(status, HTTPStatus) else ""
        shown = f"HTTP status {int(status)}{phrase}"
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE) or "does not exist" in message:
        problem, mend = "the server holds no such file", "correct the address"
    elif status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        problem = "the server denies access"
        mend = "renew the address if its signature expired, or give GDAL your credentials"
    elif status is not None:
        problem, mend = "the server fails", _AGAIN
    elif "CURL error" in message:
        problem, mend = "the server does not answer as it should", f"check the address; {_AGAIN}"
    else:
        problem = f"cannot be read as {what}"
        mend = f"check the file on the server, it may be damaged or of another kind; {_AGAIN}"
    return {"problem": problem, "found": shown, "mend": mend}


def gdals_message(error: Exception) -> str:
    """Give the first line of GDAL's own message.

    Examples
    --------
    >>> gdals_message(OSError("CURL error: Empty reply from server."))
    'CURL error: Empty reply from server'
    """
    lines = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def http_status(error: Exception) -> int | None:
    """Give the HTTP status that an error of GDAL tells of; an `HTTPStatus` if it is a known one.

    Examples
    --------
    >>> http_status(OSError("HTTP response code: 404"))
    <HTTPStatus.NOT_FOUND: 404>
    """
    match = _STATUS.search(gdals_message(error))
    if match is None:
        return None
    status = int(match[1])
    return HTTPStatus(status) if status in set(HTTPStatus) else status


def is_denied(error: Exception) -> bool:
    """Whether a server says that a file is not there, or not for us.

    Examples
    --------
    >>> is_denied(OSError("HTTP response code: 403")), is_denied(OSError("HTTP response code: 503"))
    (True, False)
    """
    status = http_status(error)
    return status is not None and 400 <= status < 500 and status != HTTPStatus.TOO_MANY_REQUESTS


def is_unanswered(error: Exception) -> bool:
    """Whether a server fails, or does not answer as it should.

    Examples
    --------
    >>> is_unanswered(OSError("CURL error: Empty reply")), is_unanswered(OSError("no TIFF"))
    (True, False)
    """
    known = http_status(error) is not None
    return not is_denied(error) and (known or "CURL error" in gdals_message(error))
