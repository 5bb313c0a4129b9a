"""What an optional product of a run is, and what it is made from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from geoprospect.evidence.belonging import names_of_layers
from geoprospect.mapping import Execution
from geoprospect.methods import CORE, Method
from geoprospect.model.model import ProspectivityModel
from geoprospect.project import results
from geoprospect.project.choosing import averaged
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs
from geoprospect.typing import Progress, StageProgress


@dataclass(frozen=True)
class MadeRun:
    """A run whose map is made and scored: what its optional products are made from.

    Attributes
    ----------
    inputs : Inputs
        Evidence and points, open.
    model : ProspectivityModel
        The model of the map, saved in the folder.
    folder : Path
        Where its results lie, and products are written.
    execution : Execution
        On which processors rasters are written, in how much memory.
    overwrite, resume : bool
        Whether a product that is there is replaced, or an unfinished raster gone on with.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.
    """

    inputs: Inputs
    model: ProspectivityModel
    folder: Path
    execution: Execution = field(default_factory=Execution)
    overwrite: bool = False
    resume: bool = False
    progress: Progress | None = None

    @property
    def project(self) -> Project:
        """The project."""
        return self.inputs.project

    @property
    def model_sentence(self) -> str:
        """What the model is, its layers by their names under [evidence]."""
        return self.model.sentence(tuple(names_of_layers(self.model.select(self.inputs.evidence))))

    @property
    def method(self) -> Method:
        """The method of the map; one that was chosen by comparison is not chosen anew."""
        choice = self.model.settings.get("choice")
        if choice is None:
            return self.inputs.with_draws(self.inputs.method, None)
        added = next((name for name in choice["parts"] if name not in CORE), None)
        return averaged(self.project, added, members=self.inputs.n_members)

    def found(self, product: results.Product) -> Path | None:
        """Give the path of a product, or None if it has not been made."""
        path = product.path(self.folder)
        return path if os.path.lexists(path) else None

    def stage(self, name: str, unit: str = "cells") -> StageProgress | None:
        """Report steps done under the name of a stage."""
        progress = self.progress
        return progress and (lambda done, total: progress(name, done, total, unit))


class OptionalProduct(Protocol):
    """A product that a run makes where its project asks for it under [products].

    Attributes
    ----------
    name : str
        The setting under [products], a field of `ProductSettings`.
    files : tuple of results.Product
        What it leaves.
    """

    @property
    def name(self) -> str:
        """The setting."""
        ...

    @property
    def files(self) -> tuple[results.Product, ...]:
        """What it leaves."""
        ...

    def check(self, inputs: Inputs, settings: Any) -> None:
        """Refuse what would stop the making, before a run trains.

        Raises
        ------
        GeoprospectError
            If points or settings do not allow it.
        """
        ...

    def make(self, made: MadeRun, settings: Any) -> object:
        """Write the files into the folder; log a sentence or two, and give what a command prints.

        Raises
        ------
        GeoprospectError
            If a file is there already and not to be replaced, or the data do not allow it.
        """
        ...
