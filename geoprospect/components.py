"""Principal components: a fitted scaler and rotation, applied cell by cell."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ComponentsError, LayerNameError
from geoprospect.evidence import EvidenceStack
from geoprospect.output import replacing

Floats = npt.NDArray[np.float64]
_FORMAT = "geoprospect-components"
_RESIDUAL = 1e-3  # of a component's spread: rounding of published tables stays far below


@dataclass(frozen=True)
class Components:
    """The affine map from evidence layers to principal components.

    Attributes
    ----------
    names : tuple of str
        The evidence layers, in the order of the columns of X.
    mean, scale : ndarray of float64, shape (n_layers,)
        Mean and standard deviation of each layer, in the layer's own unit.
    rotation : ndarray of float64, shape (n_layers, n_layers)
        Orthonormal loadings: column k holds component k + 1.
    variances : ndarray of float64, shape (n_layers,)
        Variance of each component over the cells of the fit.

    Examples
    --------
    >>> X = np.array([[0.0, 1.0], [2.0, 5.0], [4.0, 3.0]])
    >>> components = Components.fit(X, names=("X1", "X2"))
    >>> components.transform(X).shape
    (3, 2)
    """

    names: tuple[str, ...]
    mean: Floats
    scale: Floats
    rotation: Floats
    variances: Floats

    @classmethod
    def fit(
        cls,
        cells: EvidenceStack | npt.ArrayLike,
        *,
        names: Sequence[str] | None = None,
        draw: int | None = None,
        seed: int = 0,
    ) -> Components:
        """Fit scaler and rotation on cells, window by window where a stack is given.

        Parameters
        ----------
        cells : EvidenceStack or array_like, shape (n, n_layers)
            A stack, whose valid cells are used, or the evidence at n cells.
        names : sequence of str, optional
            Layer names; needed with an array, taken from a stack.
        draw : int, optional
            Fit on so many cells drawn at random from the stack instead of all.
        seed : int
            Seed of the draw.

        Raises
        ------
        ComponentsError
            If there are fewer cells than layers, or a layer is constant.

        Notes
        -----
        Two passes over the windows: `sklearn.preprocessing.StandardScaler`, then
        `sklearn.decomposition.IncrementalPCA` (Ross et al. 2008), which keeps all components and
        is therefore exact to rounding.
        """
        from sklearn.decomposition import IncrementalPCA  # noqa: PLC0415 - slow to import
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        if isinstance(cells, EvidenceStack):
            names = cells.names
            source: EvidenceStack | Floats = cells
            if draw is not None:
                source = np.asarray(cells.draw(draw, seed=seed)[0], dtype=np.float64)
        else:
            source = np.atleast_2d(np.asarray(cells, dtype=np.float64))
            if names is None or len(names) != source.shape[1]:
                raise ComponentsError(
                    "each column needs a layer name", found=names, expected=source.shape[1]
                )
        n_layers = len(names)
        scaler = StandardScaler()
        n = 0
        for batch in _batches(source, n_layers):
            scaler.partial_fit(batch)
            n += len(batch)
        if n <= n_layers:
            raise ComponentsError(
                "too few valid cells for a principal component analysis",
                found=n,
                expected=f"more than the {n_layers} layers",
            )
        for name, mean, variance in zip(names, scaler.mean_, scaler.var_, strict=True):
            if variance <= (1e-7 * mean) ** 2:
                raise ComponentsError(
                    "the layer has one value everywhere",
                    layer=name,
                    found=float(mean),
                    mend="leave the layer out of [evidence]; it tells no cell from another",
                )
        pca = IncrementalPCA(n_components=n_layers)
        for batch in _batches(source, n_layers):
            with warnings.catch_warnings():
                # scikit-learn divides 0 by 0 in a ratio that is not used here
                warnings.simplefilter("ignore", RuntimeWarning)
                pca.partial_fit(scaler.transform(batch))
        return cls(
            tuple(names),
            np.asarray(scaler.mean_),
            np.asarray(scaler.scale_),
            np.ascontiguousarray(pca.components_.T),
            np.asarray(pca.explained_variance_),
        )

    @classmethod
    def recover(
        cls, raw: npt.ArrayLike, transformed: npt.ArrayLike, *, names: Sequence[str]
    ) -> Components:
        """Recover the components of which only their result was published.

        Least squares gives the affine map from raw to transformed rows; its linear part splits
        into the scales (the norms of its rows, inverted) and a rotation, because loadings are
        orthonormal.

        Parameters
        ----------
        raw : array_like, shape (n, n_layers)
            Evidence at n cells, in the layers' units.
        transformed : array_like, shape (n, n_layers)
            The components of the same cells, in the same order.
        names : sequence of str
            Names of the columns of `raw`.

        Raises
        ------
        ComponentsError
            If the tables do not pair, or no standardised rotation links them.

        Examples
        --------
        >>> X = np.array([[0.0, 1.0], [2.0, 5.0], [4.0, 3.0], [1.0, 1.0]])
        >>> fitted = Components.fit(X, names=("X1", "X2"))
        >>> recovered = Components.recover(X, fitted.transform(X), names=("X1", "X2"))
        >>> np.allclose(recovered.rotation, fitted.rotation, atol=1e-5)
        True
        """
        X = np.asarray(raw, dtype=np.float64)
        P = np.asarray(transformed, dtype=np.float64)
        if X.ndim != 2 or X.shape != P.shape or X.shape[1] != len(names):
            raise ComponentsError(
                "the raw and the transformed table do not pair",
                found=f"{X.shape} against {P.shape} for {len(names)} names",
                expected="as many rows and columns in both, one name a column",
            )
        if len(X) <= X.shape[1] or not (np.isfinite(X).all() and np.isfinite(P).all()):
            raise ComponentsError(
                "the paired tables hold too few rows, or gaps",
                found=f"{len(X)} rows",
                expected=f"more than {X.shape[1]} rows of finite numbers",
            )
        centre, spread = X.mean(axis=0), X.std(axis=0)
        spread[spread == 0] = 1.0
        design = np.c_[(X - centre) / spread, np.ones(len(X))]
        solution = np.linalg.lstsq(design, P, rcond=None)[0]
        residual = np.abs(design @ solution - P).max()
        if residual > _RESIDUAL * P.std():
            raise ComponentsError(
                "the transformed table is no affine map of the raw one",
                found=f"a residual of {residual:.2g}",
                mend="check that rows and columns of both tables are in the same order",
            )
        linear = solution[:-1] / spread[:, None]
        scale = 1.0 / np.linalg.norm(linear, axis=1)
        left, _, right = np.linalg.svd(linear * scale[:, None])
        rotation = left @ right  # the nearest orthonormal matrix, clear of rounding
        if np.abs(rotation - linear * scale[:, None]).max() > _RESIDUAL:
            raise ComponentsError(
                "the map between the tables is not a rotation of standardised layers",
                mend="check that `transformed` holds unscaled principal components of `raw`",
            )
        # At zero evidence the map gives -(mean / scale) @ rotation.
        offset = solution[-1] - centre @ linear
        return cls(tuple(names), -(offset @ rotation.T) * scale, scale, rotation, P.var(axis=0))

    def transform(self, X: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Turn evidence into components.

        Parameters
        ----------
        X : array_like, shape (n, n_layers)
            Evidence in the order of `names`.

        Returns
        -------
        ndarray of float32, shape (n, n_layers)
            Components, unscaled (component k has variance `variances[k]`).
        """
        standardised = (np.asarray(X, dtype=np.float64) - self.mean) / self.scale
        return (standardised @ self.rotation).astype(np.float32)

    def select(self, stack: EvidenceStack) -> EvidenceStack:
        """Give the stack's layers in the order of these components.

        Raises
        ------
        LayerNameError
            If the stack's names are not those of the fit; their order does not matter.
        """
        if set(stack.names) != set(self.names):
            raise LayerNameError(
                "the evidence layers are not those the components were fitted on",
                found=", ".join(stack.names),
                expected=", ".join(self.names),
                mend="give the layers under [evidence] the names of the fit",
            )
        return stack.select(self.names[: len(stack.layers)])

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the components as JSON."""
        content = {
            "format": _FORMAT,
            "names": list(self.names),
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "rotation": self.rotation.tolist(),
            "variances": self.variances.tolist(),
        }
        with replacing(path, overwrite=overwrite) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n")

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Components:
        """Read components from JSON.

        Raises
        ------
        ComponentsError
            If the file is missing or does not hold components.
        """
        try:
            content = json.loads(Path(path).read_text())
            names = tuple(str(name) for name in content["names"])
            mean, scale, rotation, variances = (
                np.asarray(content[key], dtype=np.float64)
                for key in ("mean", "scale", "rotation", "variances")
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ComponentsError(
                f"cannot be read as components: {error}",
                path=path,
                expected="the JSON file that `geoprospect train` writes",
            ) from error
        n = len(names)
        shapes = (mean.shape, scale.shape, rotation.shape, variances.shape)
        orthonormal = rotation.shape == (n, n) and np.allclose(
            rotation.T @ rotation, np.eye(n), atol=1e-4
        )
        if shapes != ((n,), (n,), (n, n), (n,)) or not orthonormal or not (scale > 0).all():
            raise ComponentsError(
                "holds no consistent components",
                path=path,
                found=f"{n} names, arrays of shapes {shapes}",
                expected="positive scales and an orthonormal rotation, one row a name",
            )
        return cls(names, mean, scale, rotation, variances)


def _batches(source: EvidenceStack | Floats, n_layers: int) -> Iterator[Floats]:
    """Give valid cells in batches of at least `n_layers` rows, which the fit needs."""
    if not isinstance(source, EvidenceStack):
        yield source
        return
    waiting = np.empty((0, n_layers))
    for window in source.windows():
        waiting = np.concatenate([waiting, source.read(window).X])
        if len(waiting) > 2 * n_layers:
            yield waiting[:-n_layers]  # enough are kept that the last batch is never too small
            waiting = waiting[-n_layers:]
    if len(waiting):
        yield waiting
