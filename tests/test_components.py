import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from geoprospect.errors import ComponentsError, LayerNameError
from geoprospect.evidence import EvidenceStack
from geoprospect.model import Components

NAMES = ("X1", "X2", "X3")


def correlated(n=500, seed=0):
    rng = np.random.default_rng(seed)
    mixing = np.array([[3.0, 0.0, 1.0], [1.0, 2.0, 0.0], [0.0, 0.5, 0.1]])
    return rng.normal(size=(n, 3)) @ mixing + [100.0, -5.0, 0.0]


@pytest.fixture
def folder(tmp_path):
    values = correlated(40 * 30).astype(np.float32).T.reshape(3, 40, 30)
    values[1, :5, :7] = -9999
    for name, layer in zip(NAMES, values, strict=True):
        with rasterio.open(
            tmp_path / f"{name}.tif",
            "w",
            driver="GTiff",
            dtype="float32",
            count=1,
            height=40,
            width=30,
            nodata=-9999,
            crs="EPSG:3578",
            transform=from_origin(0, 0, 100, 100),
        ) as raster:
            raster.write(layer, 1)
    return tmp_path


def test_components_are_uncorrelated_and_keep_the_standardised_variance():
    X = correlated()
    components = Components.fit(X, names=NAMES)
    covariance = np.cov(components.transform(X), rowvar=False)
    np.testing.assert_allclose(covariance, np.diag(components.variances), atol=1e-5)
    assert components.variances.sum() == pytest.approx(3 * 500 / 499)
    np.testing.assert_allclose(components.rotation.T @ components.rotation, np.eye(3), atol=1e-12)


def test_components_are_those_of_scikit_learn_and_a_fit_keeps_no_copy_of_the_cells():
    X = correlated(400_000)
    tracemalloc.start()
    try:
        components = Components.fit(X, names=NAMES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes / 2
    pca = PCA(3).fit(StandardScaler().fit_transform(X))
    signs = np.sign((pca.components_ * components.rotation.T).sum(axis=1))
    np.testing.assert_allclose(components.rotation.T, signs[:, None] * pca.components_, atol=1e-9)
    np.testing.assert_allclose(components.variances, pca.explained_variance_, rtol=1e-9)
    assert (components.rotation.max(axis=0) == np.abs(components.rotation).max(axis=0)).all()


def test_unrotated_components_are_the_standardised_layers():
    X = correlated()
    components = Components.fit(X, names=NAMES).unrotated()
    expected = (X - X.mean(axis=0)) / X.std(axis=0)
    np.testing.assert_allclose(components.transform(X), expected, atol=1e-5)
    np.testing.assert_allclose(components.transform(X).var(axis=0), components.variances, rtol=1e-5)
    assert components.names == NAMES


def test_streaming_over_windows_fits_as_the_whole_array_does(folder):
    with EvidenceStack.open(folder) as stack:
        windows = [stack.read(window).X for window in stack.windows((7, 11))]
        streamed = Components.fit(_Windowed(stack))
        whole = Components.fit(np.concatenate(windows), names=NAMES)
    assert sum(map(len, windows)) == 40 * 30 - 35
    np.testing.assert_allclose(streamed.mean, whole.mean, rtol=1e-10)
    np.testing.assert_allclose(streamed.scale, whole.scale, rtol=1e-10)
    np.testing.assert_allclose(streamed.rotation, whole.rotation, atol=1e-8)
    np.testing.assert_allclose(streamed.variances, whole.variances, rtol=1e-8)


class _Windowed(EvidenceStack):
    """The same stack, read in small odd windows."""

    def __init__(self, stack):
        self.__dict__.update(stack.__dict__)

    def windows(self, size=None):
        return super().windows(size or (7, 11))


def test_a_fit_on_a_draw_is_repeatable_and_near_the_fit_on_all_cells(folder):
    with EvidenceStack.open(folder) as stack:
        first, second = (Components.fit(stack, draw=600, seed=3) for _ in range(2))
        every = Components.fit(stack)
    np.testing.assert_array_equal(first.rotation, second.rotation)
    assert not np.array_equal(first.mean, every.mean)
    np.testing.assert_allclose(first.scale, every.scale, rtol=0.1)


def test_the_published_components_are_recovered_from_the_paired_tables(study):
    raw = pd.read_csv(study / "01_Train_VO.csv")[[f"X{k}" for k in range(3, 10)]].to_numpy()
    published = pd.read_csv(study / "02_Train_PCA.csv").filter(like="PC").to_numpy()
    components = Components.recover(raw, published, names=[f"X{k}" for k in range(1, 8)])
    np.testing.assert_allclose(components.transform(raw), published, atol=1e-4)
    np.testing.assert_allclose(components.rotation.T @ components.rotation, np.eye(7), atol=1e-5)
    # Scales and means as measured in the description of the published tables.
    scale = [175.19, 93.95, 0.24438, 0.14213, 0.32479, 0.23287, 0.24256]
    mean = [63.07, 63.00, 0.0934, 1.1715, 3.9912, 1.7958, -0.2606]
    np.testing.assert_allclose(components.scale, scale, rtol=1e-3)
    np.testing.assert_allclose(components.mean, mean, rtol=2e-3)


def test_recovering_from_tables_that_are_out_of_step_is_refused():
    X = correlated()
    P = Components.fit(X, names=NAMES).transform(X)
    with pytest.raises(ComponentsError, match="no affine map"):
        Components.recover(X, P[::-1], names=NAMES)
    with pytest.raises(ComponentsError, match="do not pair"):
        Components.recover(X, P[:-1], names=NAMES)
    with pytest.raises(ComponentsError, match="not a rotation"):
        Components.recover(X, P * [1.0, 2.0, 3.0], names=NAMES)


def test_a_constant_layer_is_refused_by_name():
    X = correlated()
    X[:, 1] = 7.25
    with pytest.raises(ComponentsError, match=r"layer X2: .* one value everywhere"):
        Components.fit(X, names=NAMES)


def test_too_few_cells_are_refused():
    with pytest.raises(ComponentsError, match="too few valid cells"):
        Components.fit(correlated(3), names=NAMES)


def test_saved_components_come_back_whole(tmp_path):
    components = Components.fit(correlated(), names=NAMES)
    components.save(tmp_path / "components.json")
    loaded = Components.load(tmp_path / "components.json")
    assert loaded.names == NAMES
    for key in ("mean", "scale", "rotation", "variances"):
        np.testing.assert_array_equal(getattr(loaded, key), getattr(components, key))


@pytest.mark.parametrize("damage", ["missing", "text", "key", "rotation"])
def test_damaged_components_are_refused(tmp_path, damage):
    path = tmp_path / "components.json"
    Components.fit(correlated(), names=NAMES).save(path)
    content = json.loads(path.read_text())
    if damage == "missing":
        path.unlink()
    elif damage == "text":
        path.write_text("{")
    elif damage == "key":
        del content["scale"]
        path.write_text(json.dumps(content))
    else:
        content["rotation"][0][0] += 0.5
        path.write_text(json.dumps(content))
    with pytest.raises(ComponentsError, match=r"components\.json"):
        Components.load(path)


def test_layers_are_matched_by_name_whatever_their_order(folder):
    with EvidenceStack.open(folder) as stack:
        components = Components.fit(stack)
        turned = components.select(stack.select(NAMES[::-1]))
        np.testing.assert_array_equal(turned.read().X, stack.read().X)
        with pytest.raises(LayerNameError, match="not those the components were fitted on"):
            components.select(stack.select(NAMES[:2]))
