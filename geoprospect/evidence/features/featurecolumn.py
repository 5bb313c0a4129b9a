"""What columns of evidence that are made of features have in common: a file, and no grid."""

from __future__ import annotations

import os
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from geoprospect.errors import GridNeededError, without_secrets
from geoprospect.evidence.features.source import FeatureSource
from geoprospect.evidence.local import is_local
from geoprospect.grid import Grid

_PATHS = {"path", "mapped"}  # settings that name files


@dataclass(frozen=True)
class FeatureColumn:
    """A column made of the features of a vector file or a table of points.

    Pickled, it bears its absolute path, so that it opens the same file in any folder.

    Attributes
    ----------
    name : str
        The name of the layer.
    path : str
        Vector file, or table of points, in any CRS.
    layer : str, optional
        The layer of a file with several.
    where : str, optional
        A condition that chooses among the features, as ``type = 'thrust'``.
    crs, x, y : str, optional
        As for `geoprospect.evidence.features.reading.read_features`.
    """

    name: str
    path: str
    _: KW_ONLY
    layer: str | None = None
    where: str | None = None
    crs: str | None = None
    x: str | None = None
    y: str | None = None
    halo: ClassVar[int] = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it is made of."""
        return (self.path,)

    @property
    def source(self) -> FeatureSource:
        """The file, and which of its features."""
        return FeatureSource(self.path, self.layer, self.where, self.crs, self.x, self.y)

    def on(self, grid: Grid | None) -> Grid:
        """Give the grid that it is to lie on.

        Raises
        ------
        GridNeededError
            If there is none.
        """
        if grid is None:
            raise GridNeededError(
                "features have no grid of their own",
                path=without_secrets(self.path),
                layer=self.name,
                mend="give a raster beside it, whose grid it then lies on",
            )
        return grid

    def __getstate__(self) -> dict[str, Any]:
        state = dict(vars(self))
        for setting in _PATHS & state.keys():
            if state[setting] in self.paths and is_local(state[setting]):
                state[setting] = os.path.abspath(state[setting])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
