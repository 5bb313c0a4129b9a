"""Rasters over a network: what GDAL is told, what is tried again, and when it is given up.

Settings hold where the user made others, as environment variables or by `rasterio.Env`:
``GDAL_HTTP_…`` in https://gdal.org/en/stable/user/configoptions.html and, for clouds,
https://gdal.org/en/stable/user/virtual_file_systems.html.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import rasterio
from rasterio.enums import MaskFlags
from rasterio.env import getenv, hasenv
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError

from geoprospect.errors import EvidenceError
from geoprospect.evidence.remote.address import archive_of, server_of
from geoprospect.evidence.remote.failure import http_status, is_denied, is_unanswered
from geoprospect.evidence.remote.signals import errors_raised, listening
from geoprospect.private import CPLE_BaseError

_T = TypeVar("_T")

_SETTINGS: dict[str, object] = {
    # GDAL itself repeats what failed with status 429 or 5xx; `retried` what it takes for final.
    "GDAL_HTTP_MAX_RETRY": 3,
    "GDAL_HTTP_RETRY_DELAY": 0.5,  # seconds before the first
    "GDAL_HTTP_CONNECTTIMEOUT": 5,
    # A transfer may take its time, unless no more than a drip comes for so many seconds.
    "GDAL_HTTP_LOW_SPEED_LIMIT": 100,  # bytes a second
    "GDAL_HTTP_LOW_SPEED_TIME": 10,
    # Neither lists of a server's files nor a dozen questions for files beside the raster.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    # Tables of blocks are read with the header: a block missing in half a table reads as 0.
    "GTIFF_USE_DEFER_STRILE_LOADING": "NO",
    # GDAL forgets failures, and half of what was asked for, when it closes the file.
    "CPL_VSIL_CURL_NON_CACHED": "/vsi",
}
_NO_MASK = {MaskFlags.all_valid, MaskFlags.nodata, MaskFlags.alpha}
_PATIENCE = 30.0  # seconds after which nothing is tried again
_given_up: ContextVar[dict[str, Exception] | None] = ContextVar("given_up", default=None)


class RemoteRaster:
    """A raster over a network, to be used as rasterio's dataset; a context manager.

    What fails is tried again, on the raster opened anew: of a file whose header could be read in
    part only, GDAL takes the rest for absent, and goes on.

    Of the files that GDAL looks for beside a raster, the mask alone (``X1.tif.msk``) is honoured,
    as only it hides cells; and none beside an address with a query string. In an archive all are.

    Parameters
    ----------
    path : str
        A path of which `geoprospect.evidence.remote.address.asks_servers` is true.

    Raises
    ------
    rasterio.errors.RasterioError
        If it cannot be opened; or read, by the methods that read.
    EvidenceError
        If the user's number of retries, or the pause between them, is no number.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._dataset: Any = None
        self._sound = False  # whether the dataset is open and nothing went wrong with it
        self._masked = False
        self._attempt(lambda dataset: None)
        try:
            alone = archive_of(path) is None and "?" not in path and not os.path.exists(path)
            if alone and _exists(f"{path}.msk"):
                self._masked, self._sound = True, False
                self._attempt(lambda dataset: None)
        except BaseException:
            self.close()
            raise

    def __getattr__(self, name: str) -> Any:
        """Give what rasterio's dataset knows without reading."""
        return getattr(self._dataset, name)

    def __enter__(self) -> RemoteRaster:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the raster."""
        if self._dataset is not None:
            with listening():
                self._dataset.close()

    def read(self, *arguments: Any, **options: Any) -> Any:
        """Read cells as `rasterio.DatasetReader.read` does."""
        return self._attempt(lambda dataset: dataset.read(*arguments, **options))

    def read_masks(self, *arguments: Any, **options: Any) -> Any:
        """Read masks as `rasterio.DatasetReader.read_masks` does."""
        return self._attempt(lambda dataset: dataset.read_masks(*arguments, **options))

    @property
    def files(self) -> list[str]:
        """The files that make up the raster."""
        return self._attempt(lambda dataset: list(dataset.files))

    def _attempt(self, step: Callable[[Any], _T]) -> _T:
        def attempt() -> _T:
            try:
                with errors_raised():
                    if not self._sound:
                        self._renew()
                    return step(self._dataset)
            except BaseException:
                self._sound = False
                raise

        return retried(attempt, self._path)

    def _renew(self) -> None:
        """Open the raster again, with all that tells which cells are valid."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            fresh = _open(self._path, siblings=self._masked)
        try:
            flags = fresh.mask_flag_enums  # looks for masks
            if self._masked and any(_NO_MASK & set(kinds) for kinds in flags):
                raise RasterioIOError("the mask beside it (.msk) cannot be read")
            if self._dataset is not None and _structure(fresh) != _structure(self._dataset):
                raise RasterioIOError("the file on the server was changed while it was read")
        except BaseException:
            fresh.close()
            raise
        self.close()
        self._dataset, self._sound = fresh, True


@contextmanager
def asked_once() -> Iterator[None]:
    """Give up inside on a server that was given up before, without asking it again."""
    before = _given_up.set({})
    try:
        yield
    finally:
        _given_up.reset(before)


def retried(
    step: Callable[[], _T], path: str, *, failures: tuple[type[Exception], ...] = (RasterioError,)
) -> _T:
    """Take a step of reading a file over a network; again, after a pause, if it fails.

    Pauses grow from ``GDAL_HTTP_RETRY_DELAY`` seconds, twofold; there are at most
    ``GDAL_HTTP_MAX_RETRY``, and none after half a minute. This is for what GDAL takes for final:
    connections that break off, and ranges that are cut short. After an HTTP status that GDAL has
    met with all its retries there is one more try; and none where a file is absent or denied.

    Parameters
    ----------
    step : callable
        What is done.
    path : str
        The raster, or another file.
    failures : tuple of type
        What `step` raises where it fails, besides GDAL's own errors.

    Returns
    -------
    object
        What `step` returned.

    Raises
    ------
    rasterio.errors.RasterioError, or another of `failures`
        The last error of `step`; within `asked_once` that of its server, if this was given up.
    EvidenceError
        If the user's number of retries, or the pause between them, is no number.

    Examples
    --------
    >>> retried(lambda: "cells", "https://a.org/X1.tif")
    'cells'
    """
    given_up = _given_up.get()
    if given_up is not None and server_of(path) in given_up:
        raise given_up[server_of(path)]
    settings = network_settings(path)
    left = int(_number(settings, "GDAL_HTTP_MAX_RETRY"))
    pause = _number(settings, "GDAL_HTTP_RETRY_DELAY")
    last = time.monotonic() + _PATIENCE
    # Settings hold only in the thread that makes them, so that each step brings its own.
    with rasterio.Env(**settings), listening():
        while True:
            try:
                return step()
            except (*failures, CPLE_BaseError) as error:
                if http_status(error) is not None:
                    left = min(left, 0 if is_denied(error) else 1)
                if not left or time.monotonic() > last:
                    if given_up is not None and is_unanswered(error):
                        given_up[server_of(path)] = error
                    if isinstance(error, CPLE_BaseError):
                        raise RasterioIOError(str(error)) from error
                    raise
            time.sleep(pause)
            left, pause = left - 1, 2 * pause


def network_settings(path: str) -> dict[str, object]:
    """Give GDAL's settings for a path: ours, unless the user made others."""
    settings = dict(_SETTINGS)
    if archive_of(path) is not None or os.path.exists(path):
        # Files beside it are looked up in the list of the archive or folder, not of the server.
        settings["GDAL_DISABLE_READDIR_ON_OPEN"] = "FALSE"
    made = dict(os.environ) | (getenv() if hasenv() else {})
    return settings | {name: made[name] for name in settings if name in made}


def _number(settings: dict[str, object], name: str) -> float:
    try:
        return max(0.0, float(str(settings[name])))
    except ValueError as error:
        raise EvidenceError(
            f"the setting {name} is no number", found=settings[name], mend="correct or unset it"
        ) from error


def _open(path: str, *, siblings: bool) -> Any:
    """Open a raster; if it lies in an archive, GDAL tells only by that what its server answers."""
    try:
        if not siblings:
            return rasterio.open(path)
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="YES"):
            return rasterio.open(path)
    except RasterioError as error:
        archive = archive_of(path)
        if archive is not None and "does not exist" in str(error):
            try:
                rasterio.open(archive).close()
            except RasterioError as reason:
                if "not recognized" not in str(reason):
                    raise reason from None
        raise


def _structure(dataset: Any) -> tuple[Any, ...]:
    return (dataset.shape, dataset.transform, dataset.crs, dataset.dtypes, dataset.nodatavals)


def _exists(mask: str) -> bool:
    """Whether there is a mask; only a server that says no is believed."""
    try:
        retried(lambda: rasterio.open(mask, driver="GTiff").close(), mask)
    except RasterioError as error:
        if is_denied(error):
            return False
        raise
    return True
