"""What a project file says of its method, and how a method takes what concerns it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from geoprospect.network import Schedule

Pretext = Literal["distribution", "reconstruction", "lithology", "none"]
Preset = Literal["recommended", "paper"]
Balance = Literal["weights", "oversample", "smote"]

PAPER_PRETEXTS: tuple[Pretext, ...] = ("none", "reconstruction", "lithology")
"""The pretext tasks of the published study."""

WHOLE_BATCH = 10_000_000
"""Rows of a batch that holds all of them."""

_OF_SCHEDULES = tuple(field.name for field in fields(Schedule))


@dataclass(frozen=True)
class MethodOptions:
    """What a project file says of its method; a method takes what concerns it.

    Attributes
    ----------
    preset : {"recommended", "paper"}
        Whose settings: ours, or those of Mantilla-Dulcey et al. (2024), Gondwana Research,
        doi 10.1016/j.gr.2024.09.004.
    pretext : {"distribution", "reconstruction", "lithology", "none"}, optional
        The pretext task.
    members : int, optional
        Members of the ensemble; by default as many as the method usually has.
    seed : int
        Seed of everything random.
    training, pretraining, baseline : mapping of str to object
        Settings that differ from the preset's, as under [model.training], [model.pretraining] and
        [model.baseline].
    rock_classes : bool
        Whether there are points of rock classes: the lithology pretext task is then the default.
    balance : {"weights", "oversample", "smote"}, optional
        How labels are made to count alike; "weights", the default, as each method does by itself.

    Examples
    --------
    >>> options = MethodOptions(baseline={"trees": 7}, training={"l1": 0.1, "epochs": 9})
    >>> options.changes("trees", "leaf", "l1")
    {'trees': 7, 'l1': 0.1}
    >>> options.trained(Schedule("mean-squared-error", 1e-3, 10, 500)).epochs
    9
    """

    preset: Preset = "recommended"
    pretext: Pretext | None = None
    members: int | None = None
    seed: int = 0
    training: Mapping[str, Any] = field(default_factory=dict)
    pretraining: Mapping[str, Any] = field(default_factory=dict)
    baseline: Mapping[str, Any] = field(default_factory=dict)
    rock_classes: bool = False
    balance: Balance | None = None

    def changes(self, *names: str) -> dict[str, Any]:
        """Give those of the changed settings that bear these names."""
        changed = {**self.baseline, **self.training}
        return {name: value for name, value in changed.items() if name in names}

    def trained(self, schedule: Schedule) -> Schedule:
        """Change the schedule of a training as [model.training] says."""
        return replace(schedule, **self.changes(*_OF_SCHEDULES))

    def pretrained(self, schedule: Schedule) -> Schedule:
        """Change the schedule of a pretext task as [model.pretraining] says."""
        return replace(schedule, **self.pretraining)
