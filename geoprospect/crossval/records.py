"""What a comparison of methods looks like as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field

from geoprospect.crossval.folds import FoldKind
from geoprospect.errors import without_secrets
from geoprospect.report.record import (
    AuditRecord,
    Count,
    DifferenceRecord,
    Ends,
    Fraction,
    Fractions,
    Record,
    Sentences,
    Some,
)

Address = Annotated[str, BeforeValidator(without_secrets)]
"""A path, or an address less its secrets."""


class RegionsRecord(Record):
    """Polygons of a vector file."""

    path: Address
    field: str | None
    layer: str | None


class SchemeRecord(Record):
    """How points were held out."""

    kind: FoldKind
    folds: Some
    repeats: Some
    size: float | None
    """Edge of a block, in metres."""
    buffer: float
    """Metres."""
    seed: Count
    regions: RegionsRecord | None


class MethodRecord(Record):
    """What a method scored at points held out."""

    auc: Fractions
    """Area under the ROC curve, by repeat."""
    average_precision: Fractions
    """Average precision, by repeat."""
    rate_area: Fractions | None
    """Area under the prediction-rate curve of the ground held out, by repeat."""
    auc_within_folds: Fraction
    """Area under the ROC curve of points ranked by one model, mean over occurrences and repeats."""
    mean: dict[str, Fraction]
    """The figures, mean over the repeats."""
    interval: dict[str, Ends]
    against_null: dict[str, DifferenceRecord] | None
    """More than coordinates alone; null for these."""
    against_best: dict[str, DifferenceRecord] | None
    """More than the best method; null for that."""


class GainRecord(Record):
    """What some layers add to a method."""

    layers: str
    """What was left out, as it was asked for."""
    method: str
    mean: dict[str, Fraction]
    """The figures without them, mean over the repeats."""
    interval: dict[str, Ends]
    gained: dict[str, DifferenceRecord]
    """What the method has more with them, at the same points."""


class ComparisonRecord(Record):
    """What `geoprospect crossval --json` prints, and `crossval.json` holds."""

    scheme: SchemeRecord
    points: Address = Field(validation_alias=AliasPath("samples", "path"))
    cells: Some = Field(validation_alias="n_cells")
    """Distinct cells with points."""
    occurrences: Some = Field(validation_alias="n_occurrences")
    """Cells with an occurrence."""
    clusters: Some = Field(validation_alias=AliasPath("bootstrap", "n_clusters"))
    """Clusters of cells, each resampled as one."""
    cluster_width: float = Field(validation_alias="near")
    """Metres; no cluster is wider."""
    audit: AuditRecord = Field(validation_alias=AliasPath("samples", "audit"))
    headline: str
    """The figure that methods are chosen by."""
    fold_occurrences: list[list[Count]]
    """Cells with an occurrence in each fold, by repeat."""
    best: str = Field(validation_alias=AliasPath("best", "method"))
    """The method of the greatest headline figure."""
    methods: dict[str, MethodRecord] = Field(validation_alias="by_method")
    """The methods by name, the null last."""
    without: list[GainRecord] = Field(validation_alias="gains")
    """What layers add that were left out in turn."""
    remarks: Sentences = Field(validation_alias="sentences")
