"""What methods are fitted on: evidence and points, and what a method sees of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.leavingout import layers_left
from geoprospect.methods import Method, PretextCells
from geoprospect.model.components import Components
from geoprospect.model.fitting import cells_of_pretext, fit_components
from geoprospect.samples import DrawnSamples, Samples
from geoprospect.typing import Bools, Values


@dataclass(frozen=True)
class FitInputs:
    """Evidence and points that methods are fitted on.

    Attributes
    ----------
    stack : EvidenceStack
        The evidence, in the order of the components.
    samples : Samples or DrawnSamples
        Occurrences and non-occurrences; or occurrences with several draws of non-occurrences.
    components : Components
        What turns evidence into what methods see.
    named : bool
        Whether these very components were asked for, rather than fitted: then methods that see
        standardised layers see the components too.
    rocks : Samples, optional
        Points of rock classes, for the lithology pretext task.
    pretext_cells : int
        Number of valid cells drawn for a pretext task on unlabelled cells.
    """

    stack: EvidenceStack
    samples: Samples | DrawnSamples
    components: Components
    named: bool = False
    rocks: Samples | None = None
    pretext_cells: int = 4_000

    @classmethod
    def of(
        cls,
        stack: EvidenceStack,
        samples: Samples | DrawnSamples,
        *,
        rocks: Samples | None = None,
        seed: int = 0,
    ) -> FitInputs:
        """Take evidence and points, and fit the components on all valid cells, or some drawn.

        Raises
        ------
        ComponentsError
            If there are fewer valid cells than layers, or a layer is constant.
        """
        return cls(stack, samples, fit_components(stack, seed=seed), rocks=rocks)

    def without(self, layers: str) -> FitInputs:
        """Give them without some layers, and the components of the others.

        Parameters
        ----------
        layers : str
            Layers or columns by name, with commas between several; see `layers_left`.

        Raises
        ------
        LayerNameError
            If there is no such layer, or no other.
        """
        names = layers_left(self.stack, layers)
        columns = [self.stack.names.index(name) for name in names]

        def fewer(samples: Samples) -> Samples:
            return replace(samples, X=samples.X[:, columns], names=names)

        samples = (
            replace(self.samples, samples=fewer(self.samples.samples))
            if isinstance(self.samples, DrawnSamples)
            else fewer(self.samples)
        )
        return replace(
            self,
            stack=self.stack.select(names),
            samples=samples,
            components=self.components.of_layers(names),
            rocks=None if self.rocks is None else fewer(self.rocks),
        )

    @property
    def points(self) -> Samples:
        """All points, with the non-occurrences of all draws where there are such."""
        return self.samples.samples if isinstance(self.samples, DrawnSamples) else self.samples

    @property
    def masks(self) -> Bools | None:
        """The points of each draw, shape (draws, n); None where all members learn from all."""
        return self.samples.masks if isinstance(self.samples, DrawnSamples) else None

    def components_for(self, method: Method) -> Components:
        """Give the components as a method sees them."""
        if method.sees == "standardised" and self.named:
            return self.components
        return self.components.seen_as(method.sees)

    def X(self, method: Method) -> Values:  # noqa: N802
        """Give the points as a method sees them, shape (n, n_inputs)."""
        return self.components_for(method).transform(self.points.X)

    def cells_of_pretext(self, method: Method) -> PretextCells | None:
        """Give the cells that a method's pretext task learns from, if it has one."""
        return cells_of_pretext(
            method,
            self.stack,
            self.components_for(method),
            rocks=self.rocks,
            number=self.pretext_cells,
        )
