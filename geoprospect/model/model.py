"""The fitted model: components, members and all that is known of where they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect import __version__
from geoprospect.errors import EvidenceError, LayerNameError, ModelError
from geoprospect.evidence import EvidenceStack, Neighbourhood
from geoprospect.evidence.computed.learning import Preparation
from geoprospect.grid import Grid, describe_grid, read_grid
from geoprospect.methods.members import Member, add_formats, added_formats
from geoprospect.model.components import Components
from geoprospect.model.forwardpass import ForwardPass
from geoprospect.model.modelfolder import read_folder, reading, write_folder
from geoprospect.output import checksum
from geoprospect.samples.trainingcells import TrainingCells
from geoprospect.typing import StrPath, Values
from geoprospect.wording import counted, listed


@dataclass(frozen=True, repr=False)
class ProspectivityModel:
    """An ensemble that scores evidence, stored as a folder without pickles.

    Attributes
    ----------
    components : Components
        The map from evidence layers to components, with the layer names.
    members : tuple of Member
        Networks, or what other methods fit, from the components to one score in [0, 1].
    ranges : ndarray of float32, shape (n_layers, 2)
        Smallest and largest value of each layer at the training points, in the layer's unit.
    settings : dict
        The pretext task, strategy, seed and schedules that made it.
    inputs : dict of str to str
        SHA-256 checksum of each input file.
    training_cells : tuple of (int, int)
        Row and column of each distinct cell that holds a training point.
    folder : str or None
        The folder it was read from.
    grid : Grid or None
        The grid of the training cells; without it, maps do not tell them.
    context : Neighbourhood or None
        The surroundings of a cell that the model sees besides its layers.
    preparation : dict
        What transforms and classes learned of the layers, in plain values; evidence that the
        model is to map is opened with it, see `geoprospect.evidence.open_evidence`.

    Examples
    --------
    >>> from geoprospect.network import Dense, Network
    >>> components = Components.fit([[0, 1], [2, 5], [4, 3]], names=("X1", "X2"))
    >>> head = Network((Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    >>> model = ProspectivityModel(components, (head,), np.array([[0, 4], [1, 5]], np.float32))
    >>> model.names
    ('X1', 'X2')
    >>> model.beyond_training([[2, 2], [2, 9]])
    array([False,  True])
    """

    components: Components
    members: tuple[Member, ...]
    ranges: Values
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    training_cells: tuple[tuple[int, int], ...] = ()
    folder: str | None = field(default=None, compare=False)
    grid: Grid | None = None
    context: Neighbourhood | None = None
    preparation: Preparation = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_layers = len(self.components.names)
        fits = [m.n_inputs == n_layers and m.n_outputs == 1 for m in self.members]
        if not fits or not all(fits) or self.ranges.shape != (n_layers, 2):
            raise ModelError(
                "the members do not fit the components",
                found=[f"{m.n_inputs} inputs, {m.n_outputs} outputs" for m in self.members],
                expected=f"members of {n_layers} inputs and 1 output, and a range a layer",
            )
        if self.context is not None and not self.context.fits(self.names):
            raise ModelError(
                "the surroundings that the model tells of are not those that it takes",
                found=f"context = {list(self.context.scales)}, inputs {listed(self.names)}",
                expected=f"inputs such as {self.names[0]}@{self.context.scales[0]}",
            )

    def sentence(self, layers: Sequence[str] | None = None) -> str:
        """Say what the model is: method, members, layers and training cells.

        Of evidence whose classes are inputs each, ``layers`` names the layers that they are of.
        """
        method = str(self.settings.get("strategy", "weights trained elsewhere"))
        if (pretext := self.settings.get("pretext", "none")) != "none":
            method += f" after the {pretext} pretext (pre-training) task"
        cells = len(self.training_cells)
        trained = f"trained on {counted(cells, 'cell')}" if cells else "training cells not known"
        members = counted(len(self.members), "member")
        return f"{members} by {method}, over {listed(layers or self.names)}; {trained}."

    def __repr__(self) -> str:
        return f"<ProspectivityModel: {self.sentence()}>"

    def _repr_html_(self) -> str:
        """Say in a notebook what the model is, and the range of each layer where it learned."""
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{low:.6g}</td><td>{high:.6g}</td></tr>"
            for name, (low, high) in zip(self.names, self.ranges, strict=True)
        )
        head = "<tr><th>layer</th><th>from</th><th>to, at the training points</th></tr>"
        return f"<p>{escape(self.sentence())}</p><table>{head}{rows}</table>"

    @property
    def names(self) -> tuple[str, ...]:
        """The evidence layers the model reads."""
        return self.components.names

    @property
    def formats(self) -> dict[str, str]:
        """What another process must be told to load the model; see `added_formats`."""
        return added_formats(self.members)

    @property
    def identity(self) -> str:
        """Checksum of the model's description, which holds those of all its files.

        It is empty for a model that was not read from a folder.
        """
        return "" if self.folder is None else checksum(Path(self.folder) / "model.json")

    def select(self, stack: EvidenceStack) -> EvidenceStack:
        """Give the model's evidence of a stack, by name, with the surroundings the model sees.

        The stack may hold more. Where it holds the layers alone, surroundings are added.

        Raises
        ------
        LayerNameError
            If the stack lacks a layer.
        EvidenceError
            If its layers are not prepared as those that the model was trained on.
        """
        self._check_preparation(stack)
        if not set(self.names) - set(stack.names):
            return stack.select(self.names)
        bare = stack.bare()
        names = self.names if self.context is None else self.context.layers(self.names)
        missing = [name for name in names if name not in bare.names]
        if missing:
            raise LayerNameError(
                f"the stack lacks {', '.join(missing)}",
                found=", ".join(bare.names),
                expected=", ".join(names),
                mend="name the layers under [evidence] as the model was trained with",
            )
        return bare.select(names).surrounded(self.context).select(self.names)

    def _check_preparation(self, stack: EvidenceStack) -> None:
        """Refuse layers that are transformed in another way than the model knows."""
        prepared = stack.preparation
        for name, expected in self.preparation.items():
            if prepared.get(name) == expected:
                continue
            raise EvidenceError(
                "the layer is not prepared as the one that the model was trained on"
                if name in prepared
                else "the model knows the layer by its transform or classes, and here it has none",
                layer=name,
                found=listed(list(prepared.get(name, ()))) or "values as they are",
                expected=listed(list(expected)),
                mend="map with the project file, which tells how layers are prepared, in the place "
                "of a folder; in Python, open_evidence(…, preparation=model.preparation)",
            )

    def forward_pass(self) -> ForwardPass:
        """Give the function from evidence to scores."""
        return ForwardPass(self.components, self.members)

    def beyond_training(self, X: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Tell which rows of X (n, n_layers) leave the training points' range in some layer."""
        rows = np.asarray(X, dtype=np.float32)
        outside = (rows < self.ranges[:, 0]) | (rows > self.ranges[:, 1])
        return np.asarray(outside.any(axis=1))

    def tags(self) -> dict[str, str]:
        """Give what a map's metadata say of the model."""
        tags = {
            f"GEOPROSPECT_{key.upper()}": str(value)
            for key, value in self.settings.items()
            if isinstance(value, str | int)
        }
        if self.grid is not None and self.training_cells:
            evidence_range = self.settings.get("evidence_range")
            training_cells = TrainingCells.of(
                self.grid, self.training_cells, evidence_range=evidence_range
            )
            tags |= training_cells.tags()
        return tags | {
            "GEOPROSPECT_VERSION": __version__,
            "GEOPROSPECT_LAYERS": ",".join(self.names),
            "GEOPROSPECT_MEMBERS": str(len(self.members)),
        }

    def save(self, folder: StrPath, *, overwrite: bool = False) -> None:
        """Write the model as a folder: a file a member, in its own format, and JSON.

        Raises
        ------
        OutputError
            If the folder exists already or cannot be written.
        """
        content = {
            "layers": [
                {"name": name, "minimum": float(low), "maximum": float(high)}
                for name, (low, high) in zip(self.names, self.ranges, strict=True)
            ],
            "settings": dict(self.settings),
            "inputs": dict(self.inputs),
            "training_cells": [list(cell) for cell in self.training_cells],
            "training_grid": self.grid and describe_grid(self.grid),
            "context": self.context and asdict(self.context),
            "preparation": {name: dict(kinds) for name, kinds in self.preparation.items()},
        }
        write_folder(folder, self.components, self.members, content, overwrite=overwrite)

    @classmethod
    def load(
        cls, folder: StrPath, *, formats: Mapping[str, str] | None = None
    ) -> ProspectivityModel:
        """Read a model folder and check that it is whole.

        Parameters
        ----------
        folder : path-like
            The folder.
        formats : mapping of str to str, optional
            Formats of members to make known first, as `formats` gives them.

        Raises
        ------
        ModelError
            If the folder is no model, a file is missing or altered, or the parts do not fit.
        """
        add_formats(formats or {})
        with reading(folder):
            content, components, members = read_folder(folder)
            return cls(
                components,
                members,
                np.array(
                    [[layer["minimum"], layer["maximum"]] for layer in content["layers"]],
                    np.float32,
                ),
                content["settings"],
                content["inputs"],
                tuple((int(row), int(column)) for row, column in content["training_cells"]),
                str(Path(folder)),
                read_grid(grid) if (grid := content.get("training_grid")) else None,
                Neighbourhood.of(context) if (context := content.get("context")) else None,
                content.get("preparation") or {},
            )


def load_model(folder: StrPath) -> ProspectivityModel:
    """Read a model folder and check that it is whole.

    Parameters
    ----------
    folder : path-like
        The folder that `ProspectivityModel.save` writes.

    Raises
    ------
    ModelError
        If the folder is no model, a file is missing or altered, or the parts do not fit.

    Examples
    --------
    >>> import tempfile
    >>> from geoprospect.network import Dense, Network
    >>> components = Components.fit([[0, 1], [2, 5], [4, 3]], names=("X1", "X2"))
    >>> head = Network((Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    >>> model = ProspectivityModel(components, (head,), np.array([[0, 4], [1, 5]], np.float32))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model")
    ...     load_model(f"{folder}/model").names
    ('X1', 'X2')
    """
    return ProspectivityModel.load(folder)
