"""What a score looks like as JSON, and the schema of that."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasGenerator, AliasPath, ConfigDict, Field, WithJsonSchema

from geoprospect.report.record import (
    AuditRecord,
    Count,
    Counts,
    DifferenceRecord,
    Ends,
    Fraction,
    Fractions,
    Numbers,
    Positive,
    Record,
    Some,
)


class CaptureRecord(Record):
    """What the best part of the area holds."""

    area: Fraction
    """Fraction of the area of the valid cells."""
    captured: Fraction
    """Fraction of the occurrences."""
    interval: Ends
    efficiency: Positive
    """Captured over area."""


class WindowsRecord(Record):
    """Windows of scores that hold cells."""

    score: Numbers
    """Their centres."""
    ratio: Numbers
    """Occurrences found to expected."""


class BoyceRecord(Record):
    """Continuous Boyce index, or the reason why there is none."""

    index: Annotated[float, WithJsonSchema({"type": "number", "minimum": -1, "maximum": 1})] | None
    reason: str | None
    n_used: Count
    """Windows in the correlation."""
    n_occurrences: Count
    n_cells: Count
    windows: WindowsRecord


class ReliabilityRecord(Record):
    """Scores against the frequency of occurrences, bin by bin."""

    score: Fractions
    """Mean score."""
    frequency: Fractions
    """Fraction of the points that are occurrences."""
    low: Fractions
    high: Fractions
    """End of the 95% interval of the frequency."""
    n_points: Counts


class RocRecord(Record):
    """Vertices of the ROC curve."""

    non_occurrences: Fractions
    """Fraction of them above a score."""
    occurrences: Fractions


class PrecisionRecallRecord(Record):
    """Vertices of the precision-recall curve."""

    recall: Fractions
    precision: Fractions


class ClassificationRecord(Record):
    """Occurrences told from non-occurrences."""

    n_occurrences: Count
    n_non_occurrences: Count
    prevalence: Fraction
    """Fraction of the points that are occurrences."""
    roc_auc: Fraction
    average_precision: Fraction
    brier: Fraction | None
    log_loss: Positive | None
    calibration: ReliabilityRecord | None = Field(validation_alias="reliability")
    reason: str | None
    """Why the last three are null: they need scores from 0 to 1."""
    roc: RocRecord
    precision_recall: PrecisionRecallRecord


class ConfusionRecord(Record):
    """Points called occurrences from the threshold on."""

    threshold: float
    tn: Count
    fp: Count
    fn: Count
    tp: Count


class AreaHoldingRecord(Record):
    """Fraction of the area that holds so many of the occurrences."""

    half: Fraction = Field(alias="50%")
    four_fifths: Fraction = Field(alias="80%")
    nine_tenths: Fraction = Field(alias="90%")


class FiguresRecord(Record):
    """Figures of some of the points."""

    n_cells: Count
    """Valid cells of the map."""
    n_occurrences: Some
    """Occurrences on valid cells."""
    n_non_occurrences: Count
    """Non-occurrences on valid cells."""
    auc: Fraction
    """Area under the rate curve; 0.5 for chance."""
    auc_interval: Ends
    p_value: Fraction
    """Chance that occurrences placed at random reach this area."""
    n_clusters: Some
    """Clusters of occurrences, each resampled as one."""
    captures: list[CaptureRecord]
    """For the best 1, 2, 5, 10, 20 and 30% of the area."""
    captured_in_best_tenth: Fraction
    area_holding: AreaHoldingRecord
    boyce: BoyceRecord
    roc_auc: Fraction | None
    classification: ClassificationRecord | None
    confusion: ConfusionRecord | None = Field(validation_alias="called")


class HeadlineRecord(Record):
    """The figures to be quoted: without leaks where occurrences are left."""

    points: Literal["all", "without_repeats", "without_near"]
    """Whose figures these are."""
    sentence: str
    n_occurrences: Some = Field(validation_alias=AliasPath("figures", "n_occurrences"))
    auc: Fraction = Field(validation_alias=AliasPath("figures", "auc"))
    auc_interval: Ends = Field(validation_alias=AliasPath("figures", "auc_interval"))
    p_value: Fraction = Field(validation_alias=AliasPath("figures", "p_value"))
    captured_in_best_tenth: Fraction = Field(
        validation_alias=AliasPath("figures", "best_tenth", "captured")
    )
    interval: Ends = Field(validation_alias=AliasPath("figures", "best_tenth", "interval"))


class ShareRecord(Record):
    """A part of the area, best cells first, and the occurrences it holds."""

    area: Fraction
    captured: Fraction


class CrossingRecord(Record):
    """Where the fraction of the occurrences held equals the fraction of the area left over."""

    area: Fraction = Field(validation_alias=AliasPath("at", "area"))
    captured: Fraction = Field(validation_alias=AliasPath("at", "captured"))
    normalised_density: float
    weight: float
    """Logarithm of the density."""
    threshold: float
    """The score where the curves cross."""
    from_threshold: ShareRecord
    """The cells that reach the threshold."""
    beyond_threshold: ShareRecord
    """The cells with a greater score."""
    coincide_above: float | None
    """Where the curves begin to run along each other."""


class OutlineRecord(Record):
    """Equally spaced scores, at most 101, and the fractions that reach each."""

    threshold: Numbers
    area: Fractions
    captured: Fractions


class PredictionAreaRecord(Record):
    """Prediction-area plot of the headline's occurrences."""

    crossing: CrossingRecord
    n_occurrences: Count
    n_cells: Count
    curve: OutlineRecord = Field(validation_alias="outline")


class CaptureDifferenceRecord(Record):
    """Occurrences held by so much of either map's area, this map less the other."""

    area: Fraction
    value: float
    interval: Ends


class AgainstRecord(Record):
    """Another map at the headline's occurrences."""

    map: str = Field(validation_alias="other_path")
    n_occurrences: Count = Field(validation_alias=AliasPath("curve", "n_occurrences"))
    n_clusters: Count
    n_cells: Count = Field(validation_alias=AliasPath("other_curve", "n_cells"))
    auc: Fraction = Field(validation_alias=AliasPath("other_curve", "auc"))
    auc_difference: DifferenceRecord = Field(validation_alias="auc")
    capture_differences: list[CaptureDifferenceRecord]


class BandRecord(Record):
    """The 95% band of a rate curve, area by area."""

    area: Fractions
    low: Fractions
    high: Fractions


class CurveRecord(Record):
    """Rate curve of all occurrences: its vertices, and its 95% band."""

    area: Fractions
    captured: Fractions
    band: BandRecord = Field(validation_alias=AliasPath("uncertainty", "band"))


class _HeadRecord(Record):
    """What a score's JSON begins with."""

    map: str = Field(validation_alias="map_path")
    points: str = Field(validation_alias="points_path")
    kind: Literal["success-rate", "prediction-rate"]
    label: str | None
    """Field of labels; null: all points are occurrences."""
    headline: HeadlineRecord = Field(validation_alias="quoted")


def _of_figures(name: str) -> str | AliasPath:
    """Find a field of all points' figures where a score has them."""
    return AliasPath("figures", name) if name in FiguresRecord.model_fields else name


class ScoreRecord(FiguresRecord, _HeadRecord):
    """What `geoprospect score --json` prints, and `scores.json` holds for each role of points."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=_of_figures))

    confusion: ConfusionRecord | None = Field(validation_alias=AliasPath("figures", "called"))
    repeats: Counts | None
    """Rows that share a cell with a training point; null where none are known."""
    without_repeats: FiguresRecord | None = Field(
        validation_alias=AliasPath("known_leaks", "without_repeats")
    )
    near: Counts | None = Field(validation_alias=AliasPath("known_leaks", "near"))
    """Rows within near_distance of a training point; null where no distance is known."""
    near_distance: Positive | None = Field(validation_alias=AliasPath("known_leaks", "distance"))
    """Metres."""
    without_near: FiguresRecord | None = Field(
        validation_alias=AliasPath("known_leaks", "without_near")
    )
    prediction_area: PredictionAreaRecord
    against: list[AgainstRecord]
    audit: AuditRecord
    curve: CurveRecord


def score_schema() -> dict[str, Any]:
    """Give the JSON Schema of `Score.to_dict`, drawn from the types.

    Examples
    --------
    >>> score_schema()["properties"]["near_distance"]["description"]
    'Metres.'
    """
    return ScoreRecord.schema_of("Score of a prospectivity map")
