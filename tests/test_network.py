"""The networks: their shapes, their initial weights, and that none shares weights."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from geoprospect.errors import TrainingError
from geoprospect.network import Network
from geoprospect.network.builders import (
    autoencoder,
    encoder,
    encoder_of,
    lithology_classifier,
    logistic_regression,
    of_network,
    prospectivity_classifier,
)
from geoprospect.network.kerassaving import save_keras


def widths(network):
    return [layer.units for layer in network.layers]


def activations(network):
    return [layer.activation for layer in Network.of(network).layers]


def test_the_networks_have_the_published_shapes():
    part = encoder(7)
    assert widths(part) == [100, 8, 6, 4, 2]
    assert widths(autoencoder(part)) == [100, 8, 6, 4, 2, 4, 6, 8, 100, 7]
    assert widths(lithology_classifier(part, 5)) == [100, 8, 6, 4, 2, 5]
    assert widths(prospectivity_classifier(part)) == [100, 8, 6, 4, 2, 1]
    assert widths(logistic_regression(7)) == [1]


def test_the_activations_are_the_published_ones():
    part = encoder(7)
    assert activations(autoencoder(part)) == ["relu"] * 5 + ["leaky-relu"] * 5
    assert {layer.slope for layer in Network.of(autoencoder(part)).layers[5:]} == {0.3}
    assert activations(lithology_classifier(part, 5))[-1] == "softmax"
    assert activations(prospectivity_classifier(part))[-1] == "sigmoid"
    assert activations(logistic_regression(7)) == ["sigmoid"]


def test_other_inputs_and_widths_are_mirrored_by_the_decoder():
    assert widths(autoencoder(encoder(3, widths=(10, 2)))) == [10, 2, 10, 3]


@pytest.mark.parametrize(
    "build",
    [
        lambda seed: encoder(7, seed=seed),
        lambda seed: autoencoder(encoder(7), seed=seed),
        lambda seed: lithology_classifier(encoder(7), 5, seed=seed),
        lambda seed: prospectivity_classifier(encoder(7), seed=seed),
        lambda seed: logistic_regression(7, seed=seed),
    ],
    ids=["encoder", "autoencoder", "lithology", "prospectivity", "logistic regression"],
)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(build):
    one, same, other = build(5), build(5), build(6)
    equal = [
        [np.array_equal(a, b) for a, b in zip(one.get_weights(), n.get_weights(), strict=True)]
        for n in (same, other)
    ]
    assert all(equal[0])
    assert not all(equal[1])


def test_kernels_are_glorot_uniform_and_biases_zero():
    network = encoder(7, widths=(400, 300), seed=2)
    for kernel, bias in zip(network.get_weights()[::2], network.get_weights()[1::2], strict=True):
        limit = np.sqrt(6 / sum(kernel.shape))
        assert np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
        assert not bias.any()


def test_cosines_start_as_random_fourier_features_of_a_gaussian_kernel():
    part = encoder(7, widths=(4000,), activation="cosine", seed=2)
    one, other = np.random.default_rng(0).normal(size=(2, 7)).astype(np.float32)
    features = Network.of(part).predict([one, other])
    kernel = np.exp(-np.square(one - other).sum() / (2 * 7))
    assert 2 * (features[0] * features[1]).mean() == pytest.approx(kernel, abs=0.05)


def test_cosines_are_in_the_first_layer_alone():
    assert activations(encoder(7, widths=(20, 5), activation="cosine")) == ["cosine", "relu"]


def test_a_network_copies_the_encoder_and_shares_nothing_with_it():
    part = encoder(7, seed=1)
    one, other = prospectivity_classifier(part), prospectivity_classifier(part)
    before = part.get_weights()[0].copy()
    one.layers[0].set_weights([before + 1, np.ones(100, np.float32)])
    np.testing.assert_array_equal(part.get_weights()[0], before)
    np.testing.assert_array_equal(other.get_weights()[0], before)


def test_the_penalty_is_the_heads_and_keras_honours_it():
    network = prospectivity_classifier(encoder(7), l1=0.5, l2=2.0)
    kernel = network.layers[-1].get_weights()[0]
    expected = 0.5 * np.abs(kernel).sum() + 2.0 * np.square(kernel).sum()
    assert len(network.losses) == 1
    assert float(network.losses[0]) == pytest.approx(expected, rel=1e-6)
    assert prospectivity_classifier(encoder(7)).losses == []


def test_a_frozen_encoder_leaves_only_the_head_to_train():
    network = prospectivity_classifier(encoder(7), frozen=True)
    assert [tuple(v.shape) for v in network.trainable_variables] == [(2, 1), (1,)]


def test_the_encoder_is_taken_out_of_what_was_trained_on_it():
    part = encoder(7, seed=3)
    cosines = encoder(7, widths=(20,), activation="cosine", seed=3)
    for source, network in (
        (part, autoencoder(part)),
        (part, lithology_classifier(part, 4)),
        (cosines, lithology_classifier(cosines, 4)),
    ):
        taken = encoder_of(network)
        for one, other in zip(taken.get_weights(), source.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert widths(encoder_of(autoencoder(part), n_layers=2)) == [100, 8]


def test_a_network_that_is_a_head_alone_has_no_encoder():
    with pytest.raises(TrainingError, match="without an encoder"):
        encoder_of(logistic_regression(7))


@pytest.mark.parametrize("activation", ["relu", "cosine"])
def test_plain_keras_reads_what_was_saved(tmp_path, activation):
    network = autoencoder(encoder(7, activation=activation, seed=1), seed=2)
    X = np.random.default_rng(0).normal(size=(20, 7)).astype(np.float32)
    save_keras(Network.of(network), tmp_path / "network.keras")
    read = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(np.asarray(read(X)), np.asarray(network(X)), atol=1e-6)
    ours = Network.read(tmp_path / "network.keras").predict(X)
    np.testing.assert_allclose(ours, np.asarray(network(X)), atol=1e-6)


def test_the_same_weights_are_saved_as_the_same_bytes(tmp_path):
    for name in ("one.keras", "other.keras"):
        save_keras(autoencoder(encoder(7, seed=1), seed=2), tmp_path / name)
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "other.keras").read_bytes()


def test_a_network_rebuilt_from_its_layers_gives_the_same_outputs():
    network = lithology_classifier(encoder(7, seed=1), 5, seed=2)
    X = np.random.default_rng(0).normal(size=(20, 7)).astype(np.float32)
    again = of_network(Network.of(network))
    np.testing.assert_array_equal(np.asarray(again(X)), np.asarray(network(X)))


def test_tensorflow_is_imported_without_a_word():
    code = "import geoprospect.network.builders, geoprospect.network.training"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout + done.stderr == ""
