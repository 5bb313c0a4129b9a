"""The training's speed against Keras' `fit`, and ten members' against one's.

The studies are the published ones in size: 313 points in batches of 82 for fine-tuning, 3,863
cells in one batch for the reconstruction. Ratios are taken within one run, each from the fastest
of some repetitions, compilation left out.
"""

import os
import time
from dataclasses import replace

import keras
import numpy as np
import pytest
from kerastwin import keras_model

from geoprospect.network import Schedule
from geoprospect.network.builders import autoencoder, encoder, prospectivity_network
from geoprospect.network.training import Ensemble, class_weights, train

pytestmark = pytest.mark.benchmark

FINE_TUNING = Schedule("binary-crossentropy", 1e-5, 82, 6000)
RECONSTRUCTION = Schedule("mean-squared-error", 1e-3, 10_000, 500, held_back=0.2)


def points():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(313, 7)).astype(np.float32)
    return X, (X[:, 0] + X[:, 1] + rng.normal(size=313) > 1.5).astype(np.int64)


def cells():
    return np.random.default_rng(0).normal(size=(3863, 7)).astype(np.float32)


def classifiers(n):
    networks = [prospectivity_network(encoder(7, seed=k)) for k in range(n)]
    return Ensemble(networks, range(n), l1=0.01, l2=0.01)


def autoencoders(n):
    return Ensemble([autoencoder(encoder(7, seed=k), seed=k) for k in range(n)], range(n))


def seconds(ensemble, X, y, schedule, weight=None):
    started = time.perf_counter()
    train(ensemble, X, y, schedule=schedule, sample_weight=weight)
    return time.perf_counter() - started


def fine_tuning(n):
    X, label = points()
    return seconds(classifiers(n), X, label, FINE_TUNING, class_weights(label))


def reconstruction(n):
    return seconds(autoencoders(n), cells(), cells(), RECONSTRUCTION)


def keras_seconds_an_epoch(ensemble, X, y, schedule, weight=None):
    network = keras_model(ensemble.networks[0].layers)
    if ensemble.l1 or ensemble.l2:
        network.layers[-1].kernel.regularizer = keras.regularizers.L1L2(ensemble.l1, ensemble.l2)
    network.compile(
        optimizer=keras.optimizers.Adam(schedule.rate), loss=schedule.loss.replace("-", "_")
    )
    settings = {"batch_size": schedule.batch, "sample_weight": weight, "verbose": 0}
    if schedule.held_back:
        settings["validation_split"] = schedule.held_back
    network.fit(X, y, epochs=3, **settings)
    started = time.perf_counter()
    network.fit(X, y, epochs=20, **settings)
    return (time.perf_counter() - started) / 20


def test_fine_tuning_is_a_hundred_times_faster_than_fit(capsys):
    X, label = points()
    y = label[:, None].astype(np.float32)
    epoch = keras_seconds_an_epoch(classifiers(1), X, y, FINE_TUNING, class_weights(label))
    fine_tuning(1)
    ours = min(fine_tuning(1) for _ in range(3))
    ratio = epoch * FINE_TUNING.epochs / ours
    with capsys.disabled():
        print(
            f"\nfine-tuning, 6000 epochs: {ours:.2f} s; Keras' fit {epoch * 1e3:.1f} ms an epoch: "
            f"{ratio:.0f} times faster"
        )
    assert ratio >= 100


def test_ten_members_share_the_cores(capsys):
    for n in (1, 10):
        fine_tuning(n)
    # One and ten by turns, so that other work on the machine slows both alike.
    one, ten = np.min([[fine_tuning(1), fine_tuning(10)] for _ in range(4)], axis=0)
    with capsys.disabled():
        print(f"\nfine-tuning, ten members: {ten:.2f} s, one: {one:.2f} s: {ten / one:.2f} times")
    assert ten < 1.3 * one * 10 / min(10, os.cpu_count())


def test_reconstruction_is_ten_times_faster_than_fit(capsys):
    epoch = keras_seconds_an_epoch(autoencoders(1), cells(), cells(), RECONSTRUCTION)
    for n in (1, 10):
        reconstruction(n)
    one, ten = (min(reconstruction(n) for _ in range(2)) for n in (1, 10))
    ratio = epoch * RECONSTRUCTION.epochs / one
    with capsys.disabled():
        print(
            f"\nreconstruction, 500 epochs: {one:.2f} s, ten members {ten:.2f} s; Keras' fit "
            f"{epoch * 1e3:.1f} ms an epoch: {ratio:.0f} times faster"
        )
    assert ratio >= 10


def test_a_training_begins_within_a_second_once_the_loop_is_compiled(capsys):
    short = replace(FINE_TUNING, epochs=1)
    X, label = points()
    seconds(classifiers(1), X, label, short)
    took = seconds(classifiers(10), X, label, replace(short, batch=83))  # of another shape
    with capsys.disabled():
        print(f"\nten members, one epoch of a new shape: {took:.2f} s")
    assert took < 1
