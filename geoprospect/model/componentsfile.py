"""Components as a JSON file: written, read and checked."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geoprospect.errors import ComponentsError
from geoprospect.output import replacing
from geoprospect.typing import Floats, StrPath

ARRAYS = ("mean", "scale", "rotation", "variances")
"""The arrays of components, in the order of `Components`."""

_LONGEST = 2**26  # bytes
_FORMAT = "geoprospect-components"


def write_components(path: StrPath, values: Mapping[str, Any], *, overwrite: bool) -> None:
    """Write the names and arrays of components, as plain values.

    Raises
    ------
    OutputError
        If the file exists already or cannot be written.
    """
    with replacing(path, overwrite=overwrite) as temporary:
        temporary.write_text(json.dumps({"format": _FORMAT, **values}, indent=1) + "\n")


def read_components(path: StrPath) -> tuple[tuple[str, ...], list[Floats]]:
    """Read the names and arrays of components.

    Raises
    ------
    ComponentsError
        If the file is missing or does not hold components.
    """
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise ValueError("it is no plain file")
        if Path(path).stat().st_size > _LONGEST:
            raise ValueError(f"it is larger than {_LONGEST >> 20} MB")
        content = json.loads(Path(path).read_text())
        names = tuple(str(name) for name in content["names"])
        arrays = [np.asarray(content[key], dtype=np.float64) for key in ARRAYS]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ComponentsError(
            f"cannot be read as components: {error}",
            path=path,
            expected="the JSON file that `geoprospect train` writes",
        ) from error
    n = len(names)
    _, scale, rotation, _ = arrays
    shapes = [array.shape for array in arrays]
    orthonormal = rotation.shape == (n, n) and np.allclose(
        rotation.T @ rotation, np.eye(n), atol=1e-4
    )
    finite = all(np.isfinite(array).all() for array in arrays)
    if (
        shapes != [(n,), (n,), (n, n), (n,)]
        or not orthonormal
        or not (scale > 0).all()
        or not finite
    ):
        raise ComponentsError(
            "holds no consistent components",
            path=path,
            found=f"{n} names, arrays of shapes {shapes}",
            expected="positive scales and an orthonormal rotation, one row a name",
        )
    return names, arrays
