"""The sections of a project file: what each setting may be, and its default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from geoprospect.methods import strategy_names
from geoprospect.methods.options import Preset, Pretext

if TYPE_CHECKING:  # slow to import, and a map needs no points
    from geoprospect.samples import DrawingRule


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _registered(strategy: str) -> str:
    """Refuse a strategy that no method is registered by."""
    if strategy not in strategy_names():
        raise ValueError(f"the strategy should be one of {', '.join(strategy_names())}")
    return strategy


class Section(BaseModel):
    """A part of the project file; a setting that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EvidenceEntry(Section):
    """One evidence layer: a band of a raster file."""

    path: str
    band: int = Field(default=1, ge=1)


class PointsEntry(Section):
    """One file of points; `crs`, `layer`, `x`, `y` say what the file does not."""

    path: str
    label: str | None = None
    crs: str | None = None
    layer: str | None = None
    x: str | None = None
    y: str | None = None


class WithinEntry(Section):
    """Polygons of some classes, as those of a geological map: `field` holds the classes."""

    path: str
    field: str
    classes: tuple[str | int, ...] = Field(min_length=1)
    layer: str | None = None


class NonOccurrencesEntry(Section):
    """How non-occurrences are drawn where the training points are occurrences only."""

    number: int | None = Field(default=None, ge=1)
    distance: float | None = Field(default=None, ge=0)
    method: Literal["random", "dissimilar"] = "random"
    within: WithinEntry | None = None

    def rule(self) -> DrawingRule:
        """Give the rule that these settings ask for."""
        from geoprospect.samples import DrawingRule  # noqa: PLC0415
        from geoprospect.samples.areas import Area  # noqa: PLC0415

        area = None
        if self.within is not None:
            classes = tuple(str(name) for name in self.within.classes)
            area = Area(self.within.path, self.within.field, classes, self.within.layer)
        return DrawingRule(self.number, self.distance, self.method, area)


class PointsSection(Section):
    """The files of points, and how to draw non-occurrences where there are none."""

    training: PointsEntry
    validation: PointsEntry | None = None
    lithology: PointsEntry | None = None
    non_occurrences: NonOccurrencesEntry | None = None


class ScheduleEntry(Section):
    """Changes to the preset's settings of an optimisation."""

    rate: float | None = Field(default=None, gt=0)
    batch: int | None = Field(default=None, ge=1)
    epochs: int | None = Field(default=None, ge=1)
    held_back: float | None = Field(default=None, ge=0, lt=1)
    patience: int | None = Field(default=None, ge=1)


class TrainingEntry(ScheduleEntry):
    """Changes to the preset's settings of the training on the points.

    The class weights are those of baselines too; the others are of networks alone.
    """

    class_weights: bool | None = None
    head_epochs: int | None = Field(default=None, ge=0)
    l1: float | None = Field(default=None, ge=0)
    l2: float | None = Field(default=None, ge=0)


class BaselineEntry(Section):
    """Changes to the preset's settings of forests and the support vector machine."""

    trees: int | None = Field(default=None, ge=1)
    leaf: int | None = Field(default=None, ge=1)
    rotated: bool | None = None
    costs: tuple[Positive, ...] | None = Field(default=None, min_length=1)
    gammas: tuple[Positive | Literal["scale"], ...] | None = Field(default=None, min_length=1)
    kernels: tuple[Literal["rbf", "linear", "poly", "sigmoid"], ...] | None = Field(
        default=None, min_length=1
    )


class ModelSection(Section):
    """The model: pretext task, strategy, ensemble, and settings that differ from the preset's.

    Where a strategy transfers a pretext task and none is named, it is lithology if there are
    rock-class points, and reconstruction if not or with `settings = "paper"`.
    """

    strategy: Annotated[str, AfterValidator(_registered)] = "fine-tuning"
    pretext: Pretext | None = None
    settings: Preset = "recommended"
    members: int | None = Field(default=None, ge=1, le=1000)
    seed: int = Field(default=0, ge=0)
    components: str | None = None
    context: tuple[Annotated[int, Field(ge=1)], ...] = ()  # scales, in cells
    context_spread: bool = False
    pretext_cells: int = Field(default=4_000, ge=1)  # as many as the published study
    pretraining: ScheduleEntry = ScheduleEntry()
    training: TrainingEntry = TrainingEntry()
    baseline: BaselineEntry = BaselineEntry()


class CalibrationSection(Section):
    """How prospectivity becomes the probability of a deposit; see `geoprospect.calibration`."""

    deposits: float = Field(gt=0, allow_inf_nan=False)
    method: Literal["logistic", "isotonic"] = "logistic"
    buffer: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class OutputSection(Section):
    """Where the results go."""

    folder: str = "out"
