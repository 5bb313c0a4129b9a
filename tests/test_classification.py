"""ROC, precision-recall, Brier score, log loss and calibration against truths known beforehand."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc

from geoprospect.errors import ScoreError
from geoprospect.scoring.measures.classification import Classification, Reliability
from geoprospect.scoring.records import ClassificationRecord

SCORES = np.array([0.9, 0.6, 0.8, 0.1], np.float32)
LABEL = np.array([1, 1, 0, 0])


def test_the_figures_of_four_points_are_those_worked_out_by_hand():
    figures = Classification.of(SCORES, LABEL)
    assert figures.roc_auc == 3 / 4  # pairs in order
    assert figures.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert figures.brier == pytest.approx((0.1**2 + 0.4**2 + 0.8**2 + 0.1**2) / 4)
    assert figures.log_loss == pytest.approx(-np.log([0.9, 0.6, 0.2, 0.9]).mean())
    assert figures.prevalence == 0.5
    assert (figures.n_occurrences, figures.n_non_occurrences) == (2, 2)


def test_a_map_that_says_the_same_everywhere_has_the_figures_of_chance():
    figures = Classification.of(np.full(40, 0.5), np.repeat([1, 0], [10, 30]))
    assert (figures.roc_auc, figures.average_precision, figures.brier) == (0.5, 0.25, 0.25)
    assert figures.log_loss == pytest.approx(math.log(2))
    assert figures.reliability.n_points.tolist() == [40]


def test_one_sure_mistake_costs_as_much_as_a_score_of_one_in_ten_million():
    figures = Classification.of(np.array([1.0, 0.0, 1.0, 0.0], np.float32), np.array([1, 1, 0, 0]))
    assert figures.log_loss == pytest.approx(-(math.log(1e-7) + math.log1p(-1e-7)) / 2)
    assert figures.brier == 0.5


def test_areas_under_the_curves_drawn_are_the_figures_told():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 200)
    figures = Classification.of((label + rng.normal(size=200)).round(1), label)
    false, true = figures.roc
    assert auc(false, true) == pytest.approx(figures.roc_auc)
    recall, precision = figures.precision_recall
    assert np.diff(recall) @ precision[1:] == pytest.approx(figures.average_precision)
    assert (recall[0], recall[-1], false[-1], true[-1]) == (0, 1, 1, 1)


def test_scores_beyond_0_to_1_keep_what_ranks_tell_and_say_why_the_rest_is_missing():
    within = Classification.of(SCORES, LABEL)
    beyond = Classification.of(SCORES * 10 - 2, LABEL)
    assert beyond.roc_auc == within.roc_auc
    assert beyond.average_precision == within.average_precision
    assert (beyond.brier, beyond.log_loss, beyond.reliability) == (None, None, None)
    assert beyond.reason == "4 of 4 scores leave the range 0 to 1"
    assert beyond.reason in beyond.sentence()
    assert within.reason is None


@pytest.mark.parametrize("label", [[1, 1, 1, 1], [0, 0, 0, 0]])
def test_points_of_one_kind_are_refused(label):
    with pytest.raises(ScoreError, match="one kind"):
        Classification.of(SCORES, np.array(label))


def test_a_point_without_a_score_is_refused():
    with pytest.raises(ScoreError, match="no finite score"):
        Classification.of(np.array([0.5, np.nan]), np.array([1, 0]))


def test_bins_hold_equal_numbers_and_never_fewer_than_ten_points():
    rng = np.random.default_rng(1)
    for n, expected in ((7, [7]), (19, [19]), (40, [10] * 4), (1000, [100] * 10)):
        curve = Reliability.of(rng.permutation(n) / n, np.zeros(n, np.int64))
        assert curve.n_points.tolist() == expected


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9]), min_size=1, max_size=120))
def test_points_of_one_score_share_a_bin_and_none_is_lost(scores):
    scores = np.array(scores)
    curve = Reliability.of(scores, (scores > 0.4).astype(np.int64))
    assert curve.n_points.sum() == scores.size
    assert curve.n_points @ curve.score == pytest.approx(scores.sum())
    assert curve.n_points @ curve.frequency == pytest.approx((scores > 0.4).sum())
    assert curve.score.size <= np.unique(scores).size
    assert (np.diff(curve.score) > 0).all()
    assert ((curve.low <= curve.frequency) & (curve.frequency <= curve.high)).all()


def test_intervals_are_those_of_wilson():
    curve = Reliability.of(np.repeat([0.1, 0.9], 10), np.repeat([0, 1], 10))
    z2 = 1.959963984540054**2
    assert curve.low.tolist() == pytest.approx([0, 10 / (10 + z2)])
    assert curve.high.tolist() == pytest.approx([z2 / (10 + z2), 1])


def test_labels_drawn_from_the_scores_lie_on_the_diagonal():
    rng = np.random.default_rng(2)
    scores = rng.random(20_000)
    curve = Reliability.of(scores, (rng.random(scores.size) < scores).astype(np.int64))
    assert curve.frequency == pytest.approx(curve.score, abs=0.03)
    assert ((curve.low < curve.score) & (curve.score < curve.high)).sum() >= 8


@pytest.mark.parametrize("scale", [1, 10])
def test_json_has_no_nan(scale):
    figures = Classification.of(SCORES * scale, LABEL)
    told = json.loads(json.dumps(ClassificationRecord.plain(figures), allow_nan=False))
    assert told["roc_auc"] == 0.75
    assert (told["calibration"] is None) == (scale == 10)
