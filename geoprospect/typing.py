"""Types that all rooms share: arrays by what they hold, paths, and what is told of progress."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Bools: TypeAlias = npt.NDArray[np.bool_]
"""Truth values: masks, validity."""

Floats: TypeAlias = npt.NDArray[np.float64]
"""Coordinates, distances, figures."""

Ints: TypeAlias = npt.NDArray[np.int64]
"""Cells, labels, folds, numbers of points."""

Values: TypeAlias = npt.NDArray[np.float32]
"""Evidence, components, weights and scores: what there is a number of for each cell."""

StrPath: TypeAlias = str | os.PathLike[str]
"""A path of a file, or any other that GDAL reads."""

Progress: TypeAlias = Callable[[str, int, int, str], None]
"""Called with the stage, the steps done, the steps in all and a word on them."""

StageProgress: TypeAlias = Callable[[int, int], None]
"""Called with the steps done and the steps in all, within one stage."""
