"""The statistics that the sample's layers share with the published study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Recovered from the study's paired tables of raw and transformed training points, from which
# they can be had again with `geoprospect.model.Components.recover`.
_MEAN = (63.06736, 62.9999, 0.0933851, 1.171534, 3.991242, 1.795783, -0.2606416)
_SCALE = (175.1915, 93.94684, 0.2443757, 0.142129, 0.3247862, 0.2328677, 0.2425586)
_ROTATION = (
    (-0.023383, 0.701291, 0.032081, -0.314255, 0.625880, 0.100999, -0.077020),
    (-0.078178, 0.696813, -0.052162, 0.144271, -0.689559, -0.088467, 0.038552),
    (0.343416, 0.033099, 0.931493, 0.006712, -0.083499, 0.039996, -0.068368),
    (0.406537, 0.145314, -0.125985, 0.834720, 0.299487, -0.086795, 0.061296),
    (0.477773, -0.005073, -0.246860, -0.103888, -0.176793, 0.752540, -0.320005),
    (0.498536, 0.016658, -0.124550, -0.315160, -0.042437, -0.073442, 0.793191),
    (0.483043, -0.011281, -0.190384, -0.271126, -0.055331, -0.633349, -0.502589),
)
# Standardised layers have variance 1, so variances w of the components obey rotation² w = 1.
# Besides w = 1 this has one line of solutions; of these the one nearest to the variances of the
# study's 3,000 random cells (3.03, 1.70, 0.67, 0.54, 0.43, 0.32, 0.20).
_VARIANCES = (3.113384, 1.546514, 0.721768, 0.570573, 0.448156, 0.352926, 0.246678)


@dataclass(frozen=True)
class LayerStatistics:
    """What is known of layers without their cells.

    Attributes
    ----------
    names : tuple of str
        The layers.
    mean, scale : ndarray of float64, shape (n_layers,)
        Mean and standard deviation of each, in its own unit.
    rotation : ndarray of float64, shape (n_layers, n_layers)
        Loadings of the standardised layers, a column a principal component.
    variances : ndarray of float64, shape (n_layers,)
        Variance of each component.
    """

    names: tuple[str, ...]
    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    rotation: npt.NDArray[np.float64]
    variances: npt.NDArray[np.float64]


def published_components() -> LayerStatistics:
    """Give mean, scale and loadings of the study's seven layers.

    Returns
    -------
    LayerStatistics
        Of the layers X1 … X7, in the layers' own units, which the study does not state; the
        rotation is orthonormal to rounding.

    Examples
    --------
    >>> components = published_components()
    >>> components.names
    ('X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7')
    >>> np.allclose(components.rotation**2 @ components.variances, 1, atol=1e-5)
    True
    """
    left, _, right = np.linalg.svd(np.array(_ROTATION))
    return LayerStatistics(
        tuple(f"X{k}" for k in range(1, 8)),
        np.array(_MEAN),
        np.array(_SCALE),
        left @ right,
        np.array(_VARIANCES),
    )
