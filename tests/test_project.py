import geopandas as gpd
import pytest
from smallproject import write_project

from geoprospect.errors import ProjectError, SamplesError, TrainingError
from geoprospect.project import Project
from geoprospect.samples.areas import Area
from geoprospect.samples.nonoccurrences import DrawingRule

MINIMAL = """
[evidence]
X1 = "rasters/X1.tif"
X2 = { path = "stack.tif", band = 2 }

[points]
training = { path = "points.gpkg", label = "occurrence" }
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "project.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_paths_are_relative_to_the_project_file(write, tmp_path, monkeypatch):
    path = write(MINIMAL)
    monkeypatch.chdir("/")
    project = Project.load(path)
    assert project.layers["X1"].path == str(tmp_path / "rasters" / "X1.tif")
    assert (project.layers["X2"].path, project.layers["X2"].band) == (
        str(tmp_path / "stack.tif"),
        2,
    )
    assert project.points.training.path == str(tmp_path / "points.gpkg")
    assert project.folder == tmp_path / "out"


def test_a_remote_path_is_left_as_it_is(write):
    project = Project.load(write(MINIMAL.replace("rasters/X1.tif", "/vsizip/a.zip/X1.tif")))
    assert project.layers["X1"].path == "/vsizip/a.zip/X1.tif"


def test_a_folder_can_stand_for_the_evidence(write, tmp_path):
    text = 'evidence = "rasters"\n' + MINIMAL[MINIMAL.index("[points]") :]
    assert Project.load(write(text)).layers == str(tmp_path / "rasters")


def test_the_published_settings_hold_unless_changed(write):
    plan = Project.load(write(MINIMAL)).plan()
    assert (plan.pretext, plan.strategy) == ("reconstruction", "fine-tuning")
    assert (plan.pretraining.rate, plan.pretraining.batch, plan.pretraining.epochs) == (
        1e-3,
        10_000,
        500,
    )
    assert plan.pretraining.held_back == 0.2
    changed = Project.load(
        write(MINIMAL + "[model.training]\nrate = 0.01\nl1 = 0.5\n[model.pretraining]\nepochs = 3")
    ).plan()
    assert (changed.training.rate, changed.l1, changed.pretraining.epochs) == (0.01, 0.5, 3)
    assert changed.training.batch == plan.training.batch


def test_from_scratch_needs_no_pretext(write):
    plan = Project.load(write(MINIMAL + '[model]\nstrategy = "from-scratch"')).plan()
    assert (plan.pretext, plan.pretraining) == ("none", None)


def test_a_strategy_that_contradicts_the_pretext_is_refused(write):
    text = MINIMAL + '[model]\nstrategy = "from-scratch"\npretext = "lithology"'
    with pytest.raises(TrainingError, match="contradict"):
        Project.load(write(text)).plan()


def test_a_baseline_takes_the_published_settings_unless_changed(write):
    text = MINIMAL + '[model]\nstrategy = "random-forest"\n[model.baseline]\ntrees = 7'
    plan = Project.load(write(text)).plan()
    assert (plan.method, plan.members, plan.settings.trees) == ("random-forest", 1, 7)
    assert plan.settings.costs == (0.1, 1.0, 10.0, 100.0)
    with pytest.raises(TrainingError, match="contradict"):
        Project.load(write(text.replace("[model]", '[model]\npretext = "lithology"'))).plan()


def test_the_lithology_pretext_needs_rock_class_points(write):
    with pytest.raises(ProjectError, match="needs rock-class points"):
        Project.load(write(MINIMAL + '[model]\npretext = "lithology"')).plan()


def test_non_occurrences_are_drawn_by_the_rule_of_the_file(write, tmp_path):
    assert Project.load(write(MINIMAL)).drawing_rule == DrawingRule()
    text = """
[points.non_occurrences]
number = 80
distance = 5000
method = "dissimilar"
within = { path = "maps/rocks.gpkg", field = "code", classes = ["granite", 3] }
"""
    area = Area(str(tmp_path / "maps/rocks.gpkg"), "code", ("granite", "3"))
    rule = DrawingRule(80, 5000.0, "dissimilar", area)
    assert Project.load(write(MINIMAL + text)).drawing_rule == rule


def test_points_without_a_label_are_occurrences_unless_a_field_is_named_as_labels_are(tmp_path):
    path = write_project(tmp_path)
    path.write_text(path.read_text().replace(', label = "occurrence"', ""))
    table = gpd.read_file(tmp_path / "training.gpkg")
    project = Project.load(path)
    with project.open_evidence() as stack:
        assert project.read_samples("training", stack).label.tolist() == table.occurrence.tolist()
        table.drop(columns="occurrence").to_file(tmp_path / "training.gpkg")
        assert project.read_samples("training", stack).label.tolist() == [1] * len(table)
        table.rename(columns={"occurrence": "active"}).to_file(tmp_path / "training.gpkg")
        with pytest.raises(SamplesError, match=r"not obvious .found active"):
            project.read_samples("training", stack)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[evidence", "no valid TOML"),
        ("", "evidence is missing; points is missing"),
        (MINIMAL + "[modle]\nseed = 1", "modle is no setting"),
        (MINIMAL + "[model]\nstrategy = 'fine'", "model.strategy.*found 'fine'"),
        (MINIMAL + "[model]\nmembers = 0", "model.members.*found 0"),
        (MINIMAL + "[calibration]\nmethod = 'logistic'", "calibration.deposits is missing"),
        (MINIMAL + "[calibration]\ndeposits = 0", "calibration.deposits.*found 0"),
        (MINIMAL + "[calibration]\ndeposits = 5\nmethod = 'platt'", "found 'platt'"),
        (MINIMAL + "[points.non_occurrences]\nnumber = 0", "non_occurrences.number.*found 0"),
        (
            MINIMAL + "[points.non_occurrences]\nwithin = 'rocks.gpkg'",
            "within.field is missing; .*within.classes is missing",
        ),
        (MINIMAL.replace("band = 2", "band = 0"), "evidence.*band.*found 0"),
        (MINIMAL.replace('path = "points.gpkg"', 'file = "points.gpkg"'), "points.training.path"),
    ],
)
def test_a_faulty_project_file_is_one_line_that_names_the_setting(write, text, said):
    path = write(text)
    with pytest.raises(ProjectError, match=said) as caught:
        Project.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_project_file_is_refused(tmp_path):
    with pytest.raises(ProjectError, match="no such file"):
        Project.load(tmp_path / "none.toml")
