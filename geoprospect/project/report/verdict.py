"""What a run says, in plain sentences: the first thing that a reader sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoprospect.project.report.material import Material, json_of
from geoprospect.scoring.verdict import found, leaks, percent

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


def verdict(material: Material) -> list[str]:
    """Say how well the map finds deposits, how sure that is, and what to beware of."""
    return [*_found(material), *_chosen(material)]


def cautions(material: Material) -> list[str]:
    """Say what a reader might take the map for that it is not."""
    score = material.roles.get("validation")
    lines = [] if score is None else list(leaks(score))
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
    if score is not None:
        yield from found(score)
        return
    yield from found(material.roles["training"])
    yield "No deposits were kept apart to check it with."


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
