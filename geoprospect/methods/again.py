"""A method fitted again: with other seeds, fewer members, and forests of fewer trees."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from geoprospect.errors import TrainingError
from geoprospect.methods.forest import Forest
from geoprospect.methods.mean import Average
from geoprospect.methods.method import Method
from geoprospect.methods.resampled import Resampled

_TREES = 50  # of a member: the trees of a forest are members themselves, of which fewer will do


def again(method: Method, *, members: int, seed: int) -> Method:
    """Give a method with another seed, and so many members; of an average, of each part.

    Forests have fifty trees a member at most. Nothing else of the method changes.

    Parameters
    ----------
    method : Method
        The method.
    members : int
        Members, of an average those of each part.
    seed : int
        Seed of everything random.

    Raises
    ------
    TrainingError
        If the method is not a dataclass with the fields `members` and `seed`.

    Examples
    --------
    >>> from geoprospect.methods import method_named
    >>> few = again(method_named("average"), members=2, seed=7)
    >>> few.members, few.seed
    (6, 7)
    """
    if isinstance(method, Average):
        parts = tuple(again(part, members=members, seed=seed) for part in method.parts)
        return replace(method, parts=parts)
    if isinstance(method, Resampled):
        return replace(method, method=again(method.method, members=members, seed=seed))
    if isinstance(method, Forest):
        return replace(method, members=members, seed=seed, trees=min(method.trees, _TREES))
    names: list[str] = [one.name for one in fields(method)] if is_dataclass(method) else []
    if not {"members", "seed"} <= set(names):
        raise TrainingError(
            f"the method {method.name} cannot be fitted again with other seeds",
            found=type(method).__name__,
            expected="a dataclass with the fields `members` and `seed`",
        )
    dataclass: Any = method
    changed: Method = replace(dataclass, members=members, seed=seed)
    return changed


def members_of_parts(method: Method) -> tuple[float, ...]:
    """Count the members of each part of an average, such as `again` gives; else of the method.

    A member of a hundred trees counts as two, for `again` has members of fifty.

    Examples
    --------
    >>> from geoprospect.methods import method_named
    >>> members_of_parts(method_named("random-forest")), members_of_parts(method_named("average"))
    ((10.0,), (10.0, 10.0, 10.0))
    """
    if isinstance(method, Average):
        return tuple(each for part in method.parts for each in members_of_parts(part))
    inner = method.method if isinstance(method, Resampled) else method
    trees = max(inner.trees / _TREES, 1.0) if isinstance(inner, Forest) else 1.0
    return (method.members * trees,)
