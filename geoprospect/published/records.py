"""What a reproduction of the published study looks like as JSON."""

from __future__ import annotations

from pydantic import AliasPath, Field

from geoprospect.report.record import Called, Count, Counts, Fraction, Record, Sentences
from geoprospect.scoring.records import ScoreRecord


class OverlapRecord(Record):
    """Rows of one table that lie in cells of another."""

    rows: str
    of: str
    n: Count
    n_rows: Count


class StudyAuditRecord(Record):
    """What the study's tables repeat, lack and leak; rows counted from 0."""

    training_points: Count = Field(validation_alias="n_training")
    training_occurrences: Count = Field(validation_alias="n_occurrences")
    training_rows_without_coordinates: Counts = Field(validation_alias="no_coordinates")
    training_rows_that_repeat_a_cell: Count = Field(validation_alias="n_repeated")
    validation_points: dict[str, Count] = Field(validation_alias="n_validation")
    validation_points_in_training_cells: dict[str, Count] = Field(validation_alias="n_repeats")
    validation_rows_in_training_cells: Counts = Field(validation_alias="repeats")
    overlaps: list[OverlapRecord]
    components_residual: float = Field(validation_alias="residual")


class SetRecord(Record):
    """Areas under the ROC curve on a set of points."""

    published: Fraction | None
    median: Fraction | None
    range: list[Fraction] | None
    published_inside_range: bool | None
    seeds: list[Fraction | None]


class MethodRecord(Record):
    """A method: the published weights' figures beside those of networks trained here."""

    experiments: list[str]
    method: str
    training_occurrences: Count = Field(validation_alias="n_occurrences")
    weights: str | None
    note: str
    roc_auc: dict[str, SetRecord] = Field(validation_alias="by_points")


class StudyMapRecord(Record):
    """A map over the rebuilt layers, and its scores."""

    name: str
    published: bool
    map: str = Field(validation_alias="file_name")
    success_rate: ScoreRecord = Field(validation_alias="success")
    prediction_rate: ScoreRecord | None = Field(validation_alias="prediction")


class ReproductionRecord(Record):
    """What `geoprospect reproduce --json` prints, and `reproduction.json` holds."""

    geoprospect: str = Field(validation_alias="version")
    study: str = Field(validation_alias=AliasPath("study", "folder"))
    seeds: Count
    seed: Count
    effort: Fraction
    seconds: float = Field(validation_alias="rounded_seconds")
    leak: Called = Field(validation_alias=AliasPath("audit", "leak"))
    audit: StudyAuditRecord
    results: list[MethodRecord]
    remarks: Sentences
    maps: list[StudyMapRecord]
