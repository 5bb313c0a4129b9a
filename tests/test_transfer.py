"""The transfer of a taught encoder to the labelled points: which weights learn, and when."""

from dataclasses import replace

import numpy as np
import pytest

from geoprospect.errors import TrainingError
from geoprospect.methods.presets import transfer_plan
from geoprospect.methods.transfer import pretrain, transfer
from geoprospect.network.training import Ensemble, class_weights, train

RANDOM = np.random.default_rng(3)
P = RANDOM.normal(size=(120, 4)).astype(np.float32)
ROCK = np.digitize(P[:, 0], [-0.5, 0.5])
LABEL = (P[:, 1] + RANDOM.normal(size=120) > 0.8).astype(np.int64)


@pytest.fixture(scope="module")
def plan():
    plan = transfer_plan("lithology", "fine-tuning", members=2)
    return replace(plan, pretraining=replace(plan.pretraining, epochs=20))


@pytest.fixture(scope="module")
def encoders(plan):
    return pretrain(plan, P, ROCK)


def test_the_head_learns_alone_before_all_layers_do(plan, encoders):
    by_plan, history = transfer(plan, encoders, P, LABEL)
    assert history.loss.shape == (2, plan.training.epochs)
    probing = replace(
        plan,
        strategy="linear-probing",
        training=replace(plan.training, epochs=plan.head_epochs),
        head_epochs=0,
    )
    probed, _ = transfer(probing, encoders, P, LABEL)
    for after_head, tuned in zip(probed, by_plan, strict=True):
        training = train(
            Ensemble([after_head], [0]),
            P,
            LABEL,
            schedule=plan.training,
            sample_weight=class_weights(LABEL),
        )
        expected = training.networks[0].predict(P)
        np.testing.assert_allclose(tuned.predict(P), expected, atol=1e-5, rtol=0)
        assert np.ptp(tuned.predict(P) - after_head.predict(P)) > 0.01


def test_linear_probing_leaves_the_encoder_as_it_was_taught(plan, encoders):
    probed, _ = transfer(replace(plan, strategy="linear-probing"), encoders, P, LABEL)
    for taught, member in zip(encoders, probed, strict=True):
        for before, after in zip(taught.layers, member.layers[:-1], strict=True):
            np.testing.assert_array_equal(after.kernel, before.kernel)
            np.testing.assert_array_equal(after.bias, before.bias)


def test_points_of_one_label_are_refused(plan, encoders):
    with pytest.raises(TrainingError, match="0 occurrences, 120 non-occurrences"):
        transfer(plan, encoders, P, np.zeros(120, np.int64))
