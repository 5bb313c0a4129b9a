"""Parts of a value, each worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from geoprospect.errors import GeoprospectError

_T = TypeVar("_T")


class HasResults(Protocol):
    """What keeps the results of its parts, errors too, by part."""

    results: dict[object, Any]


class part(Generic[_T]):  # noqa: N801 - used as `property` is
    """A part of a run's inputs: worked out when first asked for, its error kept like its value."""

    def __init__(self, step: Callable[[Any], _T]) -> None:
        self._step, self.__doc__ = step, step.__doc__

    @overload
    def __get__(self, inputs: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, inputs: HasResults, owner: Any = None) -> _T: ...
    def __get__(self, inputs: HasResults | None, owner: Any = None) -> _T | Self:
        if inputs is None:
            return self
        results = inputs.results
        if self not in results:
            try:
                results[self] = self._step(inputs)
            except GeoprospectError as error:
                results[self] = error
        result = results[self]
        if isinstance(result, GeoprospectError):
            raise result
        return result  # type: ignore[no-any-return]  # as `step` gave it
