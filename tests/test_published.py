import json
import shutil

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from studyfiles import write_h5, write_study

from geoprospect.errors import ModelError, StudyError
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Network
from geoprospect.published import Study, StudyAudit, model_from_weights, read_published
from geoprospect.published.audit import recovered_components
from geoprospect.published.experiments import run_experiments
from geoprospect.published.figures import MethodResult, Points, Spread, Trial
from geoprospect.published.maps import map_study
from geoprospect.published.records import StudyAuditRecord
from geoprospect.published.weights import read_encoders


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def copy(small, tmp_path):
    """A study whose files may be spoiled."""
    return shutil.copytree(small, tmp_path / "study")


def figures(study, name):
    network = read_published(study)[name]
    tables = [study.training, *study.scenarios]
    return Points.of(study, tables[network.scenario or 0]).trial(network.network).auc


# The study itself


@pytest.mark.parametrize(
    ("name", "points", "expected"),
    [
        ("autoencoder_fine", "validation", 0.9275),
        ("autoencoder_fine", "training", 0.9420),
        ("autoencoder_fine_exp7", "validation", 0.9475),
        ("autoencoder_fine_exp7", "slipped", 0.9225),
    ],
)
def test_published_weights_score_what_was_published(study, name, points, expected):
    assert round(figures(Study.read(study), name)[points], 4) == expected


def test_the_audit_of_the_study_finds_what_its_tables_repeat_and_lack(study):
    audit = StudyAudit.of(Study.read(study))
    assert (audit.n_training, audit.n_occurrences) == (313, 95)
    assert audit.no_coordinates == (312,)
    assert audit.n_repeated == 23
    assert audit.n_repeats == {"occurrences": 6, "non-occurrences": 18}
    assert audit.leak().startswith("24 of the 40 validation points repeat a training point's cell")
    assert all(overlap.n > 0 for overlap in audit.overlaps)
    assert audit.residual < 1e-4


def test_the_scenarios_of_the_study_have_85_to_15_occurrences(study):
    scenarios = Study.read(study).scenarios
    assert [table.n_occurrences for table in scenarios] == [85, 75, 65, 55, 45, 35, 25, 15]
    assert {int((table.label == 0).sum()) for table in scenarios} == {218}


def test_the_published_network_predicts_the_rebuilt_layers_as_measured(study, tmp_path):
    read = Study.read(study)
    if read.rasters is None:
        pytest.skip("the study's folder holds no rebuilt layers")
    maps = map_study(read, (), tmp_path)
    assert len(maps) == 14
    best = next(one for one in maps if one.name == "autoencoder_fine")
    assert best.prediction.figures.curve.n_occurrences == 20
    assert round(best.prediction.auc, 3) == 0.826
    assert best.prediction.curve.captured_in(0.1) == pytest.approx(0.45, abs=1e-9)
    assert best.success.audit.no_coordinates == (312,)


@pytest.mark.slow
def test_the_study_is_reproduced_within_the_range_over_ten_seeds(study):
    results = run_experiments(Study.read(study), seeds=10)
    best = next(result for result in results if result.method == "FDE-FT")
    assert best.inside("training")
    assert best.inside("validation")
    # From the study's own encoder, the one head to train ends where the study's did.
    told = {(r.method, r.note): r for r in results}
    probing = told["FDE-LP", "study's encoder"]
    assert probing.outside() == ()
    assert probing.spread("validation").median == pytest.approx(0.7750, abs=5e-5)
    regression = told["logistic regression", ""]
    assert regression.spread("validation").median == pytest.approx(0.9150, abs=0.003)


# Any folder in its layout


def test_a_clone_is_read_like_a_flat_folder(small, tmp_path):
    for path in [*small.rglob("*.csv"), *small.rglob("*.h5")]:
        shutil.copy(path, tmp_path / path.name)
    clone, flat = Study.read(small), Study.read(tmp_path)
    np.testing.assert_array_equal(clone.training.P, flat.training.P)
    assert set(clone.weights) == set(flat.weights)
    assert len(read_published(clone)) == 14


def test_columns_are_read_by_name_whatever_their_order(small):
    study = Study.read(small)  # 01 and 013 list their columns backwards
    recovered = recovered_components(study)
    P = recovered.transform(study.evidence)
    np.testing.assert_allclose(P, study.training.P, atol=1e-4)
    table = np.genfromtxt(small / "Data/013_Random.csv", delimiter=",", names=True)
    np.testing.assert_allclose(study.random.P[:, 0], table["PC1"])


@pytest.mark.parametrize(
    ("separator", "decimal", "end", "quote"),
    [(",", ".", "\n", '"'), (";", ".", "\r\n", ""), (";", ",", "\r\n", '"'), ("\t", ".", "\n", "")],
)
def test_every_dialect_of_a_table_reads_the_same(copy, separator, decimal, end, quote):
    expected = Study.read(copy).validation
    path = copy / "Data/04_Validation_Points.csv"
    header, *rows = path.read_text().splitlines()
    lines = [separator.join(header.split(","))]
    for row in rows:
        first, *numbers = row.split(",")
        cells = [f"{quote}{first}{quote}", *(number.replace(".", decimal) for number in numbers)]
        lines.append(separator.join(cells))
    path.write_bytes(("\ufeff" + end.join(lines) + end).encode())
    read = Study.read(copy).validation
    np.testing.assert_array_equal(read.P, expected.P)
    np.testing.assert_array_equal(read.label, expected.label)


def test_the_audit_counts_repeats_by_hand(small):
    audit = StudyAudit.of(Study.read(small))
    assert audit.n_repeated == 1
    assert audit.no_coordinates == (58,)
    assert audit.repeats == (0, 1, 2, 3, 4)
    assert audit.n_repeats == {"occurrences": 3, "non-occurrences": 2}
    assert audit.lines()[0] == audit.leak()
    json.dumps(StudyAuditRecord.plain(audit))


def test_the_slip_reads_pc5_in_the_place_of_pc6(small):
    study = Study.read(small)
    points = Points.of(study, study.training)
    slipped = points.P[-len(study.validation.label) :]
    right = study.validation.P.astype(np.float32)
    np.testing.assert_array_equal(slipped[:, 5], right[:, 4])
    np.testing.assert_array_equal(np.delete(slipped, 5, axis=1), np.delete(right, 5, axis=1))


def test_figures_are_areas_under_the_roc_curve_of_the_right_points(small):
    study = Study.read(small)
    scores = np.random.default_rng(0).random(60 + 16 + 16).astype(np.float32)
    trial = Points.of(study, study.training).trial_of(scores)
    label = study.validation.label
    assert trial.auc["training"] == roc_auc_score(study.training.label, scores[:60])
    assert trial.auc["validation"] == roc_auc_score(label, scores[60:76])
    assert trial.auc["unshared"] == roc_auc_score(label[5:], scores[65:76])
    assert trial.auc["slipped"] == roc_auc_score(label, scores[76:])


def test_a_published_figure_is_inside_the_range_to_four_digits():
    def trial(value):
        return Trial(dict.fromkeys(("training", "validation", "unshared", "slipped"), value), ())

    result = MethodResult(("I",), "FDE-FT", 9, (trial(0.8), trial(0.9)), trial(0.90004), "w")
    assert result.spread("training") == Spread(pytest.approx(0.85), 0.8, 0.9)
    assert result.inside("training")
    outside = MethodResult(("I",), "FDE-FT", 9, (trial(0.8), trial(0.9)), trial(0.9002), "w")
    assert outside.outside() == ("training", "validation", "unshared", "slipped")
    without = MethodResult(("I",), "SVM", 9, (trial(None),))
    assert without.inside("training") is None
    assert without.outside() == ()


# What is wrong is said in one line


def spoil_label(path, value):
    header, *rows = path.read_text().splitlines()
    rows = [value + row[row.index(",") :] for row in rows]
    path.write_text("\n".join([header, *rows]))


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("04_Validation_Points.csv", lambda p: p.unlink(), "04_Validation_Points.csv is missing"),
        ("08_exp4.csv", lambda p: p.unlink(), "08_exp4.csv is missing"),
        ("02_Train_PCA.csv", lambda p: p.write_text(""), "the table is empty"),
        (
            "02_Train_PCA.csv",
            lambda p: p.write_text(p.read_text().partition("\n")[0] + "\n"),
            "the table is empty",
        ),
        (
            "013_Random.csv",
            lambda p: p.write_text(p.read_text().rpartition(",")[0] + ",abc\n"),
            "column PC1 holds no number in row 49 .* 'abc'",
        ),
        (
            "03_Train_Pretext.csv",
            lambda p: p.write_text(p.read_text().replace("PC4", "P4")),
            "lacks the columns PC4",
        ),
        ("04_Validation_Points.csv", lambda p: spoil_label(p, "1"), "one class only"),
        ("02_Train_PCA.csv", lambda p: spoil_label(p, "2"), "labels that are none"),
        (
            "01_Train_VO.csv",
            lambda p: p.write_text(p.read_text().rstrip().rpartition("\n")[0] + "\n"),
            "does not list the points of 02_Train_PCA.csv",
        ),
    ],
)
def test_a_spoiled_table_is_told_in_one_line(copy, name, spoil, said):
    spoil(copy / "Data" / name)
    with pytest.raises(StudyError, match=said) as caught:
        Study.read(copy)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StudyError, match="no such folder"):
        Study.read(tmp_path / "nowhere")


def test_a_truncated_weight_file_is_told_in_one_line(copy):
    path = copy / "Models/EXPERIMENT_I/autoencoder_fine.h5"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelError, match=r"autoencoder_fine.h5: cannot be read") as caught:
        read_published(Study.read(copy))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("widths", "activations", "said"),
    [
        ([9, 4, 1], ["relu", "sigmoid"], "found 9 inputs, 1 outputs; expected 7 inputs"),
        ([7, 4, 2], ["relu", "sigmoid"], "found 7 inputs, 2 outputs"),
        ([7, 1], ["linear"], "does not end in a sigmoid"),
    ],
)
def test_a_weight_file_of_another_shape_is_told(copy, widths, activations, said):
    write_h5(copy / "Models/EXPERIMENT_I/autoencoder_fine.h5", widths, activations)
    with pytest.raises(ModelError, match=said):
        read_published(Study.read(copy))


def test_a_pretext_network_without_an_encoder_is_told(copy):
    write_h5(copy / "Models/PRETRAINED_MODELS/modelo_encoder.h5", [7, 7], ["linear"])
    with pytest.raises(ModelError, match="another shape"):
        read_encoders(Study.read(copy))


# Keras 2 weights


def test_a_keras_2_file_gives_the_layers_it_holds(tmp_path):
    arrays = write_h5(tmp_path / "n.h5", [3, 4, 2], ["leaky-relu", "softmax"])
    X = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    Z = X @ arrays[0][0] + arrays[0][1]
    Z = np.where(Z > 0, Z, 0.3 * Z) @ arrays[1][0] + arrays[1][1]
    expected = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Network.read(tmp_path / "n.h5").predict(X), expected, atol=1e-6)


def test_an_h5_file_that_keras_writes_gives_what_keras_predicts(tmp_path):
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(5, activation="relu"), keras.layers.Dense(1, "sigmoid")]
    network = keras.Sequential([keras.Input((4,)), *layers])
    network.save(tmp_path / "n.h5")
    X = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    expected = network.predict(X, verbose=0)
    np.testing.assert_allclose(Network.read(tmp_path / "n.h5").predict(X), expected, atol=1e-6)


def test_the_encoders_are_the_relu_layers_of_the_pretext_networks(small):
    encoders = read_encoders(Study.read(small))
    assert {name: len(part.layers) for name, part in encoders.items()} == {
        "reconstruction": 5,
        "lithology": 5,
    }
    assert {part.n_outputs for part in encoders.values()} == {2}


def test_published_weights_become_a_model_that_is_saved_loaded_and_never_beyond(small, tmp_path):
    study = Study.read(small)
    components = recovered_components(study)
    weights = study.weights["autoencoder_fine"]
    model = model_from_weights(weights, components)
    mean, _ = model.forward_pass().predict(study.evidence)
    expected = Network.read(weights).predict(components.transform(study.evidence))[:, 0]
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    assert not model.beyond_training([[1e30] * 7]).any()
    model.save(tmp_path / "model")
    content = json.loads((tmp_path / "model/model.json").read_text(), parse_constant=pytest.fail)
    assert content["settings"]["rate"] == 1e-5
    loaded = ProspectivityModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.forward_pass().predict(study.evidence)[0], mean)


def test_weights_that_do_not_take_the_components_are_refused(small, tmp_path):
    write_h5(tmp_path / "n.h5", [3, 1], ["sigmoid"])
    with pytest.raises(ModelError, match="another shape"):
        model_from_weights(tmp_path / "n.h5", recovered_components(Study.read(small)))


def test_a_study_without_layers_cannot_be_mapped(small, tmp_path):
    with pytest.raises(StudyError, match="no layers to map"):
        map_study(Study.read(small), (), tmp_path)
