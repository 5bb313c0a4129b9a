"""What a run says, in plain sentences: the first thing that a reader sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoprospect.project.report.material import Material, json_of

_CHANCE = 0.5  # area under a rate curve, or a ROC curve, that knows nothing
_SURE = 0.05  # p-value
_HALF = 0.5
METHODS = {
    "svm": "support vector machine",
    "average": "average of a random forest, extra trees and a support vector machine",
    "lithology-fine-tuning": "network that learned rock classes first",
    "distribution-fine-tuning": "network that learned how the layers are distributed first",
    "gaussian-process": "Gaussian process",
}
_CORE = {"random-forest", "extra-trees", "svm"}


def plain_method(name: str) -> str:
    """Name a method in words.

    Examples
    --------
    >>> plain_method("random-forest"), plain_method("average with boosting")
    ('random forest', 'average, with boosting')
    """
    if name.startswith("average with "):
        return f"average, with {plain_method(name.removeprefix('average with '))}"
    return METHODS.get(name, name.replace("-", " "))


def parts_in_words(choice: dict[str, Any]) -> str:
    """Name what is averaged: the usual three, and what joined them."""
    added = [name for name in choice["parts"] if name not in _CORE]
    text = METHODS["average"]
    return f"{text}, joined by a {plain_method(added[0])}" if added else text


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


def verdict(material: Material) -> list[str]:
    """Say how well the map finds deposits, how sure that is, and what to beware of."""
    return [*_found(material), *_chosen(material)]


def cautions(material: Material) -> list[str]:
    """Say what a reader might take the map for that it is not."""
    lines = list(_leaks(material))
    lines.append(
        "The score puts ground in order, from unlike to like the known deposits. It is not the "
        "chance of finding a deposit"
        + (
            "; the layer “probability” of the map is an estimate of that."
            if material.found("probability.tif")
            else "."
        )
    )
    applicability = material.found("applicability.json")
    if applicability is not None:
        outside = 1 - json_of(applicability)["inside"]
        lines.append(
            f"{percent(outside)} of the map lies outside its area of applicability: ground unlike "
            "all training points, where its scores say little. It is hatched."
        )
    beyond = next((line for line in material.log if line.startswith("map: ")), "")
    words = beyond.removeprefix("map: ").split()
    if len(words) > 2 and words[0].isdigit() and words[2].isdigit() and int(words[0]):
        share = int(words[0]) / int(words[2])
        lines.append(
            f"{percent(share)} of the map is extrapolation: some layer there has values outside "
            "the range of the training points."
        )
    return lines


def _found(material: Material) -> Iterator[str]:
    """Say what the best tenth of the area holds, and whether that beats chance."""
    score = material.roles.get("validation")
    if score is None:
        score = material.roles["training"]
        head = score["headline"]
        yield (
            f"The best 10% of this map holds {percent(head['captured_in_best_tenth'])} of the "
            f"{head['n_occurrences']} deposits that it was made from; no deposits were kept apart "
            "to check it with."
        )
        yield "That tells how well the map fits what it was shown, not how well it finds others."
        return
    head = score["headline"]
    n, share, (low, high) = head["n_occurrences"], head["captured_in_best_tenth"], head["interval"]
    if head["n_occurrences"] < score["n_occurrences"]:
        kept = "that lie on ground the model did not learn from"
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


def _judged(head: dict[str, Any]) -> str:
    """Say whether a map beats chance, by its interval and its p-value."""
    low, _ = head["auc_interval"]
    if low > _CHANCE and head["p_value"] <= _SURE:
        return "The map finds deposits better than chance; how much better is less sure."
    if head["auc"] > _CHANCE:
        return "That the map is better than chance at all is not sure: do not rest on it alone."
    return "The map is no better than chance at these deposits: do not choose ground by it."


def _chosen(material: Material) -> Iterator[str]:
    """Say what was chosen, and what it scored on regions held out."""
    choice = material.choice
    if choice is None:
        return
    low, high = choice["interval"]
    yield (
        f"Tried on whole regions that were held out of the training, the method chosen scores "
        f"{choice['value']:.2f} ({low:.2f}–{high:.2f}), where 0.5 is chance and 1 is perfect."
    )


def _leaks(material: Material) -> Iterator[str]:
    """Say which validation points are no test."""
    score = material.roles.get("validation")
    if score is None:
        return
    head, n = score["headline"], score["n_occurrences"]
    if head["n_occurrences"] < n:
        where = (
            "lie too near a training point"
            if head["points"] == "without_near"
            else "lie in a cell that the model learned from"
        )
        yield (
            f"{n - head['n_occurrences']} of the {n} deposits given to check the map {where}; they "
            "test nothing and are left out of the figures above. With them the best 10% would hold "
            f"{percent(score['captured_in_best_tenth'])}."
        )
    near, distance = score["near"], score["near_distance"]
    if near and distance and len(near) == score["audit"]["n_kept"]:
        yield (
            f"All points given to check the map lie within {distance / 1000:.3g} km of a training "
            "point: how well it does on ground farther away is not tested by them."
        )
