"""What a check of a project finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

from geoprospect.evidence.inspection.table import LayerTable

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """What a check found: an error stops a run, a warning needs a look, a note tells.

    Attributes
    ----------
    level : {"error", "warning", "note"}
        How grave it is.
    text : str
        What was found, in one line.
    """

    level: Level
    text: str


@dataclass(frozen=True)
class Checked(Sequence[Finding]):
    """What a check found, as a sequence, errors first; and the table of the layers.

    Attributes
    ----------
    findings : tuple of Finding
        What was found.
    layers : LayerTable or None
        What the layers hold; None where the evidence cannot be read.
    """

    findings: tuple[Finding, ...]
    layers: LayerTable | None = None

    def __len__(self) -> int:
        return len(self.findings)

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, place: int | slice) -> Finding | tuple[Finding, ...]:
        return self.findings[place]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return {
            "findings": [vars(finding) for finding in self.findings],
            "layers": [] if self.layers is None else self.layers.to_dict(),
        }
