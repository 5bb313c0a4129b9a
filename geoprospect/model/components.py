"""Principal components: a fitted scaler and rotation, applied cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geoprospect.errors import ComponentsError, LayerNameError
from geoprospect.evidence import EvidenceStack
from geoprospect.methods.method import Sees
from geoprospect.model.componentsfile import ARRAYS, read_components, write_components
from geoprospect.model.moments import Moments, principal_axes
from geoprospect.model.recovery import recovered
from geoprospect.typing import Floats, StrPath, Values

_BATCH = 65_536  # cells whose deviations are taken at a time


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
        One pass over the windows: means and products of deviations are combined batch by batch
        (Chan, Golub & LeVeque 1983), and the eigenvectors of their correlations are the loadings.
        The greatest loading of each is positive.
        """
        if isinstance(cells, EvidenceStack):
            names = cells.names
            source: EvidenceStack | Values | Floats = cells
            if draw is not None:
                source = cells.draw(draw, seed=seed)[0]
        else:
            source = np.atleast_2d(np.asarray(cells, dtype=np.float64))
            if names is None or len(names) != source.shape[1]:
                raise ComponentsError(
                    "each column needs a layer name", found=names, expected=source.shape[1]
                )
        moments = Moments.of(_batches(source), len(names))
        if moments.n <= len(names):
            raise ComponentsError(
                "too few valid cells for a principal component analysis",
                found=moments.n,
                expected=f"more than the {len(names)} layers",
            )
        for name, mean, variance in zip(names, moments.mean, moments.variance, strict=True):
            if variance <= (1e-7 * mean) ** 2:
                raise ComponentsError(
                    "the layer has one value everywhere",
                    layer=name,
                    found=float(mean),
                    mend="leave the layer out of [evidence]; it tells no cell from another",
                )
        scale = np.sqrt(moments.variance)
        variances, rotation = principal_axes(moments.products / np.outer(scale, scale))
        return cls(tuple(names), moments.mean, scale, rotation, variances / (moments.n - 1))

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
        mean, scale, rotation = recovered(raw, transformed, len(names))
        variances = np.asarray(transformed, dtype=np.float64).var(axis=0)
        return cls(tuple(names), mean, scale, rotation, variances)

    def unrotated(self) -> Components:
        """Give the standardised layers in the place of the components.

        For methods that split along axes: to them a rotation hides the layers.

        Returns
        -------
        Components
            Of the same names, mean and scale; their rotation is the identity, and the variance of
            each is that of its standardised layer over the cells of the fit, which is 1.

        Examples
        --------
        >>> fitted = Components.fit([[0.0, 1.0], [2.0, 5.0], [4.0, 3.0]], names=("X1", "X2"))
        >>> fitted.unrotated().transform([[2.0, 3.0]]).tolist()
        [[0.0, 0.0]]
        """
        n_layers = len(self.names)
        return replace(self, rotation=np.eye(n_layers), variances=np.ones(n_layers))

    def of_layers(self, names: Sequence[str]) -> Components:
        """Give the components of some of the layers alone, over the cells of the fit.

        Parameters
        ----------
        names : sequence of str
            Some of the layers, in any order.

        Notes
        -----
        Rotation and variances hold the layers' correlations, of which those of some of the layers
        are a part: no cell is read again.

        Examples
        --------
        >>> X = np.array([[0.0, 1.0, 5.0], [2.0, 5.0, 6.0], [4.0, 3.0, 1.0], [3.0, 3.0, 2.0]])
        >>> fewer = Components.fit(X, names=("X1", "X2", "X3")).of_layers(["X3", "X1"])
        >>> fitted = Components.fit(X[:, [2, 0]], names=("X3", "X1"))
        >>> np.allclose(fewer.transform(X[:, [2, 0]]), fitted.transform(X[:, [2, 0]]))
        True
        """
        chosen = [self.names.index(name) for name in names]
        mean, scale = self.mean[chosen], self.scale[chosen]
        if not self.rotated:
            rotation, variances = np.eye(len(chosen)), self.variances[chosen]
        else:
            products = (self.rotation * self.variances) @ self.rotation.T
            variances, rotation = principal_axes(products[np.ix_(chosen, chosen)])
        return Components(tuple(names), mean, scale, rotation, variances)

    @classmethod
    def identity(cls, names: Sequence[str]) -> Components:
        """Give the components that leave the layers as they are, in their own units.

        Parameters
        ----------
        names : sequence of str
            The evidence layers.

        Examples
        --------
        >>> Components.identity(["X1", "X2"]).transform([[2.0, 3.0]]).tolist()
        [[2.0, 3.0]]
        """
        n_layers = len(names)
        zeros, ones = np.zeros(n_layers), np.ones(n_layers)
        return cls(tuple(names), zeros, ones, np.eye(n_layers), ones)

    def seen_as(self, sees: Sees) -> Components:
        """Give what turns evidence into the inputs of a method; see `Method.sees`."""
        match sees:
            case "layers":
                return Components.identity(self.names)
            case "standardised":
                return self.unrotated()
            case "components":
                return self

    @property
    def rotated(self) -> bool:
        """Whether components are another thing than layers, standardised or not."""
        return not np.array_equal(self.rotation, np.eye(len(self.names)))

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
        cells = np.asarray(X)
        seen = np.empty(cells.shape, np.float32)
        for start in range(0, len(cells), _BATCH):  # in float64, all of many would fill the memory
            part = slice(start, start + _BATCH)
            standardised = (cells[part].astype(np.float64) - self.mean) / self.scale
            seen[part] = standardised @ self.rotation if self.rotated else standardised
        return seen

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
        return stack.select(self.names)

    def save(self, path: StrPath, *, overwrite: bool = False) -> None:
        """Write the components as JSON."""
        values = {name: getattr(self, name).tolist() for name in ARRAYS}
        write_components(path, {"names": list(self.names), **values}, overwrite=overwrite)

    @classmethod
    def load(cls, path: StrPath) -> Components:
        """Read components from JSON.

        Raises
        ------
        ComponentsError
            If the file is missing or does not hold components.
        """
        names, arrays = read_components(path)
        return cls(names, *arrays)


def _batches(source: EvidenceStack | Values | Floats) -> Iterator[Values | Floats]:
    """Give cells in batches."""
    if isinstance(source, EvidenceStack):
        for window in source.windows():
            yield source.read(window).X
        return
    for start in range(0, len(source), _BATCH):
        yield source[start : start + _BATCH]
