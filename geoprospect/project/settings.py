"""The settings of a project: what each may be, and its default."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from geoprospect.evidence import Neighbourhood
from geoprospect.evidence.rasters.gridchoice import GridChoice
from geoprospect.evidence.studyarea.column import StudyArea
from geoprospect.evidence.studyarea.territory import Territory
from geoprospect.methods import MethodOptions, strategy_names
from geoprospect.methods.boosting import Direction
from geoprospect.methods.options import Balance, Preset, Pretext
from geoprospect.samples import DrawingRule, PointsSource

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]

AUTO = "auto"
"""The strategy of a project whose method is chosen by comparison in space."""

_FORBID: dict[str, Any] = {"extra": "forbid"}  # a setting that is not known is a mistake


def _registered(strategy: str) -> str:
    """Refuse a strategy that no method is registered by."""
    if strategy not in (names := (AUTO, *strategy_names())):
        alike = get_close_matches(strategy, names, n=1)
        ask = f"; did you mean {alike[0]}?" if alike else ""
        raise ValueError(f"the strategy should be one of {', '.join(names)}{ask}")
    return strategy


def _changed(changes: object) -> dict[str, Any]:
    """Give the settings that are changed, by name."""
    return {name: value for name, value in vars(changes).items() if value is not None}


@dataclass(frozen=True)
class Points:
    """The files of points, and how to draw non-occurrences where there are none.

    Attributes
    ----------
    training : PointsSource
        The points that methods learn from.
    validation : PointsSource, optional
        Points that no method learns from, at which the map is scored.
    lithology : PointsSource, optional
        Points, or polygons, of known rock, which a network may learn to tell apart first.
    non_occurrences : DrawingRule, optional
        How non-occurrences are drawn, where all training points are occurrences.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    training: PointsSource
    validation: PointsSource | None = None
    lithology: PointsSource | None = None
    non_occurrences: DrawingRule | None = None


@dataclass(frozen=True)
class GridSettings(GridChoice):
    """The grid, and the ground that is mapped: the study area, and what of it is left out.

    Attributes
    ----------
    area : Territory, optional
        The study area; cells outside have no value.
    exclude : tuple of Territory
        Ground that is left out of it.
    """

    area: Territory | None = None
    exclude: tuple[Territory, ...] = ()

    @property
    def study_area(self) -> StudyArea | None:
        """What hides the cells that are not mapped; None where all are."""
        return StudyArea(self.area, self.exclude) if self.area or self.exclude else None


@dataclass(frozen=True)
class ScheduleChanges:
    """Changes to the preset's settings of an optimisation.

    Attributes
    ----------
    rate : float, optional
        The learning rate.
    batch : int, optional
        Samples of a step.
    epochs : int, optional
        Passes over the samples.
    held_back : float, optional
        Share of the samples by which the best epoch is told, from 0 to below 1.
    patience : int, optional
        Epochs without a better one after which it stops.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    rate: Positive | None = None
    batch: Count | None = None
    epochs: Count | None = None
    held_back: Annotated[float, Field(ge=0, lt=1)] | None = None
    patience: Count | None = None


@dataclass(frozen=True)
class TrainingChanges(ScheduleChanges):
    """Changes to the preset's settings of the training on the points.

    The class weights are those of baselines too; the others are of networks alone.

    Attributes
    ----------
    class_weights : bool, optional
        Whether occurrences and non-occurrences weigh the same in all.
    head_epochs : int, optional
        Epochs of the last layer alone, before all layers are trained.
    l1, l2 : float, optional
        Penalty of the weights' absolute values, and of their squares.
    """

    class_weights: bool | None = None
    head_epochs: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    l1: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    l2: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


@dataclass(frozen=True)
class BaselineChanges:
    """Changes to the preset's settings of forests, boosting and the support vector machine.

    Attributes
    ----------
    trees : int, optional
        Trees of a forest, or rounds of boosting.
    leaf : int, optional
        Fewest samples of a leaf.
    rotated : bool, optional
        Whether they see principal components in place of the layers.
    monotonic : dict of str, optional
        For boosting: layers with which the score may only rise ("increasing") or fall
        ("decreasing").
    costs, gammas, kernels : tuple, optional
        Those that the support vector machine is searched over.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    trees: Annotated[int, Field(ge=1, le=100_000)] | None = None
    leaf: Count | None = None
    rotated: bool | None = None
    monotonic: dict[str, Direction] | None = None
    costs: Annotated[tuple[Positive, ...], Field(min_length=1)] | None = None
    gammas: Annotated[tuple[Positive | Literal["scale"], ...], Field(min_length=1)] | None = None
    kernels: (
        Annotated[tuple[Literal["rbf", "linear", "poly", "sigmoid"], ...], Field(min_length=1)]
        | None
    ) = None


@dataclass(frozen=True)
class ModelSettings:
    """The model: pretext task, strategy, ensemble, and settings that differ from the preset's.

    The method is chosen by comparison in space where no strategy is named; with
    `settings = "paper"` it is fine-tuning then, that study's own.
    Where a strategy transfers a pretext task and none is named, it is lithology if there are
    rock-class points, and distribution if not; reconstruction with `settings = "paper"`.

    Attributes
    ----------
    strategy : str
        "auto", or the name of one method.
    pretext : {"lithology", "distribution", "reconstruction", "none"}, optional
        What a network learns first.
    settings : {"recommended", "paper"}
        The preset that the tables below change.
    balance : {"weights", "oversample", "smote"}
        How few occurrences come to count as much as many barren points.
    members : int, optional
        Fits of each method, whose mean is the map; by default 10.
    seed : int
        The same seed gives the same map.
    components : str, optional
        A file of fitted principal components to use, instead of fitting them.
    context : tuple of int
        Scales, in cells, of the surroundings that a cell is seen with.
    context_spread : bool
        Whether with their standard deviation too.
    pretext_cells : int
        Cells that a pretext task learns from.
    pretraining, training, baseline : tables
        Changes to the preset, see below.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    strategy: Annotated[str, AfterValidator(_registered)] = AUTO
    pretext: Pretext | None = None
    settings: Preset = "recommended"
    balance: Balance = "weights"
    members: Annotated[int, Field(ge=1, le=1000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    components: str | None = None
    context: tuple[Count, ...] = ()  # scales, in cells
    context_spread: bool = False
    pretext_cells: Count = 4_000  # as many as the published study
    pretraining: ScheduleChanges = ScheduleChanges()
    training: TrainingChanges = TrainingChanges()
    baseline: BaselineChanges = BaselineChanges()

    @property
    def chosen(self) -> bool:
        """Whether the method is chosen by comparison in space."""
        return self.strategy == AUTO and self.settings != "paper"

    @property
    def fixed(self) -> str:
        """The strategy that is taken without a comparison."""
        if self.strategy != AUTO:
            return self.strategy
        return "fine-tuning" if self.settings == "paper" else "average"

    @property
    def neighbourhood(self) -> Neighbourhood | None:
        """The surroundings that cells are seen with, if any."""
        return Neighbourhood(self.context, self.context_spread) if self.context else None

    def options(self, *, rock_classes: bool) -> MethodOptions:
        """Give what methods take of these settings."""
        return MethodOptions(
            preset=self.settings,
            pretext=self.pretext,
            members=self.members,
            seed=self.seed,
            training=_changed(self.training),
            pretraining=_changed(self.pretraining),
            baseline=_changed(self.baseline),
            rock_classes=rock_classes,
            balance=self.balance,
        )


@dataclass(frozen=True)
class CalibrationSettings:
    """How prospectivity becomes a probability; see `geoprospect.reliability.calibration`.

    Attributes
    ----------
    deposits : float
        Deposits expected in the mapped area, known and unknown.
    method : {"logistic", "isotonic"}
        The curve from scores to probabilities.
    buffer : float, optional
        Metres about the points held out within which none is learned from; by default the
        spacing of the occurrences.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _FORBID

    deposits: Positive
    method: Literal["logistic", "isotonic"] = "logistic"
    buffer: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
