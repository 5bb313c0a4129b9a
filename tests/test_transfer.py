"""The transfer of a taught encoder to the labelled points: which weights learn, and when."""

from dataclasses import replace

import numpy as np
import pytest

from geoprospect.errors import TrainingError
from geoprospect.methods import PretextCells, SampleTable, Transfer
from geoprospect.network.training import Ensemble, class_weights, train

RANDOM = np.random.default_rng(3)
P = RANDOM.normal(size=(120, 4)).astype(np.float32)
ROCK = np.digitize(P[:, 0], [-0.5, 0.5])
LABEL = (P[:, 1] + RANDOM.normal(size=120) > 0.8).astype(np.int64)


@pytest.fixture(scope="module")
def method():
    method = Transfer.preset("lithology", "fine-tuning", members=2)
    return replace(method, pretraining=replace(method.pretraining, epochs=20))


@pytest.fixture(scope="module")
def encoders(method):
    return method.prepare(PretextCells(P, ROCK), 4)


def trained(method, encoders, label=LABEL):
    """Train the method's members on all points."""
    table = SampleTable(P, label)
    return method.train(table, table.masks_of_all(method.members), preparation=encoders)


def test_the_head_learns_alone_before_all_layers_do(method, encoders):
    fine_tuned = trained(method, encoders)
    by_method, history = fine_tuned.networks, fine_tuned.history
    assert history.loss.shape == (2, method.training.epochs)
    probing = replace(
        method,
        strategy="linear-probing",
        training=replace(method.training, epochs=method.head_epochs),
        head_epochs=0,
    )
    probed = trained(probing, encoders).networks
    for after_head, tuned in zip(probed, by_method, strict=True):
        training = train(
            Ensemble([after_head], [0]),
            P,
            LABEL,
            schedule=method.training,
            sample_weight=class_weights(LABEL),
        )
        expected = training.networks[0].predict(P)
        np.testing.assert_allclose(tuned.predict(P), expected, atol=1e-5, rtol=0)
        assert np.ptp(tuned.predict(P) - after_head.predict(P)) > 0.01


def test_linear_probing_leaves_the_encoder_as_it_was_taught(method, encoders):
    probed = trained(replace(method, strategy="linear-probing"), encoders).networks
    for taught, member in zip(encoders, probed, strict=True):
        for before, after in zip(taught.layers, member.layers[:-1], strict=True):
            np.testing.assert_array_equal(after.kernel, before.kernel)
            np.testing.assert_array_equal(after.bias, before.bias)


def test_points_of_one_label_are_refused(method, encoders):
    with pytest.raises(TrainingError, match="0 occurrences, 120 non-occurrences"):
        trained(method, encoders, np.zeros(120, np.int64))
