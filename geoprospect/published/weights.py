"""The published weights: Keras 2 networks, what each is, and models made from them."""

from __future__ import annotations

import itertools
import json
import os
import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from geoprospect.errors import ModelError
from geoprospect.model import Components
from geoprospect.model.boundaries import check_archive
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Network
from geoprospect.output import checksum
from geoprospect.published.tables import COMPONENTS, Study

METHODS = {
    "autoencoder_linear": "FDE-LP",
    "autoencoder_fine": "FDE-FT",
    "pretext_linear": "GCP-LP",
    "pretext_fine": "GCP-FT",
    "from_scratch": "from scratch",
    "regresion_logistica": "logistic regression",
}
_PRETEXTS = {"reconstruction": "modelo_encoder", "lithology": "modelo_pretext"}


@dataclass(frozen=True)
class PublishedNetwork:
    """A published network that scores prospectivity.

    Attributes
    ----------
    name : str
        The file's name without the suffix.
    path : str
        The file.
    method : str
        The study's method, as "FDE-FT".
    scenario : int or None
        The scenario of imbalance it was trained on, 1 to 8; None for all training points.
    network : Network
        From the components to one score.
    rate : float or None
        The learning rate that the file itself records; None if it does not.
    """

    name: str
    path: str
    method: str
    scenario: int | None
    network: Network
    rate: float | None


def read_published(study: Study) -> dict[str, PublishedNetwork]:
    """Read the published networks that score prospectivity, by name.

    Files with other names, such as the networks of the pretext tasks, are left out.

    Raises
    ------
    ModelError
        If a file is damaged, or its network has another shape than 7 inputs and 1 output.
    """
    networks = {}
    for name, path in sorted(study.weights.items()):
        match = re.fullmatch(r"(\w+?)(?:_exp([1-8]))?", name)
        if match is None or match[1] not in METHODS:
            continue
        network = read_scoring_network(path, n_inputs=len(COMPONENTS))
        scenario = int(match[2]) if match[2] else None
        networks[name] = PublishedNetwork(
            name, path, METHODS[match[1]], scenario, network, recorded_rate(path)
        )
    return networks


def read_scoring_network(path: str | PathLike[str], *, n_inputs: int) -> Network:
    """Read a network that scores prospectivity.

    Parameters
    ----------
    path : path-like
        A Keras `.h5` or `.keras` file.
    n_inputs : int
        Number of components it must take.

    Raises
    ------
    ModelError
        If the file is damaged, or the network of another shape.
    """
    if os.path.isfile(path):
        check_archive(Path(path))
    network = Network.read(path)
    if (network.n_inputs, network.n_outputs) != (n_inputs, 1):
        raise ModelError(
            "is a network of another shape",
            path=path,
            found=f"{network.n_inputs} inputs, {network.n_outputs} outputs",
            expected=f"{n_inputs} inputs, one a component, and 1 output",
            mend="give the weights of a prospectivity network, and the components it was made on",
        )
    if network.layers[-1].activation != "sigmoid":
        raise ModelError(
            "does not end in a sigmoid, so that its scores do not lie from 0 to 1",
            path=path,
            found=network.layers[-1].activation,
        )
    return network


def read_encoders(study: Study) -> dict[str, Network]:
    """Read the encoders of the published pretext networks, by pretext task.

    Returns
    -------
    dict of str to Network
        "reconstruction" and "lithology", as far as their files are there; the ReLU layers from
        the input on.

    Raises
    ------
    ModelError
        If a file is damaged, or its network begins with no ReLU layer of 7 inputs.
    """
    encoders = {}
    for pretext, name in _PRETEXTS.items():
        if name not in study.weights:
            continue
        path = study.weights[name]
        network = Network.read(path)
        layers = list(itertools.takewhile(lambda la: la.activation == "relu", network.layers))
        if network.n_inputs != len(COMPONENTS) or not layers:
            raise ModelError(
                "is a network of another shape",
                path=path,
                found=f"{network.n_inputs} inputs, {len(layers)} ReLU layers from there on",
                expected=f"{len(COMPONENTS)} inputs and an encoder of ReLU layers",
            )
        encoders[pretext] = Network(tuple(layers))
    return encoders


def recorded_rate(path: str | PathLike[str]) -> float | None:
    """Give the learning rate that a Keras `.h5` file records, or None."""
    try:
        with h5py.File(path) as store:
            content = json.loads(store.attrs["training_config"])
            return float(f"{float(content['optimizer_config']['config']['learning_rate']):.6g}")
    except Exception:  # a damaged file may fail anywhere in the library that reads it
        return None


def model_from_weights(
    weights: str | PathLike[str],
    components: Components | str | PathLike[str],
    *,
    ranges: npt.ArrayLike | None = None,
) -> ProspectivityModel:
    """Make a model of a network that was trained elsewhere, such as a published one.

    Parameters
    ----------
    weights : path-like
        A Keras `.h5` or `.keras` file: dense layers from the components to one sigmoid.
    components : Components or path-like
        The components that the network takes, with the names of the layers.
    ranges : array_like, shape (n_layers, 2), optional
        Smallest and largest value of each layer at the training points. If they are not known, no
        cell counts as beyond them: the ranges are those of float32.

    Returns
    -------
    ProspectivityModel

    Raises
    ------
    ModelError
        If the file is damaged, or the network does not take these components.
    ComponentsError
        If the components cannot be read.
    """
    if not isinstance(components, Components):
        components = Components.load(components)
    n_layers = len(components.names)
    network = read_scoring_network(weights, n_inputs=n_layers)
    if ranges is None:
        limits = np.finfo(np.float32)
        ranges = np.tile([limits.min, limits.max], (n_layers, 1))
    settings = {"weights": Path(weights).name, "rate": recorded_rate(weights)}
    return ProspectivityModel(
        components,
        (network,),
        np.asarray(ranges, np.float32),
        settings,
        {"weights": checksum(weights)},
    )
