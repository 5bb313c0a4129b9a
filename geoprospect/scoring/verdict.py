"""What a score says, in plain sentences: for readers who make no maps themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_CHANCE = 0.5  # area under a rate curve that knows nothing
_SURE = 0.05  # p-value
_HALF = 0.5


def percent(share: float) -> str:
    """Write a fraction as a percentage.

    Examples
    --------
    >>> percent(0.357), percent(0.004)
    ('36%', '0.4%')
    """
    return f"{share:.0%}" if share == 0 or share >= 0.01 else f"{share:.1%}"


def number(share: float, n: int) -> str:
    """Write so much of n things, which need not be a whole number."""
    k = share * n
    return f"{k:.0f}" if abs(k - round(k)) < 0.005 else f"about {k:.0f}"


def found(score: dict[str, Any]) -> Iterator[str]:
    """Say what the best tenth of the area holds, and whether that beats chance.

    Parameters
    ----------
    score : dict
        As `Score.to_dict` gives it; the figures are those of its headline.
    """
    head = score["headline"]
    n, share, (low, high) = head["n_occurrences"], head["captured_in_best_tenth"], head["interval"]
    if score["kind"] == "success-rate":
        of = f"{n} deposits" if n > 1 else "only deposit"
        yield f"The best 10% of this map holds {percent(share)} of the {of} that it was made from."
        yield "That tells how well the map fits what it was shown, not how well it finds others."
        return
    if head["n_occurrences"] < score["n_occurrences"]:
        kept = "that lie on ground the model did not learn from"
    elif score["repeats"] is None or _all_repeat(score):
        kept = "given to check it"
    else:
        kept = "kept apart from the model"
    if n == 1:
        holds = "holds" if share >= _HALF else "does not hold"
        yield f"The best 10% of this map {holds} the only deposit {kept.replace('lie', 'lies')}."
        yield "One deposit tells next to nothing of how well a map finds others."
        return
    yield (
        f"The best 10% of this map holds {number(share, n)} of the {n} deposits {kept}: "
        f"{percent(share)}, where chance would give 10%."
    )
    yield (
        f"With {n} deposits the true share may lie anywhere from {percent(low)} to "
        f"{percent(high)} (95% interval). " + _judged(head)
    )


def leaks(score: dict[str, Any]) -> Iterator[str]:
    """Say which points are no test of a map, for they lie on or near what it learned from.

    Parameters
    ----------
    score : dict
        As `Score.to_dict` gives it.
    """
    if score["kind"] == "success-rate":
        return
    head, n = score["headline"], score["n_occurrences"]
    if score["repeats"] is None:
        yield (
            "Which deposits the map was made from is not known here. If these are among them, "
            "the figures above flatter the map."
        )
    elif _all_repeat(score):
        which = f"All {n} deposits given to check the map lie" if n > 1 else "The deposit lies"
        yield f"{which} in cells that the model learned from: nothing new is tested."
    elif head["n_occurrences"] < n:
        left = n - head["n_occurrences"]
        where = (
            "too near a training point"
            if head["points"] == "without_near"
            else "in a cell that the model learned from"
        )
        lie, test, it = ("lie", "they test nothing and are", "them")
        if left == 1:
            lie, test, it = ("lies", "it tests nothing and is", "it")
        yield (
            f"{left} of the {n} deposits given to check the map {lie} {where}; {test} left out of "
            f"the figures above. With {it} the best 10% would hold "
            f"{percent(score['captured_in_best_tenth'])}."
        )
    near, distance = score["near"], score["near_distance"]
    if near and distance and len(near) == score["audit"]["n_kept"]:
        yield (
            f"All points given to check the map lie within {distance / 1000:.3g} km of a training "
            "point: how well it does on ground farther away is not tested by them."
        )


def _all_repeat(score: dict[str, Any]) -> bool:
    """Whether each occurrence lies in a training cell, so that none is left to be quoted."""
    return bool(score["repeats"]) and score["headline"]["points"] == "all"


def _judged(head: dict[str, Any]) -> str:
    """Say whether a map beats chance, by its interval and its p-value."""
    low, _ = head["auc_interval"]
    if low > _CHANCE and head["p_value"] <= _SURE:
        return "The map finds deposits better than chance; how much better is less sure."
    if head["auc"] > _CHANCE:
        return "That the map is better than chance at all is not sure: do not rest on it alone."
    return "The map is no better than chance at these deposits: do not choose ground by it."
