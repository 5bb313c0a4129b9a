"""The ensemble's training: Keras' arithmetic, folds and replicates as members, its errors."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from kerastwin import keras_model

from geoprospect.errors import TrainingError
from geoprospect.methods.transfersettings import transfer_settings
from geoprospect.network import Dense, Network, Schedule
from geoprospect.network.builders import (
    autoencoder,
    encoder,
    lithology_classifier,
    logistic_regression,
    prospectivity_network,
)
from geoprospect.network.training import Ensemble, class_weights, train
from geoprospect.network.training.batches import BatchOrder
from geoprospect.network.training.history import History

ROWS = 90
BATCH = 22  # five batches an epoch, the last one of two rows
EPOCHS = 40  # 200 steps
CROSSENTROPY = Schedule("binary-crossentropy", 1e-2, BATCH, 12)


def samples(rows=ROWS, columns=7, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns)).astype(np.float32)
    label = (X[:, 0] + X[:, 1] + rng.normal(size=rows) > 1.0).astype(np.int64)
    rock_class = np.digitize(X[:, 0] + 0.3 * X[:, 2], [-0.8, -0.3, 0.3, 0.8])
    return X, label, rock_class


def classifier(seed=1):
    return prospectivity_network(encoder(7, widths=(6, 3), seed=seed), seed=seed)


def train_one(network, X, y, *, seed=0, n_frozen=0, l1=0.0, l2=0.0, **settings):
    """Train an ensemble of one; gives the network and the history."""
    training = train(Ensemble([network], [seed], n_frozen, l1, l2), X, y, **settings)
    return training.networks[0], training.history


def keras_training(network, X, y, schedule, seed, weight=None):
    """Train with Keras on the same batches; gives the loss of each epoch as Keras tells it."""
    network.compile(
        optimizer=keras.optimizers.Adam(schedule.rate), loss=schedule.loss.replace("-", "_")
    )
    rows = np.arange(len(X)) if weight is None else np.flatnonzero(weight)
    order = BatchOrder(rows, batch=schedule.batch, held_back=schedule.held_back, seed=seed)
    losses = []
    for epoch in order.draw(schedule.epochs):
        total = 0.0
        for padded in epoch:
            batch = padded[padded >= 0]
            loss = network.train_on_batch(
                X[batch], y[batch], sample_weight=None if weight is None else weight[batch]
            )
            network.reset_metrics()
            total += float(loss) * len(batch)
        losses.append(total / len(order.training))
    return losses


def twin_of(network, *, n_frozen=0, l1=0.0, l2=0.0):
    """The same network in Keras, frozen and penalised likewise."""
    twin = keras_model(network.layers)
    for layer in twin.layers[:n_frozen]:
        layer.trainable = False
    if l1 or l2:
        twin.layers[-1].kernel.regularizer = keras.regularizers.L1L2(l1, l2)
    return twin


def weights_of(network):
    layers = network.layers if isinstance(network, Network) else Network.of(network).layers
    return [weights for layer in layers for weights in (layer.kernel, layer.bias)]


def assert_weights_agree(ours, theirs, atol=1e-4):
    for one, other in zip(weights_of(ours), weights_of(theirs), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


def bytes_of(network):
    return [weights.tobytes() for weights in weights_of(network)]


def a_task(kind):
    """A network, its samples, the loss, their weights, and what is frozen or penalised."""
    part = encoder(7, seed=3)
    X, label, rock_class = samples()
    occurrence = label[:, None].astype(np.float32)
    match kind:
        case "autoencoder":
            return autoencoder(part, seed=4), X, X, "mean-squared-error", None, {}
        case "lithology":
            classes = np.eye(5, dtype=np.float32)[rock_class]
            network = lithology_classifier(part, 5, seed=4)
            return network, X, classes, "categorical-crossentropy", None, {}
        case "linear probing":
            network = prospectivity_network(part, seed=4)
            restraint = {"n_frozen": 5, "l1": 0.01, "l2": 0.01}
            return network, X, occurrence, "binary-crossentropy", None, restraint
        case "fine-tuning":
            network = prospectivity_network(part, seed=4)
            penalty = {"l1": 0.01, "l2": 0.01}
            return network, X, occurrence, "binary-crossentropy", class_weights(label), penalty
        case "from scratch":
            network = prospectivity_network(part, seed=4)
            return network, X, occurrence, "binary-crossentropy", None, {}
        case _:
            return logistic_regression(7, seed=4), X, occurrence, "binary-crossentropy", None, {}


@pytest.mark.parametrize(
    "kind",
    ["autoencoder", "lithology", "linear probing", "fine-tuning", "from scratch", "logistic"],
)
def test_two_hundred_steps_give_the_weights_that_keras_gives(kind):
    network, X, y, loss, weight, restraint = a_task(kind)
    twin = twin_of(network, **restraint)
    schedule = Schedule(loss, 1e-3, BATCH, EPOCHS)
    trained, history = train_one(
        network, X, y, seed=5, schedule=schedule, sample_weight=weight, **restraint
    )
    expected = keras_training(twin, X, y, schedule, 5, weight)
    assert_weights_agree(trained, twin)
    pairs = zip(weights_of(trained), weights_of(network), strict=True)
    moved = [np.abs(after - before).max() for after, before in pairs]
    assert max(moved) > 0.05
    np.testing.assert_allclose(history.loss[0], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("pretext", "preset"), [("lithology", "paper"), ("distribution", "recommended")]
)
def test_the_first_steps_of_fine_tuning_are_those_of_keras_by_the_settings_of_a_preset(
    pretext, preset
):
    X, label, _ = samples()
    how = transfer_settings(pretext, "fine-tuning", preset)
    penalty = {"l1": how["l1"], "l2": how["l2"]}
    form = {name: how[name] for name in ("widths", "activation", "lengths") if name in how}
    network = prospectivity_network(encoder(7, **form, seed=3), seed=4)
    twin = twin_of(network, **penalty)
    schedule = replace(how["training"], batch=min(how["training"].batch, ROWS), epochs=6)
    weight = class_weights(label)
    assert how["class_weights"]
    trained, _ = train_one(network, X, label, schedule=schedule, sample_weight=weight, **penalty)
    keras_training(twin, X, label[:, None], schedule, 0, weight)
    assert_weights_agree(trained, twin, atol=1e-5)


@pytest.mark.parametrize(
    ("columns", "layers", "penalty"),
    [
        (20, [keras.layers.Dense(30, "relu"), keras.layers.Dense(20, "sigmoid")], {}),
        (3, [keras.layers.Dense(5), keras.layers.LeakyReLU(negative_slope=0.1)], {}),
        (3, [keras.layers.Dense(4, "sigmoid")], {"l1": 0.01}),
        (20, [keras.layers.Dense(3, "relu"), keras.layers.Dense(25)], {"l2": 0.01}),
    ],
    ids=["wide after wide", "activation as a layer", "narrow", "narrow, then wide"],
)
def test_any_chain_of_dense_layers_is_trained_as_keras_trains_it(columns, layers, penalty):
    X, _, _ = samples(columns=columns)
    keras.utils.set_random_seed(0)  # of the weights that the layers begin with
    model = keras.Sequential(
        [
            keras.layers.Input((columns,)),
            *layers,
            keras.layers.Dense(2, keras.layers.LeakyReLU(negative_slope=0.2)),
        ]
    )
    network = Network.of(model)
    twin = twin_of(network, **penalty)
    schedule = Schedule("mean-squared-error", 1e-2, BATCH, 10)
    trained, history = train_one(network, X, X[:, :2], schedule=schedule, **penalty)
    expected = keras_training(twin, X, X[:, :2], schedule, 0)
    assert_weights_agree(trained, twin)
    np.testing.assert_allclose(history.loss[0], expected, rtol=1e-4)


@pytest.mark.parametrize("columns", [3, 20])
@pytest.mark.parametrize("widths", [(40, 5), (6, 20), (30,)])
def test_cosines_are_trained_as_keras_trains_them(columns, widths):
    X, label, _ = samples(columns=columns)
    part = encoder(columns, widths=widths, activation="cosine", seed=3)
    network = prospectivity_network(part, seed=4)
    trained, history = train_one(network, X, label, schedule=CROSSENTROPY)
    twin = twin_of(network)
    expected = keras_training(twin, X, label[:, None], CROSSENTROPY, 0)
    assert_weights_agree(trained, twin)
    np.testing.assert_allclose(history.loss[0], expected, rtol=1e-4)


def test_layers_frozen_beneath_trained_ones_stay_and_the_others_learn_as_in_keras():
    X, label, _ = samples()
    network = prospectivity_network(encoder(7, widths=(20, 6, 4), seed=0), seed=1)
    twin = twin_of(network, n_frozen=2)
    trained, _ = train_one(network, X, label, schedule=CROSSENTROPY, n_frozen=2)
    keras_training(twin, X, label[:, None], CROSSENTROPY, 0)
    assert_weights_agree(trained, twin)
    assert bytes_of(trained)[:4] == bytes_of(network)[:4]


def test_the_penalty_is_the_heads_and_counts_in_the_loss():
    X, label, _ = samples()
    network = prospectivity_network(encoder(7), seed=3)
    once = Schedule("binary-crossentropy", 1e-3, ROWS, 1)
    _, plain = train_one(network, X, label, schedule=once)
    _, penalised = train_one(network, X, label, schedule=once, l1=0.5, l2=2.0)
    kernel = network.layers[-1].kernel
    expected = 0.5 * np.abs(kernel).sum() + 2.0 * np.square(kernel).sum()
    assert float(penalised.loss[0, 0] - plain.loss[0, 0]) == pytest.approx(expected, rel=1e-6)


def test_a_batch_larger_than_a_tile_gives_the_weights_that_keras_gives():
    X, _, _ = samples(rows=1300)
    network = autoencoder(encoder(7, seed=0), seed=1)
    twin = twin_of(network)
    schedule = Schedule("mean-squared-error", 1e-3, 10_000, 20, held_back=0.1)
    trained, history = train_one(network, X, X, schedule=schedule)
    keras_training(twin, X, X, schedule, 0)
    assert_weights_agree(trained, twin)
    held = BatchOrder(range(1300), batch=1300, held_back=0.1, seed=0).held_back
    error = np.square(np.asarray(twin(X[held])) - X[held]).mean()
    np.testing.assert_allclose(history.held_back_loss[0, -1], error, rtol=1e-4)


def test_each_member_learns_as_it_would_alone():
    X, label, _ = samples()
    together = Ensemble([classifier(seed) for seed in range(3)], [10, 11, 12])
    training = train(together, X, label, schedule=CROSSENTROPY)
    for number, member in enumerate(training.networks):
        alone, curve = train_one(
            classifier(number), X, label, seed=10 + number, schedule=CROSSENTROPY
        )
        assert_weights_agree(member, alone, atol=1e-5)
        np.testing.assert_allclose(training.history.loss[number], curve.loss[0], rtol=1e-4)


@pytest.mark.parametrize("n_frozen", [0, 2])
def test_networks_taken_from_keras_learn_to_the_bit_as_those_built(n_frozen):
    X, label, _ = samples()
    parts = [encoder(7, widths=(20, 4), seed=seed) for seed in range(3)]
    built = [prospectivity_network(part, seed=seed) for seed, part in enumerate(parts)]
    taken = [Network.of(keras_model(network.layers)) for network in built]
    before = [bytes_of(network) for network in built]
    ours, theirs = (
        train(
            Ensemble(networks, [4, 5, 6], n_frozen, 0.01, 0.01), X, label, schedule=CROSSENTROPY
        ).networks
        for networks in (built, taken)
    )
    for network, other_network in zip(ours, theirs, strict=True):
        for layer, other in zip(network.layers, other_network.layers, strict=True):
            np.testing.assert_array_equal(layer.kernel, other.kernel)
            np.testing.assert_array_equal(layer.bias, other.bias)
            assert layer.activation == other.activation
    assert [bytes_of(network) for network in built] == before


def test_frozen_layers_whose_values_would_fill_the_memory_are_run_anew_each_step(monkeypatch):
    X, label, _ = samples()
    parts = [encoder(7, widths=(20, 4), seed=seed) for seed in range(3)]
    ensemble = Ensemble([prospectivity_network(part) for part in parts], [4, 5, 6], n_frozen=2)
    kept = train(ensemble, X, label, schedule=CROSSENTROPY)
    monkeypatch.setattr("geoprospect.network.training.fit._KEPT_BYTES", 3 * ROWS * 4 * 4 - 1)
    anew = train(ensemble, X, label, schedule=CROSSENTROPY)
    for part, one, other in zip(parts, kept.networks, anew.networks, strict=True):
        assert_weights_agree(one, other, atol=1e-5)
        for layer, before in zip(other.layers[:-1], part.layers, strict=True):
            np.testing.assert_array_equal(layer.kernel, before.kernel)


def test_a_sample_of_weight_zero_is_never_seen():
    X, label, _ = samples()
    mask = np.arange(ROWS) % 3 != 0
    spoilt = np.where(mask[:, None], X, 1e6).astype(np.float32)
    fold, _ = train_one(
        classifier(), spoilt, label, seed=1, schedule=CROSSENTROPY, sample_weight=mask
    )
    twin = twin_of(classifier())
    keras_training(twin, X, label[:, None], CROSSENTROPY, 1, weight=mask.astype(np.float32))
    assert_weights_agree(fold, twin)


def test_a_member_with_fewer_batches_makes_no_step_in_an_empty_one():
    X, label, _ = samples()
    weight = np.ones((2, ROWS), np.float32)
    weight[0, 30:] = 0
    members = Ensemble([classifier(), classifier(2)], [0, 0])
    training = train(members, X, label, schedule=CROSSENTROPY, sample_weight=weight)
    alone, _ = train_one(classifier(), X[:30], label[:30], schedule=CROSSENTROPY)
    assert_weights_agree(training.networks[0], alone, atol=1e-5)


def test_members_may_learn_different_outputs():
    X, label, _ = samples()
    members = Ensemble([classifier(), classifier(), classifier()], [0, 0, 0])
    wanted = np.stack([label, 1 - label, label])[:, :, None]
    first, second, third = train(members, X, wanted, schedule=CROSSENTROPY).networks
    alone, _ = train_one(classifier(), X, 1 - label, schedule=CROSSENTROPY)
    assert_weights_agree(second, alone, atol=1e-5)
    assert bytes_of(first) == bytes_of(third)


def test_the_same_seeds_give_the_same_weights_to_the_bit():
    X, label, _ = samples()
    first, second = (
        train(
            Ensemble([classifier(seed) for seed in range(3)], [7, 8, 9]),
            X,
            label,
            schedule=CROSSENTROPY,
        ).networks
        for _ in range(2)
    )
    assert [bytes_of(n) for n in first] == [bytes_of(n) for n in second]


def test_frozen_layers_keep_their_weights_to_the_bit():
    X, label, _ = samples()
    network = prospectivity_network(encoder(7, seed=1))
    trained, _ = train_one(network, X, label, schedule=CROSSENTROPY, n_frozen=5)
    before, after = bytes_of(network), bytes_of(trained)
    assert after[:-2] == before[:-2]
    assert after[-2:] != before[-2:]


def test_patience_stops_a_member_and_keeps_its_best_weights():
    X, label, _ = samples()
    noise = np.random.default_rng(1).permutation(label)
    schedule = Schedule("binary-crossentropy", 3e-2, BATCH, 300, held_back=0.3, patience=8)
    ensemble = Ensemble([classifier(seed) for seed in range(3)], [0, 1, 2])
    training = train(ensemble, X, noise, schedule=schedule)
    history = training.history
    assert (history.epochs_run < 300).all()
    for number, member in enumerate(training.networks):
        n, held_back_loss = history.epochs_run[number], history.held_back_loss[number]
        assert n - 1 - np.nanargmin(held_back_loss) == 8
        assert np.isnan(history.loss[number, n:]).all()
        held = BatchOrder(range(ROWS), batch=BATCH, held_back=0.3, seed=number).held_back
        score = member.predict(X[held])[:, 0].astype(np.float64)
        entropy = -np.log(np.where(noise[held], score, 1 - score)).mean()
        np.testing.assert_allclose(entropy, held_back_loss[n - 9], rtol=1e-4)


def test_progress_tells_the_epochs_done_up_to_the_last():
    X, label, _ = samples()
    reports = []
    _, history = train_one(
        classifier(),
        X,
        label,
        schedule=CROSSENTROPY,
        progress=lambda *report: reports.append(report),
    )
    stages, done, epochs, losses = zip(*reports, strict=True)
    assert set(stages) == {"training"}
    assert list(done) == sorted(set(done))
    assert (done[-1], set(epochs)) == (12, {12})
    assert losses[-1] == f"loss {history.loss[0, -1]:.4f}"


def test_an_interruption_leaves_the_networks_as_they_were():
    X, label, _ = samples()
    network = classifier()
    before = bytes_of(network)

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_one(network, X, label, schedule=CROSSENTROPY, progress=interrupt)
    assert bytes_of(network) == before


def test_a_loss_that_is_not_finite_is_an_error_with_member_and_epoch():
    X, _, _ = samples()
    y = np.zeros((2, ROWS, 7), np.float32)
    y[1] = 1e30
    networks = [autoencoder(encoder(7, widths=(4, 2), seed=k)) for k in range(2)]
    before = bytes_of(networks[1])
    schedule = Schedule("mean-squared-error", 1e-3, 30, 5)
    with pytest.raises(TrainingError, match="loss of member 2 is no longer finite in epoch 1"):
        train(Ensemble(networks, [0, 1]), X, y, schedule=schedule)
    assert bytes_of(networks[1]) == before


def test_a_loss_that_does_not_fall_is_reported_with_its_epochs():
    network = Network((Dense(np.zeros((1, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    schedule = Schedule("binary-crossentropy", 0.1, 2, 12)
    _, history = train_one(network, [[1.0], [1.0]], [0, 1], schedule=schedule)
    assert history.warnings == (
        "member 1: the loss did not fall: 0.6931 in epoch 1, 0.6931 in epoch 12, lowest in epoch 1",
    )
    assert history.lines()[-1] == history.warnings[0]


def test_a_loss_that_falls_is_not_reported():
    curves = np.linspace(1, 0.5, 20)[:, None, None].repeat(2, axis=1)
    history = History.of(curves, held_back=False)
    assert history.warnings == ()
    assert history.held_back_loss is None
    assert history.lines() == [
        "loss: 1 after epoch 1, 0.5 at the end (20 epochs, mean of 1 members)"
    ]


def wrong(**changes):
    X, label, _ = samples()
    given = {"networks": [classifier()], "X": X, "y": label, "schedule": CROSSENTROPY}
    return given | {"seeds": [0], "sample_weight": None} | changes


def spoilt(value):
    X = samples()[0]
    X[3, 2] = value
    return X


def with_hidden_softmax():
    return prospectivity_network(lithology_classifier(encoder(7), 5))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (wrong(X=np.zeros((ROWS, 6))), r"X does not fit.*\(90, 6\).*\(90, 7\)"),
        (wrong(X=spoilt(np.nan)), r"X holds values that are not finite.*1.*\(3, 2\)"),
        (wrong(X=spoilt(np.inf)), "X holds values that are not finite"),
        (wrong(y=np.zeros(80)), r"y does not fit.*\(80, 1\)"),
        (wrong(y=np.full(ROWS, 2.0)), "needs outputs from 0 to 1"),
        (wrong(seeds=[0, 1]), "1 networks, 2 seeds"),
        (wrong(networks=[], seeds=[]), "every member needs a network"),
        (wrong(sample_weight=np.ones(80)), r"sample_weight does not fit.*\(80,\)"),
        (wrong(sample_weight=np.full(ROWS, -1.0)), "negative weight"),
        (wrong(sample_weight=np.zeros(ROWS)), "member 1 has no sample to train on"),
        (wrong(schedule=Schedule("mean-squared-error", 0.0, 8, 1)), "rate"),
        (wrong(schedule=Schedule("mean-squared-error", 0.1, 0, 1)), "batch"),
        (wrong(schedule=Schedule("mean-squared-error", 0.1, 8, 0)), "epochs"),
        (wrong(schedule=Schedule("mean-squared-error", 0.1, 8, 1, 1.0)), "held_back"),
        (wrong(schedule=Schedule("mean-squared-error", 0.1, 8, 1, 0.2, 0)), "patience"),
        (wrong(schedule=Schedule("mean-squared-error", 0.1, 8, 1, 0.0, 3)), "rows held back"),
        (wrong(schedule=Schedule("categorical-crossentropy", 0.1, 8, 1)), "sigmoid.*softmax"),
        (wrong(networks=[with_hidden_softmax()]), "softmax layer that cannot be trained here"),
        (wrong(l1=-0.1), "negative penalty"),
        (wrong(n_frozen=3), "no layer can be trained"),
        (wrong(n_frozen=-1), "negative number of layers"),
        (wrong(networks=[classifier(), logistic_regression(7)], seeds=[0, 1]), "member 2 is of"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_clear_line(given, said):
    members = {
        key: given.pop(key) for key in ("networks", "seeds", "n_frozen", "l1") if key in given
    }
    with pytest.raises(TrainingError, match=said) as raised:
        train(Ensemble(**members), given.pop("X"), given.pop("y"), **given)
    assert "\n" not in str(raised.value)


def test_class_weights_make_the_classes_count_alike():
    label = np.array([0, 0, 0, 1, 0, 1, 0, 0])
    weight = class_weights(label)
    assert weight[label == 1].sum() == pytest.approx(weight[label == 0].sum())
    np.testing.assert_allclose(weight[label == 1], 8 / (2 * 2))
    np.testing.assert_allclose(weight[label == 0], 8 / (2 * 6), rtol=1e-6)


def test_class_weights_of_a_fold_count_only_its_rows():
    label = np.array([0, 0, 0, 1, 0, 1])
    mask = np.array([True, False, True, True, False, False])
    np.testing.assert_allclose(class_weights(label, mask=mask), [0.75, 0, 0.75, 1.5, 0, 0])


def test_class_weights_of_one_class_are_refused():
    with pytest.raises(TrainingError, match="at least two classes"):
        class_weights([1, 1, 1])


def test_the_order_of_rows_does_not_depend_on_how_many_epochs_are_drawn_at_once():
    settings = {"batch": 4, "held_back": 0.2, "seed": 3}
    at_once = BatchOrder(range(15), **settings).draw(6)
    order = BatchOrder(range(15), **settings)
    in_parts = np.concatenate([order.draw(1), order.draw(3), order.draw(2)])
    np.testing.assert_array_equal(at_once, in_parts)


def test_every_epoch_holds_each_row_once_and_none_held_back():
    order = BatchOrder(np.arange(5, 20), batch=4, held_back=0.2, seed=3)
    assert len(order.held_back) == 3
    assert sorted([*order.held_back, *order.training]) == list(range(5, 20))
    for epoch in order.draw(5):
        assert sorted(epoch[epoch >= 0]) == order.training.tolist()
        np.testing.assert_array_equal((epoch >= 0).sum(axis=1), order.sizes())
