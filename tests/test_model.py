import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from geoprospect.errors import ModelError, OutputError
from geoprospect.model import Components
from geoprospect.model.model import ProspectivityModel
from geoprospect.network import Dense, Network


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    components = Components.fit(rng.normal(size=(50, 2)), names=("X1", "X2"))
    members = tuple(
        Network(
            (
                Dense(rng.normal(size=(2, 5)).astype("f"), rng.normal(size=5).astype("f"), "relu"),
                Dense(rng.normal(size=(5, 3)).astype("f"), np.zeros(3, "f"), "leaky-relu", 0.3),
                Dense(rng.normal(size=(3, 1)).astype("f"), np.ones(1, "f"), "sigmoid"),
            )
        )
        for _ in range(12)
    )
    ranges = np.array([[-1, 1], [-2, 2]], np.float32)
    return ProspectivityModel(
        components, members, ranges, {"seed": 3}, {"X1.tif": "ab"}, ((0, 1), (5, 7))
    )


def test_a_saved_model_comes_back_whole_without_pickles(model, tmp_path):
    model.save(tmp_path / "model")
    loaded = ProspectivityModel.load(tmp_path / "model")
    X = np.random.default_rng(1).normal(size=(100, 2))
    for ours, theirs in zip(
        loaded.forward_pass().predict(X), model.forward_pass().predict(X), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert loaded.settings == model.settings
    assert loaded.inputs == model.inputs
    assert loaded.training_cells == model.training_cells
    np.testing.assert_array_equal(loaded.ranges, model.ranges)
    suffixes = {path.suffix for path in (tmp_path / "model").iterdir()}
    assert suffixes == {".json", ".keras"}


def test_a_model_says_what_it_is(model):
    said = "12 members by weights trained elsewhere, over X1, X2; trained on 2 cells."
    assert repr(model) == f"<ProspectivityModel: {said}>"
    assert f"<p>{said}</p>" in model._repr_html_()
    assert "<tr><td>X2</td><td>-2</td><td>2</td></tr>" in model._repr_html_()
    settings = {"strategy": "fine-tuning", "pretext": "lithology"}
    named = replace(model, settings=settings, training_cells=())
    assert (
        "by fine-tuning after the lithology pretext (pre-training) task, over" in named.sentence()
    )
    assert named.sentence().endswith("training cells not known.")


def test_the_same_model_is_saved_as_the_same_bytes(model, tmp_path):
    for name in ("first", "second"):
        model.save(tmp_path / name)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


def test_the_networks_open_in_keras(model, tmp_path):
    model.save(tmp_path / "model")
    network = keras.saving.load_model(tmp_path / "model" / "member-000.keras")
    P = np.random.default_rng(1).normal(size=(100, 2)).astype("f")
    np.testing.assert_allclose(
        network.predict(P, verbose=0), model.members[0].predict(P), atol=1e-6
    )


def test_an_existing_model_is_kept_unless_overwriting_is_asked_for(model, tmp_path):
    model.save(tmp_path / "model")
    with pytest.raises(OutputError, match="exists already"):
        model.save(tmp_path / "model")
    model.save(tmp_path / "model", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "model.json").unlink(), "No such file"),
        (lambda f: (f / "model.json").write_text("[]"), "cannot be read as a model"),
        (lambda f: (f / "member-001.keras").unlink(), "No such file"),
        (lambda f: (f / "member-001.keras").write_bytes(b"PK"), "altered"),
        (lambda f: (f / "components.json").write_text("{}"), "altered"),
    ],
)
def test_a_damaged_model_is_refused(model, tmp_path, damage, said):
    folder = tmp_path / "model"
    model.save(folder)
    damage(folder)
    with pytest.raises(ModelError, match=said):
        ProspectivityModel.load(folder)


def test_a_model_of_another_version_is_refused(model, tmp_path):
    folder = tmp_path / "model"
    model.save(folder)
    content = json.loads((folder / "model.json").read_text())
    content["version"] = 99
    (folder / "model.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match="another kind"):
        ProspectivityModel.load(folder)


def test_networks_that_do_not_fit_the_components_are_refused(model):
    wide = Network((Dense(np.zeros((3, 1), "f"), np.zeros(1, "f"), "sigmoid"),))
    with pytest.raises(ModelError, match="do not fit"):
        ProspectivityModel(model.components, (wide,), model.ranges)
    with pytest.raises(ModelError, match="do not fit"):
        ProspectivityModel(model.components, (), model.ranges)
