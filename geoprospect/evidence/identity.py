"""What tells one evidence layer from another: checksums, and fingerprints that cost no reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rasterio.windows import Window

from geoprospect.evidence.layers import Layer
from geoprospect.evidence.raster import checksum_of_cells, read_band
from geoprospect.output import checksum

_LOOKS = 4  # blocks of a layer that its fingerprint reads where there are no plain files
_CELLS_A_LOOK = 2**12


def checksums(layers: Sequence[Layer], datasets: Mapping[str, Any]) -> dict[str, str]:
    """Give the SHA-256 of each layer, in hexadecimal, by layer name.

    Parameters
    ----------
    layers : sequence of Layer
        The layers.
    datasets : mapping of str to rasterio.DatasetReader
        Their open files by path.

    Returns
    -------
    dict of str to str
        Of the file; or, for a layer that is not a plain file (``/vsizip/…``, ``https://…``), of
        its cells, as float32 with NaN where invalid.
    """
    paths = {layer.path for layer in layers}
    files = {path: checksum(path) for path in paths if Path(path).is_file()}
    return {
        layer.name: files.get(layer.path) or checksum_of_cells(datasets[layer.path], layer.band)
        for layer in layers
    }


def fingerprints(layers: Sequence[Layer], datasets: Mapping[str, Any]) -> dict[str, str]:
    """Give a text for each layer that changes when the layer is changed, without reading it all.

    Parameters
    ----------
    layers, datasets
        As for `checksums`.

    Returns
    -------
    dict of str to str
        By layer name: the SHA-256 of its structure and of the sizes and times of its files (with
        masks and sidecars), or of some cells where it has no plain files.
    """
    return {layer.name: _fingerprint(datasets[layer.path], layer.band) for layer in layers}


def _fingerprint(dataset: Any, band: int) -> str:
    structure = [
        *(dataset.width, dataset.height, dataset.crs.to_wkt(), list(dataset.transform)),
        *(band, dataset.dtypes[band - 1], str(dataset.nodatavals[band - 1])),
        *(dataset.scales[band - 1], dataset.offsets[band - 1]),
    ]
    digest = hashlib.sha256(json.dumps(structure).encode())
    files = [Path(name) for name in dataset.files]
    if files and all(path.is_file() for path in files):
        times = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]
        digest.update(json.dumps(times).encode())
        return digest.hexdigest()
    for look in range(_LOOKS):
        row = look * (dataset.height - 1) // (_LOOKS - 1)
        window = Window(0, row, min(dataset.width, _CELLS_A_LOOK), 1)
        digest.update(read_band(dataset, band, window).tobytes())
    return digest.hexdigest()
