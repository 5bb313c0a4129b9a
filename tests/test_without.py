"""What layers add: methods compared with and without them, at the same points in the same folds."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pytest
from click.testing import CliRunner
from smallproject import PROJECT, write_project
from toycolumn import Distance, OpenDistance

from geoprospect.cli import main
from geoprospect.crossval import Choice, Comparison, FoldScheme, HeldOutScores
from geoprospect.crossval.ablation import Ablation
from geoprospect.errors import LayerNameError
from geoprospect.evidence import EvidenceStack, RasterBand
from geoprospect.evidence.leavingout import layers_left
from geoprospect.methods import Boosting, Resampled
from geoprospect.model import Components, FitInputs
from geoprospect.project.comparison import compare_methods
from geoprospect.project.file import Project
from geoprospect.samples import DrawingRule
from geoprospect.samples.nonoccurrences import draw_non_occurrences

SCHEME = FoldScheme(folds=3, repeats=2)
METHODS = ("svm", "random-forest", "boosting")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = write_project(tmp_path_factory.mktemp("without"))
    path.write_text(
        PROJECT.replace('strategy = "fine-tuning"', 'strategy = "svm"')
        + 'baseline = { trees = 20, monotonic = { A = "increasing", C = "increasing" } }\n'
    )
    return path


@pytest.fixture(scope="module")
def project(path):
    return Project.load(path)


@pytest.fixture(scope="module")
def comparison(project):
    return compare_methods(project, SCHEME, METHODS, without=["C", "A, B"])


def auc(label, scores):
    gaps = np.sign(scores[label == 1][:, None] - scores[label == 0][None])
    return (gaps.mean() + 1) / 2


def test_a_method_without_a_layer_scores_as_where_the_layer_never_was(comparison, path):
    fewer = path.with_name("fewer.toml")
    text = path.read_text().replace('C = "rasters/C.tif"\n', "").replace(', C = "increasing"', "")
    fewer.write_text(text)
    alone = compare_methods(fewer, SCHEME, METHODS)
    ablation = comparison.ablations[0]
    assert ablation.methods == METHODS
    for without, other in zip(ablation.results, alone.methods, strict=True):
        assert without.method == f"{other.method} without C"
        np.testing.assert_allclose(without.scores, other.scores, atol=1e-6)
        np.testing.assert_allclose(without.shares, other.shares, atol=1e-3)


def test_the_methods_themselves_score_as_without_the_question(comparison, project):
    plain = compare_methods(project, SCHEME, METHODS)
    for asked, other in zip(comparison.methods, plain.methods, strict=True):
        np.testing.assert_array_equal(asked.scores, other.scores)
    assert plain.gains == ()
    assert comparison.samples.cells.tolist() == plain.samples.cells.tolist()


def test_what_layers_add_is_the_difference_of_the_figures_at_the_same_points(comparison):
    label = comparison.samples.label
    whole = {result.method: result for result in comparison.methods}
    pairs = [(gain.layers, gain.method) for gain in comparison.gains]
    assert pairs == [(layers, name) for layers in ("C", "A, B") for name in METHODS]
    for gain, fewer in zip(
        comparison.gains, [r for part in comparison.ablations for r in part.results], strict=True
    ):
        with_all = np.mean([auc(label, row) for row in whole[gain.method].scores])
        without = np.mean([auc(label, row) for row in fewer.scores])
        gap = gain.gained["auc"]
        assert gain.mean["auc"] == pytest.approx(without)
        assert gap.value == pytest.approx(with_all - without)
        assert gap.interval.low <= gap.value <= gap.interval.high
    by_layers = {gain.layers: gain for gain in comparison.gains if gain.method == "svm"}
    assert by_layers["A, B"].gained["auc"].interval.low > 0.1  # what occurrences follow
    assert by_layers["C"].gained["auc"].interval.low < 0.05  # noise


def test_components_of_some_layers_are_those_fitted_on_them_alone(project):
    with project.open_evidence() as stack:
        fewer = Components.fit(stack).of_layers(["C", "A"])
        fitted = Components.fit(stack.select(["C", "A"]))
        X = stack.select(["C", "A"]).draw(50, seed=0)[0]
        flat = Components.fit(stack).unrotated().of_layers(["B"])
    np.testing.assert_allclose(fewer.transform(X), fitted.transform(X), atol=1e-5)
    np.testing.assert_allclose(fewer.variances, fitted.variances)
    assert not flat.rotated
    assert flat.names == ("B",)


@dataclass(frozen=True)
class Two(Distance):
    """A column that gives two layers."""

    @property
    def names(self):
        return (f"{self.name}_1", f"{self.name}_2")

    def open(self, grid):
        return OpenTwo(self, grid)


class OpenTwo(OpenDistance):
    def read(self, window, out):
        rows, columns = np.mgrid[window.toslices()]
        out[0], out[1] = rows + 7.0 * columns, np.sin(rows)


@pytest.fixture
def columns(path):
    return [*(RasterBand(name, path.parent / f"rasters/{name}.tif") for name in "AB"),
            Two("bands", 0, 0)]  # fmt: skip


def test_a_column_is_named_for_all_that_it_gives(columns):
    with EvidenceStack.open(columns) as stack:
        assert layers_left(stack, "bands") == ("A", "B")
        assert layers_left(stack, "bands_2, A") == ("B", "bands_1")
        for wrong, said in (
            ("A,gold", r"no such layer to leave out .found gold; expected some of A, B, bands, b"),
            ("bands,A,B", "no layer is left"),
            ("", "no such layer"),
        ):
            with pytest.raises(LayerNameError, match=said):
                layers_left(stack, wrong)


def test_the_surroundings_of_a_layer_go_with_it(path):
    text = path.read_text().replace("members = 2", "members = 2\ncontext = [1, 2]")
    around = path.with_name("around.toml")
    around.write_text(text)
    with Project.load(around).open_evidence() as stack:
        assert layers_left(stack, "C") == ("A", "B", "A@1", "B@1", "A@2", "B@2")
        assert layers_left(stack, "A, B") == ("C", "C@1", "C@2")
        assert stack.select(layers_left(stack, "C")).names[-1] == "B@2"


def test_what_is_computed_from_a_layer_left_out_stays_and_is_told(path):
    computed = path.with_name("computed.toml")
    line = '"A-B" = { kind = "difference", of = ["A", "B"] }\n'
    text = path.read_text().replace('C = "rasters/C.tif"\n', 'C = "rasters/C.tif"\n' + line)
    computed.write_text(text.replace(', C = "increasing"', ""))
    compared = compare_methods(
        computed, FoldScheme(folds=2, repeats=1), ["svm"], without=["A", "C", "A,A-B"]
    )
    told = [note for note in compared.notes if "stays" in note and "computed" in note]
    assert told == [
        "A-B, computed from what is left out with A, stays: to leave it out too, write "
        '--without "A,A-B".'
    ]


def test_rocks_and_draws_do_without_the_layers_too(project):
    with project.open_evidence() as stack:
        samples = project.read_samples("training", stack)
        rocks = project.read_samples("lithology", stack)
        fewer = FitInputs.of(stack, samples, rocks=rocks).without("B")
        np.testing.assert_array_equal(fewer.points.X, samples.X[:, [0, 2]])
        np.testing.assert_array_equal(fewer.rocks.X, rocks.X[:, [0, 2]])
        assert fewer.components.names == fewer.stack.names == fewer.points.names == ("A", "C")


def test_settings_of_layers_left_out_are_left_out():
    method = Boosting(monotonic={"A": "increasing", "C": "decreasing"})
    assert method.without(["C"]).monotonic == {"A": "increasing"}
    assert Resampled(method, "smote").without(["C"]).method.monotonic == {"A": "increasing"}


def test_the_choice_is_made_without_the_layers_too(comparison):
    label, random = comparison.samples.label, np.random.default_rng(0)

    def scored(strength):
        names = ("random-forest", "extra-trees", "svm", "other")
        noise = random.random((len(names), 1, len(label)))
        return tuple(
            HeldOutScores.of(name, row + strength * label, label)
            for name, row in zip(names, noise, strict=True)
        )

    folds = FoldScheme(folds=2, repeats=1)
    methods = scored(2.0)
    compared = Comparison(
        folds, comparison.samples, methods, methods[0], ablations=(Ablation.of("C", scored(0.1)),)
    )
    gains = {gain.method: gain for gain in Choice.of(compared).told.gains}
    assert {"svm", "average", "the choice"} <= set(gains)
    assert gains["the choice"].gained["auc"].value > 0.2
    average = np.mean([result.scores[0] for result in compared.ablations[0].results[:3]], axis=0)
    assert gains["average"].mean["auc"] == pytest.approx(auc(label, average))


def test_draws_of_non_occurrences_stay_the_same(project):
    with project.open_evidence() as stack:
        samples = project.read_samples("training", stack)
        occurrences = samples.part(samples.label == 1)
        rule = DrawingRule(draws=2, number=60)
        drawn = draw_non_occurrences(occurrences, stack, rule, seed=1)
        fewer = FitInputs.of(stack, drawn).without("C")
    np.testing.assert_array_equal(fewer.masks, drawn.masks)
    np.testing.assert_array_equal(fewer.points.cells, drawn.samples.cells)
    np.testing.assert_array_equal(fewer.points.X, drawn.samples.X[:, :2])


def test_the_command_prints_writes_and_tells_what_layers_add(path, tmp_path):
    folder = tmp_path / "told"
    options = [
        "crossval", str(path), "--method", "svm", "--number", "3", "--repeats", "1",
        "--without", "C", "--without", "A,B", "--output", str(folder),
    ]  # fmt: skip
    done = CliRunner().invoke(main, options, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert re.search(r"adds to ROC area.*adds to precision", done.stdout)
    assert re.search(r"A,B to svm +\+0\.\d{3}", done.stdout)
    assert "What C adds to the area under the ROC curve: svm " in done.stdout
    told = json.loads((folder / "crossval.json").read_text())
    assert [(gain["layers"], gain["method"]) for gain in told["without"]] == [
        ("C", "svm"), ("A,B", "svm"),
    ]  # fmt: skip
    page = (folder / "crossval.html").read_text()
    assert "What layers add" in page
    assert f">{told['without'][1]['gained']['auc']['value']:+z.3f}<" in page


def test_a_layer_that_is_not_there_is_told_before_anything_is_fitted(path, tmp_path):
    options = ["crossval", str(path), "--method", "svm", "--without", "gold",
               "--output", str(tmp_path / "gold")]  # fmt: skip
    done = CliRunner().invoke(main, options, catch_exceptions=False)
    assert done.exit_code == 1
    assert "no such layer to leave out (found gold; expected some of A, B, C)" in done.output
    assert "fits" not in done.output
