"""Pictures of the measures of a map."""

import numpy as np
import pytest
from matplotlib.image import imread

from geoprospect.report.style import write_png
from geoprospect.scoring.measures.boyce import boyce_of
from geoprospect.scoring.measures.classification import Classification
from geoprospect.scoring.measures.predictionarea import prediction_area_of
from geoprospect.scoring.pictures import draw_boyce, draw_classification, draw_prediction_area

SKEWED = np.random.default_rng(0).beta(0.3, 6, 3000).astype(np.float32)
BEST = np.sort(SKEWED)[-500::10]
LABEL = np.tile([1, 0, 0], 20)
MAPS = {
    "a skewed map": (SKEWED, BEST),
    "a map upside down": (-SKEWED, -BEST),
    "a constant map": (np.full(9, 0.3), np.full(2, 0.3)),
    "one occurrence": (SKEWED, SKEWED[:1]),
    "classes": (np.arange(50) % 5 / 4, np.array([1, 1, 0.75, 0.25])),
}


def pictures(values, at_points):
    scores = np.resize(values, LABEL.size)
    return (
        draw_prediction_area(prediction_area_of(values, at_points), title="Prediction-area plot"),
        draw_boyce(boyce_of(values, at_points), title="Boyce index"),
        draw_classification(Classification.of(scores, LABEL), title="At the points"),
    )


@pytest.mark.parametrize("case", MAPS)
def test_no_words_leave_the_picture_whatever_the_map(case, tmp_path):
    for figure in pictures(*MAPS[case]):
        write_png(figure, tmp_path / "picture.png", overwrite=True)
        assert imread(tmp_path / "picture.png").shape[2] == 4
        whole = figure.bbox
        words = [text.get_window_extent() for text in figure.texts]
        for box in [*words, *(axes.get_tightbbox() for axes in figure.axes)]:
            assert whole.x0 <= box.x0 < box.x1 <= whole.x1
            assert whole.y0 <= box.y0 < box.y1 <= whole.y1


def test_the_figures_below_do_not_run_into_the_label_of_the_axis(tmp_path):
    for figure in pictures(SKEWED, BEST)[:2]:
        write_png(figure, tmp_path / "picture.png", overwrite=True)
        (caption,) = figure.texts
        label = figure.axes[0].xaxis.label
        assert caption.get_window_extent().y1 <= label.get_window_extent().y0


def test_area_grows_downwards_so_that_both_curves_meet_at_the_dot():
    plot = prediction_area_of(SKEWED, BEST)
    left, right = draw_prediction_area(plot).axes
    assert left.get_ylim() == right.get_ylim()[::-1]
    assert (left.get_lines()[0].get_ydata() == plot.captured).all()
    assert (right.get_lines()[0].get_ydata() == plot.area).all()
    dot = right.get_lines()[-1]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (
        plot.crossing.threshold,
        plot.crossing.at.area,
    )


def test_the_figures_of_the_crossing_stand_below():
    values = np.linspace(0, 0.5, 100)
    values[:25] = 1.0
    text = draw_prediction_area(prediction_area_of(values, values[:25])).get_supxlabel()
    assert text == (
        "80% of the occurrences in 20% of the area, at a score of 1\n"
        "normalised density 4.00, weight 1.39"
    )


def test_the_line_is_the_ratio_and_the_index_or_why_there_is_none_stands_below():
    boyce = boyce_of(SKEWED, BEST)
    figure = draw_boyce(boyce)
    line = figure.axes[0].get_lines()[0]
    assert (line.get_ydata() == boyce.ratio).all()
    assert figure.get_supxlabel() == boyce.sentence()


def test_three_panels_show_the_curves_and_their_figures():
    figures = Classification.of(np.resize(SKEWED, LABEL.size), LABEL)
    roc, precision_recall, calibration = draw_classification(figures).axes
    assert (figures.roc == roc.get_lines()[0].get_xydata().T).all()
    assert (figures.precision_recall == precision_recall.get_lines()[0].get_xydata().T).all()
    assert f"{figures.roc_auc:.2f}" in roc.get_title()
    assert f"{figures.average_precision:.2f}" in precision_recall.get_title()
    assert f"{figures.brier:.3f}" in calibration.get_title()
    assert [text.get_text() for text in calibration.texts] == ["10 points a bin"]


def test_scores_beyond_0_to_1_get_words_in_place_of_a_calibration_curve():
    panel = draw_classification(Classification.of(np.arange(60.0), LABEL)).axes[2]
    assert "leave the range 0 to 1" in " ".join(panel.texts[0].get_text().split())
    assert not panel.get_lines()
