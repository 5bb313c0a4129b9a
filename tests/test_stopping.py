"""How long to train: regions of neighbours, and the choice among numbers of epochs."""

from dataclasses import replace

import numpy as np
import pytest

from geoprospect.presets import transfer_plan
from geoprospect.stopping import chosen_epochs, regions

RNG = np.random.default_rng(0)
PLACES = RNG.uniform(0, 100_000, (200, 2))
LABEL = (RNG.uniform(size=200) < 0.3).astype(np.int64)
PLAN = replace(transfer_plan("none", "from-scratch", members=3), epochs_tried=(300,))


def scoring(best, seen_weights=None):
    """Scores that rank perfectly after the best number of epochs, and backwards after others."""

    def scores(plan, weights, numbers):
        if seen_weights is not None:
            seen_weights.append((weights, numbers))
        right = np.array(
            [
                epochs == best[number]
                for epochs, number in zip(plan.training.epochs, numbers, strict=True)
            ]
        )
        return np.where(right[:, None], LABEL, 1 - LABEL).astype(np.float32)

    return scores


def test_each_region_holds_points_of_both_labels_and_leaves_some():
    fold = regions(PLACES, LABEL, seed=0)
    for number in range(5):
        assert set(LABEL[fold == number]) == {0, 1}
        assert set(LABEL[fold != number]) == {0, 1}


def test_points_of_a_region_lie_nearer_to_each_other_than_to_points_at_random():
    fold = regions(PLACES, LABEL, seed=0)
    distance = np.linalg.norm(PLACES[:, None] - PLACES, axis=2) + np.diag(np.full(200, np.inf))
    neighbour = fold[distance.argmin(axis=1)]
    assert (neighbour == fold).mean() > 0.5  # a fifth, if folds were drawn at random


def test_points_that_share_a_place_share_a_region():
    places = np.repeat(PLACES[:100], 2, axis=0)
    fold = regions(places, LABEL, seed=0)
    assert (fold[::2] == fold[1::2]).all()


@pytest.mark.parametrize("n_occurrences", [0, 1, 9])
def test_too_few_occurrences_make_no_regions(n_occurrences):
    assert regions(PLACES, (np.arange(200) < n_occurrences).astype(np.int64), seed=0) is None


def test_points_in_one_place_make_no_regions():
    assert regions(np.zeros((200, 2)), LABEL, seed=0) is None


@pytest.mark.parametrize("best", [100, 300])
def test_the_number_that_ranks_points_held_back_best_is_chosen(best):
    weights = np.ones((3, 200), np.float32)
    assert chosen_epochs(PLAN, PLACES, LABEL, weights, scoring([best] * 3)) == (best,) * 3


def test_a_number_that_ranks_points_better_in_some_repeats_only_is_not_chosen():
    def scores(plan, weights, numbers):
        right = np.array(plan.training.epochs) == 300
        right[20:25] = False  # of the first repeat
        assert len(right) == 40
        return np.where(right[:, None], LABEL, 1 - LABEL).astype(np.float32)

    assert chosen_epochs(PLAN, PLACES, LABEL, np.ones((3, 200), "f4"), scores) == (100,) * 3


def test_members_that_learn_from_other_points_have_a_number_of_their_own():
    weights = np.ones((3, 200), np.float32)
    weights[1, :20] = 0
    chosen = chosen_epochs(PLAN, PLACES, LABEL, weights, scoring([100, 300, 100]))
    assert chosen == (100, 300, 100)


def test_every_point_is_held_back_once_a_repeat_and_then_not_learned_from():
    weights = np.full((3, 200), 2.0, np.float32)
    weights[:, :20] = 0
    seen = []
    chosen_epochs(PLAN, PLACES, LABEL, weights, scoring([100] * 3, seen))
    ((given, numbers),) = seen
    assert given.shape == (2 * 4 * 5, 200)  # numbers of epochs, repeats, folds
    assert not given[:, :20].any()
    np.testing.assert_array_equal((given[:5, 20:] == 0).sum(axis=0), 1)
    assert set(numbers) == {0, 1, 2}


def test_with_too_few_points_the_schedule_is_kept():
    few = np.zeros((3, 200), np.float32)
    few[:, :12] = 1
    chosen = chosen_epochs(PLAN, PLACES, LABEL, few, scoring([300] * 3))
    assert chosen == (PLAN.training.epochs,) * 3
