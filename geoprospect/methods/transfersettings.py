"""The settings of networks by preset: those we recommend, and those of the published study."""

from __future__ import annotations

from typing import Any, Literal

from geoprospect.methods.options import WHOLE_BATCH, Preset, Pretext
from geoprospect.network import Schedule
from geoprospect.network.builders import PAPER_WIDTHS

Strategy = Literal["fine-tuning", "linear-probing", "from-scratch"]

_PAPER_PRETRAINING: dict[Pretext, Schedule] = {
    "reconstruction": Schedule("mean-squared-error", 1e-3, 10_000, 500, held_back=0.2),
    "lithology": Schedule("categorical-crossentropy", 1e-3, 32, 1000, held_back=0.2),
}
_PRETRAINING: dict[Pretext, Schedule] = {
    "reconstruction": Schedule("mean-squared-error", 1e-3, WHOLE_BATCH, 400),
    "lithology": Schedule("categorical-crossentropy", 1e-3, WHOLE_BATCH, 3000),
}
_STEPS: dict[Pretext, int] = {
    "distribution": 150,
    "reconstruction": 250,
    "lithology": 100,
    "none": 250,
}
_LENGTHS: dict[Pretext, tuple[float, float]] = {"distribution": (0.7, 3.0)}
_OF_THE_HEAD = 50  # of these, where rock classes were learned and the encoder is tuned


def transfer_settings(pretext: Pretext, strategy: Strategy, preset: Preset) -> dict[str, Any]:
    """Give the settings of a pretext task and a strategy, by the names of `Transfer`.

    Parameters
    ----------
    pretext : {"distribution", "reconstruction", "lithology", "none"}
        The pretext task.
    strategy : {"fine-tuning", "linear-probing", "from-scratch"}
        The strategy.
    preset : {"recommended", "paper"}
        Whose settings: ours, or those of Mantilla-Dulcey et al. (2024), Gondwana Research,
        doi 10.1016/j.gr.2024.09.004.

    Notes
    -----
    Ours is one wide layer of cosines, whose initial weights are random Fourier features (Rahimi &
    Recht 2007, Random features for large-scale kernel machines): before training it is a kernel
    machine. Its few steps, each on all points, end before it fits them too closely; where rock
    classes were learned, sooner, and the head learns first, lest the encoder forget them. It was
    chosen among some 500 variants by cross-validation in space, in k-means regions with a buffer
    on the published study's points; its figures were then taken in other regions. After the
    distribution of layers, cosines of several lengths suit smooth and rough ground alike.

    Examples
    --------
    >>> transfer_settings("lithology", "linear-probing", "paper")["training"].rate
    0.001
    """
    if preset == "paper":
        tuned = strategy == "fine-tuning"
        penalty = 0.0 if strategy == "from-scratch" else 0.01
        return {
            "pretraining": _PAPER_PRETRAINING.get(pretext),
            "training": Schedule("binary-crossentropy", 1e-5 if tuned else 1e-3, 82, 6000),
            "class_weights": tuned,
            "l1": penalty,
            "l2": penalty,
            "widths": PAPER_WIDTHS,
            "activation": "relu",
        }
    head = _OF_THE_HEAD if (pretext, strategy) == ("lithology", "fine-tuning") else 0
    return {
        "pretraining": _PRETRAINING.get(pretext),
        "training": Schedule("binary-crossentropy", 1e-3, WHOLE_BATCH, _STEPS[pretext] - head),
        "class_weights": True,
        "l1": 0.0,
        "l2": 0.0,
        "widths": (200,),
        "activation": "cosine",
        "lengths": _LENGTHS.get(pretext, (1.0, 1.0)),
        "head_epochs": head,
    }
