import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from geoprospect.intervals.ranking import RankingBootstrap, _figures


def points(rng, n_clusters, size):
    """Clusters that share an effect, and scores of two methods that have much in common."""
    groups = np.repeat(np.arange(n_clusters), size)
    label = (rng.random(len(groups)) < rng.beta(1, 3, n_clusters)[groups]).astype(np.int64)
    common = 0.6 * rng.normal(size=n_clusters)[groups] + 0.7 * rng.normal(size=len(groups))
    ours = label + common + 0.5 * rng.normal(size=len(groups))
    theirs = 0.8 * label + common + 0.5 * rng.normal(size=len(groups))
    return groups, label, ours[None], theirs[None]


def test_weighted_figures_are_those_of_scikit_learn_ties_included():
    rng = np.random.default_rng(0)
    label = (rng.random(60) < 0.3).astype(np.int64)
    scores = rng.integers(0, 12, 60) / 12
    weights = rng.exponential(size=(5, 60))
    for weight, (auc, precision) in zip(weights, _figures(weights, scores, label), strict=True):
        assert auc == pytest.approx(roc_auc_score(label, scores, sample_weight=weight))
        assert precision == pytest.approx(
            average_precision_score(label, scores, sample_weight=weight)
        )


def test_values_are_means_over_the_repeats():
    groups, label, ours, theirs = points(np.random.default_rng(0), 30, 4)
    told = RankingBootstrap(groups, label).resample(np.concatenate([ours, theirs]))
    areas = [roc_auc_score(label, scores) for scores in (ours[0], theirs[0])]
    assert told.value[0] == pytest.approx(np.mean(areas))


def test_repeating_the_folds_does_not_narrow_an_interval():
    groups, label, ours, _ = points(np.random.default_rng(0), 30, 4)
    bootstrap = RankingBootstrap(groups, label)
    once, often = (bootstrap.resample(np.tile(ours, (n, 1))) for n in (1, 5))
    for figure in (0, 1):
        narrow, wide = (bootstrap.interval(told, figure) for told in (often, once))
        assert narrow.low == pytest.approx(wide.low)
        assert narrow.high == pytest.approx(wide.high)


def test_points_that_share_a_cluster_widen_an_interval():
    """Sixty points in thirty pairs of equal scores tell as much as thirty points."""
    groups, label, ours, _ = points(np.random.default_rng(1), 30, 1)
    pairs = np.tile(np.arange(30), 2)
    alone = RankingBootstrap(groups, label)
    paired = RankingBootstrap(pairs, np.tile(label, 2))
    apart = RankingBootstrap(np.arange(60), np.tile(label, 2))
    one = alone.interval(alone.resample(ours), 0)
    two = paired.interval(paired.resample(np.tile(ours, 2)), 0)
    many = apart.interval(apart.resample(np.tile(ours, 2)), 0)
    assert two.low == pytest.approx(one.low, abs=0.02)
    assert many.high - many.low < 0.85 * (two.high - two.low)


def test_one_cluster_has_an_interval_of_almost_any_value():
    label = np.repeat([1, 0], 20)
    bootstrap = RankingBootstrap(np.zeros(40, int), label)
    told = bootstrap.resample(np.linspace(1, 0, 40)[None])
    assert bootstrap.interval(told, 0).low < 0.2
    worse = bootstrap.resample(np.linspace(0, 1, 40)[None])
    gap = bootstrap.difference(told, worse, 0)
    assert gap.value == 1
    assert gap.interval.low < 0.2


def test_perfect_ranking_of_few_occurrences_has_an_interval_of_some_width():
    label = np.repeat([1, 0], [3, 60])
    bootstrap = RankingBootstrap(np.arange(63), label)
    told = bootstrap.resample(np.linspace(1, 0, 63)[None])
    for figure in (0, 1):
        interval = bootstrap.interval(told, figure)
        assert interval.high == 1
        assert 0.3 < interval.low < 0.7


def test_methods_that_agree_differ_by_nothing_within_some_width():
    groups, label, ours, _ = points(np.random.default_rng(2), 20, 3)
    bootstrap = RankingBootstrap(groups, label)
    told = bootstrap.resample(ours)
    gap = bootstrap.difference(told, bootstrap.resample(ours * 2 - 1), 0)
    assert gap.value == 0
    assert gap.interval.low < 0 < gap.interval.high


def test_a_difference_is_surer_than_the_figures_by_themselves():
    groups, label, ours, theirs = points(np.random.default_rng(3), 60, 5)
    bootstrap = RankingBootstrap(groups, label)
    told, other = bootstrap.resample(ours), bootstrap.resample(theirs)
    gap = bootstrap.difference(told, other, 0).interval
    own = bootstrap.interval(told, 0)
    assert gap.high - gap.low < 0.8 * (own.high - own.low)


@pytest.mark.slow
@pytest.mark.parametrize("n_clusters", [8, 20, 60])
def test_intervals_hold_the_truth_in_some_95_percent_of_sets(n_clusters):
    """The truth is that of 100,000 clusters; bounds leave room for 400 sets being drawn."""
    rng = np.random.default_rng(4)
    _, label, *methods = points(rng, 100_000, 5)
    truth = np.array(
        [[roc_auc_score(label, one[0]), average_precision_score(label, one[0])] for one in methods]
    )
    held, n_sets = np.zeros((2, 2)), 0
    while n_sets < 400:
        groups, label, ours, theirs = points(rng, n_clusters, 5)
        if not label.any():
            continue
        n_sets += 1
        bootstrap = RankingBootstrap(groups, label, seed=n_sets)
        told, other = bootstrap.resample(ours), bootstrap.resample(theirs)
        for figure in (0, 1):
            own = bootstrap.interval(told, figure)
            gap = bootstrap.difference(told, other, figure).interval
            held[0, figure] += own.low <= truth[0, figure] <= own.high
            held[1, figure] += gap.low <= truth[0, figure] - truth[1, figure] <= gap.high
    assert ((held / n_sets > 0.90) & (held / n_sets <= 1)).all(), held / n_sets
