"""The networks: their shapes, their initial weights, their files, and that nothing changes them."""

import os
import re
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
    prospectivity_network,
)
from geoprospect.network.kerasmodel import keras_model


def widths(network):
    return [layer.n_outputs for layer in network.layers]


def activations(network):
    return [layer.activation for layer in network.layers]


def weights_of(network):
    return [weights for layer in network.layers for weights in (layer.kernel, layer.bias)]


def test_the_networks_have_the_published_shapes():
    part = encoder(7)
    assert widths(part) == [100, 8, 6, 4, 2]
    assert widths(autoencoder(part)) == [100, 8, 6, 4, 2, 4, 6, 8, 100, 7]
    assert widths(lithology_classifier(part, 5)) == [100, 8, 6, 4, 2, 5]
    assert widths(prospectivity_network(part)) == [100, 8, 6, 4, 2, 1]
    assert widths(logistic_regression(7)) == [1]


def test_the_activations_are_the_published_ones():
    part = encoder(7)
    assert activations(autoencoder(part)) == ["relu"] * 5 + ["leaky-relu"] * 5
    assert {layer.slope for layer in autoencoder(part).layers[5:]} == {0.3}
    assert activations(lithology_classifier(part, 5))[-1] == "softmax"
    assert activations(prospectivity_network(part))[-1] == "sigmoid"
    assert activations(logistic_regression(7)) == ["sigmoid"]


def test_other_inputs_and_widths_are_mirrored_by_the_decoder():
    assert widths(autoencoder(encoder(3, widths=(10, 2)))) == [10, 2, 10, 3]


@pytest.mark.parametrize(
    "build",
    [
        lambda seed: encoder(7, seed=seed),
        lambda seed: autoencoder(encoder(7), seed=seed),
        lambda seed: lithology_classifier(encoder(7), 5, seed=seed),
        lambda seed: prospectivity_network(encoder(7), seed=seed),
        lambda seed: logistic_regression(7, seed=seed),
    ],
    ids=["encoder", "autoencoder", "lithology", "prospectivity", "logistic regression"],
)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(build):
    one, same, other = build(5), build(5), build(6)
    equal = [
        [np.array_equal(a, b) for a, b in zip(weights_of(one), weights_of(n), strict=True)]
        for n in (same, other)
    ]
    assert all(equal[0])
    assert not all(equal[1])


def test_kernels_are_glorot_uniform_and_biases_zero():
    network = encoder(7, widths=(400, 300), seed=2)
    for layer in network.layers:
        limit = np.sqrt(6 / sum(layer.kernel.shape))
        assert np.abs(layer.kernel).max() <= limit
        assert layer.kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
        assert not layer.bias.any()


def test_cosines_start_as_random_fourier_features_of_a_gaussian_kernel():
    part = encoder(7, widths=(4000,), activation="cosine", seed=2)
    one, other = np.random.default_rng(0).normal(size=(2, 7)).astype(np.float32)
    features = part.predict([one, other])
    kernel = np.exp(-np.square(one - other).sum() / (2 * 7))
    assert 2 * (features[0] * features[1]).mean() == pytest.approx(kernel, abs=0.05)


def test_cosines_are_in_the_first_layer_alone():
    assert activations(encoder(7, widths=(20, 5), activation="cosine")) == ["cosine", "relu"]


def test_no_network_can_be_changed_through_another_or_at_all():
    part = encoder(7, seed=1)
    one, other = prospectivity_network(part), prospectivity_network(part)
    before = part.layers[0].kernel.copy()
    for network in (part, one, other):
        with pytest.raises(ValueError, match="read-only"):
            network.layers[0].kernel += 1
        with pytest.raises(ValueError, match="read-only"):
            network.layers[0].bias[0] = 1
    np.testing.assert_array_equal(part.layers[0].kernel, before)
    np.testing.assert_array_equal(other.layers[0].kernel, before)


def test_networks_are_equal_where_their_weights_and_activations_are():
    assert encoder(7, seed=1) == encoder(7, seed=1)
    assert len({encoder(7, seed=1), encoder(7, seed=1), encoder(7, seed=2)}) == 2
    assert encoder(7, seed=1) != encoder(7, seed=2)
    assert encoder(7, widths=(4,)) != encoder(7, widths=(4,), activation="cosine")
    assert autoencoder(encoder(7)).layers[:5] == encoder(7).layers


def test_the_encoder_is_taken_out_of_what_was_trained_on_it():
    part = encoder(7, seed=3)
    cosines = encoder(7, widths=(20,), activation="cosine", seed=3)
    for source, network in (
        (part, autoencoder(part)),
        (part, lithology_classifier(part, 4)),
        (cosines, lithology_classifier(cosines, 4)),
    ):
        taken = encoder_of(network)
        for one, other in zip(weights_of(taken), weights_of(source), strict=True):
            np.testing.assert_array_equal(one, other)
    assert widths(encoder_of(autoencoder(part), n_layers=2)) == [100, 8]


def test_a_network_that_is_a_head_alone_has_no_encoder():
    with pytest.raises(TrainingError, match="without an encoder"):
        encoder_of(logistic_regression(7))


@pytest.mark.parametrize("activation", ["relu", "cosine"])
def test_plain_keras_reads_what_was_saved(tmp_path, activation):
    network = autoencoder(encoder(7, activation=activation, seed=1), seed=2)
    X = np.random.default_rng(0).normal(size=(20, 7)).astype(np.float32)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    expected = np.asarray(keras_model(network.layers)(X))
    np.testing.assert_allclose(np.asarray(loaded(X)), expected, atol=1e-6)
    assert Network.read(tmp_path / "network.keras") == network
    np.testing.assert_allclose(network.predict(X), expected, atol=1e-6)


def test_the_same_weights_are_saved_as_the_same_bytes(tmp_path):
    for name in ("one.keras", "other.keras"):
        autoencoder(encoder(7, seed=1), seed=2).save(tmp_path / name)
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "other.keras").read_bytes()


def test_a_network_rebuilt_from_its_layers_gives_the_same_outputs():
    network = lithology_classifier(encoder(7, seed=1), 5, seed=2)
    X = np.random.default_rng(0).normal(size=(20, 7)).astype(np.float32)
    model = keras_model(network.layers)
    again = keras_model(Network.of(model).layers)
    np.testing.assert_array_equal(np.asarray(again(X)), np.asarray(model(X)))


# Before TensorFlow can be told to be quiet.
NOTES = re.compile(
    r"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR"
    r"|I0000 [\d:. ]+ cudart_stub\.cc:\d+\] Could not find cuda drivers on your machine, .*"
)


def imported(code, **settings):
    """Run Python with other settings; gives what it prints but the notes of TensorFlow."""
    names = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "KERAS_BACKEND")
    others = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", f"import os\nbefore = dict(os.environ)\n{code}"],
        env=others | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [line for line in (done.stdout + done.stderr).splitlines() if not NOTES.fullmatch(line)]


def test_tensorflow_is_imported_without_a_word_and_leaves_the_environment_as_it_was():
    code = (
        "import geoprospect\n"
        "assert dict(os.environ) == before\n"
        "import geoprospect.network.kerasmodel, geoprospect.network.training.group\n"
        "assert dict(os.environ) == before"
    )
    assert imported(code) == []


def test_keras_runs_on_tensorflow_whatever_the_user_has_set(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    code = (
        "from geoprospect.network.backend import keras\n"
        "assert keras.backend.backend() == 'tensorflow'\n"
        "assert dict(os.environ) == before"
    )
    settings = {"KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "2"}
    assert imported(code, KERAS_HOME=str(tmp_path), **settings) == []
