"""The compiled forward pass against Keras, NumPy and itself in other windows."""

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from mapjobs import network

from geoprospect.model import Components, ForwardPass
from geoprospect.network import Dense, Network
from geoprospect.network.compiled import CompiledPass

RNG = np.random.default_rng(3)
NAMES = tuple(f"X{k}" for k in range(7))
EVIDENCE = (RNG.normal(size=(3000, 7)) * [1, 5, 0.1, 20, 3, 0.5, 9] + 400).astype(np.float32)
COMPONENTS = Components.fit(EVIDENCE, names=NAMES)
EVERYWHERE = np.tile(np.array([-np.inf, np.inf], np.float32), (7, 1))


def compiled(members, ranges=EVERYWHERE):
    forward = ForwardPass(COMPONENTS, members)
    return CompiledPass(forward.networks, forward.centre, ranges)


def scored(engine, evidence, n_bands=1):
    bands = np.empty((n_bands, len(evidence)), np.float32)
    beyond = engine.score(np.ascontiguousarray(evidence.T), bands, nodata=-1)
    return bands, beyond


def test_scores_agree_with_keras_in_float64_to_a_hundred_thousandth():
    keras_model = keras.Sequential([keras.Input((7,))], name="whole")
    for layer in network(1).layers:
        keras_model.add(
            keras.layers.Dense(layer.bias.size, activation=layer.activation, dtype="float64")
        )
        keras_model.layers[-1].set_weights([layer.kernel, layer.bias])
    standardised = (EVIDENCE.astype(np.float64) - COMPONENTS.mean) / COMPONENTS.scale
    truth = keras_model.predict(standardised @ COMPONENTS.rotation, verbose=0)[:, 0]
    bands, _ = scored(compiled([network(1)]), EVIDENCE)
    assert truth.std() > 0.05
    np.testing.assert_allclose(bands[0], truth, atol=1e-5)


def test_an_ensemble_gives_the_mean_and_standard_deviation_that_numpy_gives():
    members = [network(seed) for seed in range(4)]
    bands, _ = scored(compiled(members), EVIDENCE, 2)
    mean, spread = ForwardPass(COMPONENTS, members).predict(EVIDENCE)
    np.testing.assert_allclose(bands, [mean, spread], atol=1e-6)


def test_members_may_differ_in_depth_and_leak():
    leaky = Dense(RNG.normal(size=(7, 5)).astype("f4"), np.zeros(5, "f4"), "leaky-relu", 0.3)
    straight = Dense(RNG.normal(size=(5, 3)).astype("f4"), np.ones(3, "f4"))
    head = Dense(RNG.normal(size=(3, 1)).astype("f4"), np.zeros(1, "f4"), "sigmoid")
    members = [Network((leaky, straight, head)), network(0), Network((leaky, straight, head))]
    bands, _ = scored(compiled(members), EVIDENCE, 2)
    mean, spread = ForwardPass(COMPONENTS, members).predict(EVIDENCE)
    np.testing.assert_allclose(bands, [mean, spread], atol=1e-6)


def test_cosines_agree_with_numpy_far_beyond_a_turn():
    hidden = Dense(
        (30 * RNG.normal(size=(7, 6))).astype("f4"), RNG.normal(size=6).astype("f4"), "cosine"
    )
    head = Dense(RNG.normal(size=(6, 1)).astype("f4"), np.zeros(1, "f4"))
    evidence = RNG.normal(size=(3000, 7)).astype("f4")
    angles = evidence.astype(np.float64) @ hidden.kernel + hidden.bias
    assert np.abs(angles).max() > 200
    bands = np.empty((1, 3000), np.float32)
    engine = CompiledPass([Network((hidden, head))], np.zeros(7, "f4"), EVERYWHERE)
    engine.score(np.ascontiguousarray(evidence.T), bands, nodata=-1)
    # an angle of some hundreds is known to some 1e-5 in float32
    np.testing.assert_allclose(bands[0], (np.cos(angles) @ head.kernel)[:, 0], atol=3e-4)


@given(start=st.integers(0, 2000), length=st.integers(1, 900))
def test_a_cell_has_the_same_score_to_the_bit_whatever_it_is_scored_with(start, length):
    engine = compiled([network(0), network(1)])
    whole, _ = scored(engine, EVIDENCE, 2)
    part, _ = scored(engine, EVIDENCE[start : start + length], 2)
    np.testing.assert_array_equal(part, whole[:, start : start + length])


def test_cells_with_a_gap_in_any_layer_are_nodata_and_spoil_no_other():
    gaps = EVIDENCE.copy()
    gaps[5, 2], gaps[700, 0], gaps[701, 6] = np.nan, np.inf, -np.inf
    engine = compiled([network(0)])
    whole, _ = scored(engine, EVIDENCE)
    bands, beyond = scored(engine, gaps)
    assert (bands[0, [5, 700, 701]] == -1).all()
    kept = np.delete(np.arange(len(gaps)), [5, 700, 701])
    np.testing.assert_array_equal(bands[0, kept], whole[0, kept])
    assert beyond == 0


def test_valid_cells_beyond_the_training_range_are_counted_once():
    ranges = np.stack([EVIDENCE.min(axis=0), EVIDENCE.max(axis=0)], axis=1)
    evidence = EVIDENCE.copy()
    evidence[10, :3] += 1e6
    evidence[11, 4] -= 1e6
    evidence[12, 4], evidence[12, 5] = 1e6, np.nan
    assert scored(compiled([network(0)], ranges), evidence)[1] == 2


def test_the_sigmoid_holds_at_extremes():
    head = Dense(np.ones((7, 1), np.float32), np.zeros(1, np.float32), "sigmoid")
    engine = CompiledPass([Network((head,))], np.zeros(7, np.float32), EVERYWHERE)
    bands, _ = scored(engine, np.float32([[-1e6] * 7, [0] * 7, [1e6] * 7]))
    np.testing.assert_allclose(bands[0], [0, 0.5, 1], atol=1e-30)
