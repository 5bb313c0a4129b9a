"""The networks: their shapes, their initial weights, their files, and that nothing changes them."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from kerastwin import keras_model

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
@pytest.mark.parametrize("head", ["autoencoder", "lithology", "prospectivity"])
def test_plain_keras_reads_what_was_saved(tmp_path, activation, head):
    part = encoder(7, activation=activation, seed=1)
    network = {
        "autoencoder": autoencoder(part, seed=2),
        "lithology": lithology_classifier(part, 5, seed=2),
        "prospectivity": prospectivity_network(part, seed=2),
    }[head]
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


def test_networks_are_trained_saved_and_read_where_there_is_neither_keras_nor_tensorflow(tmp_path):
    code = (
        "import sys\n"
        "sys.modules |= {'keras': None, 'tensorflow': None}  # cannot be imported\n"
        "import numpy as np\n"
        "from geoprospect.methods import SampleTable, Transfer\n"
        "from geoprospect.network import Network\n"
        "X = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]\n"
        "table = SampleTable(X, (X[:, 0] > 0).astype(int))\n"
        "method = Transfer.preset('none', 'from-scratch', members=1)\n"
        "member = method.fit(table, table.masks_of_all(1)).members[0]\n"
        "member.save(sys.argv[1])\n"
        "assert Network.read(sys.argv[1]) == member\n"
        "assert np.ptp(member.predict(X)) > 0.1\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "network.keras"], check=True)
