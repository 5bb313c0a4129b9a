"""Scores in every coalition of layers: the quick ways give what a prediction of each gives."""

import numpy as np
import pytest
from fits import fit_all, method
from mapjobs import cosines, network
from scipy.special import expit, logit
from test_contribution_maps import exact_shares
from test_contributions import fitted, sample_like

from geoprospect.methods.coalitions import quick_coalitions
from geoprospect.methods.treecoalitions import TreeCoalitions
from geoprospect.methods.trees import Tree
from geoprospect.model import Components
from geoprospect.model.contributions import Contributions
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Dense, Network
from geoprospect.network.coalitions import network_coalitions
from geoprospect.network.levelling import levelling


def random_tree(random, n_inputs, n_leaves):
    """A tree that grows by splitting leaves drawn by chance, on inputs drawn by chance."""
    left, right, feature, threshold = [-1], [-1], [0], [0.0]
    leaves = [0]
    while len(leaves) < n_leaves:
        node = leaves.pop(random.integers(len(leaves)))
        left[node], right[node] = len(left), len(left) + 1
        feature[node], threshold[node] = random.integers(n_inputs), random.normal()
        leaves += [left[node], right[node]]
        for column, value in ((left, -1), (right, -1), (feature, 0), (threshold, 0.0)):
            column += [value, value]
    values = random.normal(size=len(left))
    columns = (np.array(column) for column in (left, right, feature, threshold))
    return Tree(*columns, values)


def followed(tree, x):
    """What the leaf holds that a row comes to, node after node."""
    node = 0
    while tree.left[node] != -1:
        goes_left = x[tree.feature[node]] <= tree.threshold[node]
        node = tree.left[node] if goes_left else tree.right[node]
    return tree.value[node]


@pytest.mark.parametrize("n_groups", [1, 3, 7, 8, 9])
def test_leaves_sum_in_every_coalition_to_those_that_a_row_of_it_comes_to(n_groups):
    random = np.random.default_rng(n_groups)
    group_of = np.concatenate([np.arange(n_groups), [0, n_groups - 1]])  # two groups of several
    trees = [random_tree(random, len(group_of), n) for n in (1, 2, 5, 40, 70, 3)]
    X = random.normal(size=(3, len(group_of))).astype(np.float32)
    background = random.normal(size=len(group_of)).astype(np.float32)
    sums = TreeCoalitions(trees, np.asarray, background, group_of, start=0.25).of(X)
    assert sums.shape == (2**n_groups, 3)
    for number in range(2**n_groups):
        present = (number >> group_of) % 2 == 1
        for x, found in zip(np.where(present, X, background), sums[number], strict=True):
            expected = 0.25 + sum(followed(tree, x) for tree in trees)
            assert found == pytest.approx(expected, abs=1e-12)


def test_a_row_at_a_threshold_goes_left_whatever_float32_makes_of_it():
    left, right, feature = (np.array(part) for part in ([1, -1, -1], [2, -1, -1], [0, 0, 0]))
    tree = Tree(left, right, feature, np.array([0.1, 0, 0]), np.array([0, 1.0, 2.0]))
    X = np.array([[0.1], [np.nextafter(np.float32(0.1), np.float32(0))]], np.float32)
    sums = TreeCoalitions([tree], np.asarray, np.zeros(1, np.float32), np.zeros(1, np.int64)).of(X)
    assert sums.tolist() == [[1.0, 1.0], [2.0, 1.0]]  # 0.1 as a float32 is greater than 0.1


QUICK = (
    "random-forest",
    "extra-trees",
    "boosting",
    "svm",
    "gaussian-process",
    "average",
    "network",
)


@pytest.mark.parametrize("name", QUICK)
def test_of_many_cells_contributions_are_those_of_a_prediction_of_each_coalition(name):
    model, X = fitted(name)
    layers = {"rock": model.names[1:4], **{n: (n,) for n in (model.names[0], *model.names[4:])}}
    contributions = Contributions(model, layers, X.mean(axis=0))
    shares = contributions.shares_of_many(X)
    error = 3e-5 if name == "gaussian-process" else 1e-5  # of functions in float32
    np.testing.assert_allclose(shares.values, contributions.shares(X).values, atol=error)
    for cell in (0, 63, 64, 199):  # of any others
        alone = contributions.shares_of_many(X[cell : cell + 1]).values
        np.testing.assert_array_equal(alone[:, 0], shares.values[:, cell])


@pytest.mark.parametrize("name", QUICK[:5])
def test_estimators_of_layers_are_never_predicted_coalition_by_coalition(name):
    X, label = sample_like()
    made = method(name, members=2, trees=10)
    _, others = quick_coalitions(fit_all(made, X, label), X[0], np.arange(X.shape[1]))
    assert others == []


def levelled(X):
    """A network of cosines after a levelling of each input, and one of another shape."""
    layers = levelling(X).layers + cosines(0).layers
    return Network(layers), network(1)


def linear_model(rotated, members):
    """Sigmoid units over components or standardised layers, one of which is of classes."""
    random = np.random.default_rng(members)
    X, _ = sample_like()
    X[:, 2], X[:, 3] = X[:, 1] > 0, X[:, 1] < -1  # one-hot, of one layer
    components = Components.fit(X, names=tuple(f"X{i + 1}" for i in range(7)))
    components = components if rotated else components.unrotated()
    weights = 6 * random.normal(size=(7, 1)) + random.normal(size=(members, 7, 1))
    biases = random.normal(size=(members, 1)).astype(np.float32)
    units = [
        Network((Dense(*unit, "sigmoid"),))
        for unit in zip(weights.astype("f4"), biases, strict=True)
    ]
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    return ProspectivityModel(components, units, ranges), X


@pytest.mark.parametrize("rotated", [True, False])
@pytest.mark.parametrize("members", [1, 3])
def test_sigmoid_units_are_shared_out_to_the_last_digits_of_a_float64(rotated, members):
    model, X = linear_model(rotated, members)
    group_of = np.array([0, 1, 1, 1, 2, 3, 4])
    layers = {f"layer {k}": tuple(np.array(model.names)[group_of == k]) for k in range(5)}
    background, cells = X.mean(axis=0), X[:9]
    contributions = Contributions(model, layers, background)
    # In float64, by the units that read evidence, which is centred in float32.
    forward = model.forward_pass()
    values = []
    for number in range(2**5):
        present = (number >> group_of) % 2 == 1
        inputs = np.where(present, cells - forward.centre, background - forward.centre)
        units = [each.layers[0] for each in forward.networks]
        scores = [expit(inputs @ np.float64(unit.kernel[:, 0]) + unit.bias) for unit in units]
        values.append(logit(np.clip(np.mean(scores, axis=0), 1e-4, 1 - 1e-4)))
    assert np.abs(values).max() == pytest.approx(logit(1 - 1e-4))  # some scores are held
    found = contributions.shares_of_many(cells)
    np.testing.assert_allclose(found.values, exact_shares(np.array(values), 5), atol=1e-9)
    # A prediction is a float32, which tells log-odds of scores near 1 no better.
    np.testing.assert_allclose(found.values, contributions.shares(cells).values, atol=1e-3)
    for cell in range(9):  # of any others
        alone = contributions.shares_of_many(cells[cell : cell + 1]).values
        np.testing.assert_array_equal(alone[:, 0], found.values[:, cell])


def test_networks_of_cosines_are_quick_levelled_or_not_and_others_are_predicted():
    X, _ = sample_like()
    scored, other = levelled(X)
    group_of = np.array([0, 1, 2, 1, 3, 4, 0])
    background = X.mean(axis=0)
    assert network_coalitions(other, background, group_of) is None
    for one in (scored, cosines(2)):
        scores = network_coalitions(one, background, group_of).of(X)
        assert scores.shape == (2**5, len(X))
        for number in range(2**5):
            present = (number >> group_of) % 2 == 1
            expected = one.predict(np.where(present, X, background))[:, 0]
            np.testing.assert_allclose(scores[number], expected, atol=2e-6)
    # A unit that looks at two layers is no factor of either.
    mixed = scored.after(np.eye(7) + np.eye(7, k=1), np.zeros(7))
    assert network_coalitions(mixed, background, group_of) is None
    assert network_coalitions(mixed, background, np.zeros(7, np.int64)) is not None


def test_members_of_all_kinds_are_averaged_quick_or_not():
    X, label = sample_like()
    names = tuple(f"X{i + 1}" for i in range(X.shape[1]))
    components = Components.fit(X, names=names).unrotated()
    P = components.transform(X)
    members = [*levelled(P), *fit_all(method("random-forest", trees=10), P, label)]
    members += fit_all(method("gaussian-process"), P, label)
    members += 2 * list(fit_all(method("svm"), P, label))  # one that stands for two
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    model = ProspectivityModel(components, tuple(members), ranges)
    contributions = Contributions(model, {name: (name,) for name in names}, X.mean(axis=0))
    many, each = contributions.shares_of_many(X[:30]), contributions.shares(X[:30])
    np.testing.assert_allclose(many.values, each.values, atol=1e-5)


def test_trees_over_components_are_predicted_for_their_inputs_are_of_all_layers():
    X, label = sample_like()
    names = tuple(f"X{i + 1}" for i in range(X.shape[1]))
    components = Components.fit(X, names=names)
    made = method("random-forest", members=2, trees=10, rotated=True)
    members = fit_all(made, components.transform(X), label)
    ranges = np.stack([X.min(axis=0), X.max(axis=0)], axis=1)
    model = ProspectivityModel(components, members, ranges)
    contributions = Contributions(model, {name: (name,) for name in names}, X.mean(axis=0))
    many, each = contributions.shares_of_many(X[:40]), contributions.shares(X[:40])
    np.testing.assert_allclose(many.values, each.values, atol=1e-12)
    assert model.components.rotated
