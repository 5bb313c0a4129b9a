"""Networks as `.keras` files: the same weights give the same bytes, and plain Keras reads them."""

from __future__ import annotations

import json
import re
import zipfile
from os import PathLike

from geoprospect.network import Network
from geoprospect.network.backend import keras
from geoprospect.network.builders import of_network


def save_keras(network: Network | keras.Sequential, path: str | PathLike[str]) -> None:
    """Write a network as a `.keras` file, which plain Keras reads.

    Parameters
    ----------
    network : Network or keras.Sequential
        The network.
    path : path-like
        The file, ending in `.keras`. The same weights give the same bytes.
    """
    model = of_network(network) if isinstance(network, Network) else network
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # Keras does not write where it has its cosine, and could not find it again.
    cosine = b'{"module": "%s", "class_name": "function", "config": "cos", "registered_name": %s}'
    # Keras writes the hour and addresses in memory; neither says anything of the network.
    config = re.sub(rb', "shared_object_id": \d+', b"", parts["config.json"])
    parts["config.json"] = config.replace(
        cosine % (b"builtins", b'"function"'), cosine % (b"keras.ops", b"null")
    )
    parts["metadata.json"] = json.dumps({"keras_version": keras.__version__}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(parts):
            archive.writestr(zipfile.ZipInfo(name), parts[name])
