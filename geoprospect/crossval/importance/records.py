"""What a model uses, as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from geoprospect.crossval.records import SchemeRecord
from geoprospect.report.record import (
    DifferenceRecord,
    Fraction,
    Numbers,
    Positive,
    Record,
    Sentences,
    Some,
)


def _rows(values: object) -> object:
    """Turn an array of two dimensions into lists."""
    return values.tolist() if hasattr(values, "tolist") else values


Rows = Annotated[list[list[float]], BeforeValidator(_rows)]


class DropRecord(Record):
    """What a layer, or a group of layers, is worth."""

    layers: list[str]
    worth: DifferenceRecord
    """How far the figure drops when their values are shuffled, with its 95% interval."""
    permutation_error: Positive
    """The part of the standard error that is due to the permutations drawn."""


class ImportanceRecord(Record):
    """What each layer is worth at points held out in space."""

    method: str
    scheme: SchemeRecord
    figure: str
    """The figure that drops."""
    value: Fraction
    """The figure with all layers as they are, mean over the repeats."""
    single: list[DropRecord]
    """Each layer, that of the greatest worth first."""
    groups: list[DropRecord]
    """Each group of layers that go together."""
    layers: list[str]
    """The layers, in the order of `correlation`."""
    correlation: Rows
    """How strongly their ranks correlate, from 0 to 1."""
    threshold: Fraction
    """What correlation makes a group."""
    permutations: Some
    """Permutations of each fold of each repeat."""
    clusters: Some = Field(validation_alias="n_clusters")
    """Clusters of points, each resampled as one."""
    cluster_width: Positive = Field(validation_alias="near")
    """Metres; no cluster is wider."""


class CurveRecord(Record):
    """A curve with its bands."""

    value: Numbers
    members: Rows
    """Between which 95% of the curves of single members lie: low ends, high ends."""
    cells: Rows
    """Its 95% interval over draws of cells: low ends, high ends."""


class EffectRecord(Record):
    """How scores change with a column of evidence, or with the classes of a layer."""

    layer: str
    name: str
    at: list[float] | list[str]
    """Values of the column in its own unit, or classes."""
    shares: Numbers
    """How much of the ground each stands for."""
    dependence: dict[str, CurveRecord]
    """The partial dependence, by scale: score, log-odds."""
    accumulated: dict[str, CurveRecord]
    """The accumulated local effects, by scale; of mean 0 over the ground."""


class InteractionRecord(Record):
    """How strongly two layers act together."""

    layers: list[str]
    strength: dict[str, Positive]
    """Friedman & Popescu's H, by scale."""
    size: dict[str, Positive]
    """Standard deviation of what is not the sum of both, by scale."""


class ModelUseRecord(Record):
    """What `geoprospect importance --json` prints, and `importance.json` holds."""

    remarks: Sentences = Field(validation_alias="sentences")
    importance: ImportanceRecord
    effects: list[EffectRecord]
    """Columns of the layers of the greatest worth first."""
    interactions: list[InteractionRecord]
    """The largest first; of many layers, pairs of the eight of the greatest worth."""
