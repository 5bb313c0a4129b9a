import itertools
import tracemalloc

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoprospect.errors import ModelError
from geoprospect.model import Components, ForwardPass
from geoprospect.network import Dense, Network


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((7,)),
            keras.layers.Dense(100, activation="relu", name="first"),
            keras.layers.Dense(8, activation=keras.layers.LeakyReLU(negative_slope=0.3)),
            keras.layers.Dense(6),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Dense(3, use_bias=False),
            keras.layers.Activation("relu"),
            keras.layers.Dense(4, activation=keras.ops.cos),
            keras.layers.Dense(2, activation="softmax"),
            keras.layers.Dense(1, activation="sigmoid", name="head"),
        ]
    )


X = np.random.default_rng(0).normal(size=(5000, 7)).astype(np.float32)


def test_a_keras_file_gives_what_keras_predicts(model, tmp_path):
    model.save(tmp_path / "network.keras")
    read = Network.read(tmp_path / "network.keras").predict(X)
    np.testing.assert_allclose(read, model.predict(X, verbose=0), atol=1e-6)
    np.testing.assert_array_equal(read, Network.of(model).predict(X))


@pytest.mark.parametrize("shape", [(14, 200), (21, 200), (64, 16), (100, 8), (200, 1), (7, 100)])
def test_a_row_gives_the_same_wherever_it_lies_in_a_layer_of_any_shape(shape):
    rng = np.random.default_rng(2)
    layer = Dense(
        rng.normal(size=shape).astype(np.float32), rng.normal(size=shape[1]).astype(np.float32)
    )
    rows = np.tile(rng.normal(size=shape[0]).astype(np.float32), (1000, 1))
    assert len(np.unique(Network((layer,)).predict(rows), axis=0)) == 1


@settings(deadline=None)
@given(start=st.integers(0, 4999), n=st.integers(1, 5000))
def test_a_row_is_predicted_the_same_whatever_its_neighbours(start, n):
    rng = np.random.default_rng(1)
    widths = (7, 100, 8, 6, 4, 2, 1)
    network = Network(
        tuple(
            Dense(
                rng.normal(size=(a, b)).astype(np.float32),
                rng.normal(size=b).astype(np.float32),
                "sigmoid" if b == 1 else "relu",
            )
            for a, b in itertools.pairwise(widths)
        )
    )
    whole = network.predict(X)
    np.testing.assert_array_equal(network.predict(X[start : start + n]), whole[start : start + n])


def test_components_far_from_zero_are_folded_without_loss():
    rng = np.random.default_rng(2)
    raw = (rng.normal(size=(4000, 7)) * [1, 5, 0.1, 20, 3, 0.5, 9] + 98_000.25).astype(np.float32)
    components = Components.fit(raw, names=[f"X{k}" for k in range(7)])
    kernel = rng.normal(size=(7, 1))
    network = Network((Dense(kernel.astype(np.float32), np.zeros(1, np.float32), "sigmoid"),))
    mean, spread = ForwardPass(components, [network]).predict(raw)
    standardised = (raw.astype(np.float64) - components.mean) / components.scale
    truth = 1 / (1 + np.exp(-(standardised @ components.rotation @ kernel)[:, 0]))
    np.testing.assert_allclose(mean, truth, atol=1e-5)
    assert not spread.any()


def test_an_ensemble_gives_mean_and_standard_deviation():
    components = Components.fit(X[:, :2], names=("X1", "X2"))
    scores = (0.1, 0.4, 0.7)
    members = [
        Network(
            (Dense(np.zeros((2, 1), np.float32), np.float32([np.log(p / (1 - p))]), "sigmoid"),)
        )
        for p in scores
    ]
    mean, spread = ForwardPass(components, members).predict(X[:3, :2])
    np.testing.assert_allclose(mean, 0.4, atol=1e-6)
    np.testing.assert_allclose(spread, np.sqrt(0.06), atol=1e-6)


def test_the_scores_of_many_members_take_little_more_memory_than_they_fill():
    heads = np.random.default_rng(3).normal(size=(40, 7, 1)).astype(np.float32)
    members = [Network((Dense(k, np.zeros(1, np.float32), "sigmoid"),)) for k in heads]
    forward = ForwardPass(Components.fit(X, names=[f"X{k}" for k in range(7)]), members)
    tracemalloc.start()
    forward.predict(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * len(members) * len(X) * 4  # bytes of a float32


def test_the_sigmoid_holds_at_extremes():
    head = Dense(np.ones((1, 1), np.float32), np.zeros(1, np.float32), "sigmoid")
    scores = Network((head,)).predict([[-1e6], [0.0], [1e6]])[:, 0]
    np.testing.assert_allclose(scores, [0, 0.5, 1], atol=1e-30)


def test_damaged_and_foreign_files_are_refused(model, tmp_path):
    path = tmp_path / "network.keras"
    with pytest.raises(ModelError, match="no such file"):
        Network.read(path)
    model.save(path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ModelError, match="cannot be read as a network"):
        Network.read(path)
    convolution = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)])
    convolution.save(tmp_path / "convolution.keras")
    with pytest.raises(ModelError, match="Conv2D"):
        Network.read(tmp_path / "convolution.keras")


def test_a_keras_model_of_other_layers_is_refused():
    layers = [keras.Input((7,)), keras.layers.Dense(1, "sigmoid"), keras.layers.Dropout(0.5)]
    with pytest.raises(ModelError, match=r"not understood.*Dropout"):
        Network.of(keras.Sequential(layers))
