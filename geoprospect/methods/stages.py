"""The stage under which progress is reported."""

from __future__ import annotations

from geoprospect.typing import Progress


def under_stage(progress: Progress | None, stage: str) -> Progress | None:
    """Report progress under the name of a stage, whatever the name it comes with.

    Examples
    --------
    >>> under_stage(print, "fine-tuning")("training", 3, 6000, "loss 0.52")
    fine-tuning 3 6000 loss 0.52
    """
    if progress is None:
        return None
    return lambda _, done, total, word: progress(stage, done, total, word)
