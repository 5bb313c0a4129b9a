"""The ensemble's training: Keras' arithmetic, folds and replicates as members, its errors."""

import keras
import numpy as np
import pytest

from geoprospect.batches import BatchOrder
from geoprospect.errors import TrainingError
from geoprospect.network import (
    autoencoder,
    encoder,
    lithology_classifier,
    logistic_regression,
    prospectivity_classifier,
)
from geoprospect.plan import Schedule
from geoprospect.training import class_weights, train

ROWS = 90
BATCH = 22  # five batches an epoch, the last one of two rows
EPOCHS = 40  # 200 steps


def samples(seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(ROWS, 7)).astype(np.float32)
    label = (X[:, 0] + X[:, 1] + rng.normal(size=ROWS) > 1.0).astype(np.int64)
    rock_class = np.digitize(X[:, 0] + 0.3 * X[:, 2], [-0.8, -0.3, 0.3, 0.8])
    return X, label, rock_class


def keras_steps(network, X, y, schedule, seed, weight=None):
    """Train with Keras on the same batches, and give the loss of each epoch as Keras tells it."""
    network.compile(
        optimizer=keras.optimizers.Adam(schedule.rate),
        loss=schedule.loss.replace("-", "_").replace("mean_squared", "mean_squared"),
    )
    rows = np.arange(len(X)) if weight is None else np.flatnonzero(weight)
    order = BatchOrder(rows, batch=schedule.batch, held_back=schedule.held_back, seed=seed)
    losses = []
    for epoch in order.draw(schedule.epochs):
        total = 0.0
        for batch in epoch:
            batch = batch[batch >= 0]
            loss = network.train_on_batch(
                X[batch], y[batch], sample_weight=None if weight is None else weight[batch]
            )
            network.reset_metrics()
            total += float(loss) * len(batch)
        losses.append(total / len(order.training))
    return losses


def a_network(kind):
    part = encoder(7, seed=3)
    X, label, rock_class = samples()
    occurrence = label[:, None].astype(np.float32)
    match kind:
        case "autoencoder":
            return autoencoder(part, seed=4), X, X, "mean-squared-error", 1e-3, None
        case "lithology":
            classes = np.eye(5, dtype=np.float32)[rock_class]
            network = lithology_classifier(part, 5, seed=4)
            return network, X, classes, "categorical-crossentropy", 1e-3, None
        case "linear probing":
            network = prospectivity_classifier(part, l1=0.01, l2=0.01, frozen=True, seed=4)
            return network, X, occurrence, "binary-crossentropy", 1e-3, None
        case "fine-tuning":
            network = prospectivity_classifier(part, l1=0.01, l2=0.01, seed=4)
            weight = class_weights(label)
            return network, X, occurrence, "binary-crossentropy", 1e-3, weight
        case "from scratch":
            network = prospectivity_classifier(part, seed=4)
            return network, X, occurrence, "binary-crossentropy", 1e-3, None
        case _:
            network = logistic_regression(7, seed=4)
            return network, X, occurrence, "binary-crossentropy", 1e-3, None


@pytest.mark.parametrize(
    "kind",
    ["autoencoder", "lithology", "linear probing", "fine-tuning", "from scratch", "logistic"],
)
def test_two_hundred_steps_give_the_weights_that_keras_gives(kind):
    network, X, y, loss, rate, weight = a_network(kind)
    twin = keras.models.clone_model(network)
    twin.set_weights(network.get_weights())
    schedule = Schedule(loss, rate, BATCH, EPOCHS)
    before = network.get_weights()
    history = train([network], X, y, schedule=schedule, seeds=[5], sample_weight=weight)
    expected = keras_steps(twin, X, y, schedule, 5, weight)
    moved = 0.0
    for ours, theirs, initial in zip(
        network.get_weights(), twin.get_weights(), before, strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)
        moved = max(moved, np.abs(theirs - initial).max())
    assert moved > 0.05
    np.testing.assert_allclose(history.loss[0], expected, rtol=1e-4)
