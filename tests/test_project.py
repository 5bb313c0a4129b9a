from dataclasses import dataclass, replace

import geopandas as gpd
import pytest
from fits import method as method_of
from smallproject import write_project

from geoprospect.errors import ProjectError, SamplesError, TrainingError
from geoprospect.evidence import RasterBand, column_kinds, register_column
from geoprospect.methods import Transfer
from geoprospect.project.file import Project
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
    assert project.evidence == (
        RasterBand("X1", str(tmp_path / "rasters" / "X1.tif")),
        RasterBand("X2", str(tmp_path / "stack.tif"), 2),
    )
    assert project.points.training.path == str(tmp_path / "points.gpkg")
    assert project.folder == tmp_path / "out"


def test_a_remote_path_is_left_as_it_is(write):
    project = Project.load(write(MINIMAL.replace("rasters/X1.tif", "/vsizip/vsis3/a.zip/X1.tif")))
    assert project.evidence[0] == RasterBand("X1", "/vsizip/vsis3/a.zip/X1.tif")


def test_a_folder_can_stand_for_the_evidence(write, tmp_path):
    text = 'evidence = "rasters"\n' + MINIMAL[MINIMAL.index("[points]") :]
    assert Project.load(write(text)).evidence == str(tmp_path / "rasters")


@dataclass(frozen=True)
class Constant:
    """A column of one value on the grid of the others, as a user may register."""

    name: str
    value: float
    path: str = ""

    @property
    def names(self):
        return (self.name,)


@pytest.fixture
def constant(monkeypatch):
    monkeypatch.setattr("geoprospect.evidence.column._kinds", column_kinds())
    register_column("constant", Constant)


@pytest.mark.usefixtures("constant")
def test_a_column_of_a_registered_kind_is_built_of_its_table(write, tmp_path):
    depth = 'depth = { kind = "constant", value = 3, path = "a.bin" }\n'
    project = Project.load(write(MINIMAL.replace("[points]", f"{depth}\n[points]")))
    assert project.evidence[2] == Constant("depth", 3.0, str(tmp_path / "a.bin"))
    assert project.to_dict()["evidence"]["depth"]["value"] == 3.0


@pytest.mark.usefixtures("constant")
@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (
            '{ kind = "plane" }',
            r'evidence\.depth\.kind should be one of raster, .*, constant .found "plane"',
        ),
        ('{ kind = "constant" }', r"evidence\.depth\.value is missing"),
        ('{ kind = "constant", value = "x" }', r'evidence\.depth\.value should be .*found "x"'),
        ('{ kind = "constant", value = 1, unit = "m" }', r"evidence\.depth\.unit is no setting"),
        ('{ path = "a.tif", value = 1 }', r"evidence\.depth\.value is no setting"),
        ("7", r"evidence\.depth should be a path or a table .found 7"),
    ],
)
def test_a_column_that_cannot_be_built_is_told_with_its_setting(write, table, problem):
    path = write(MINIMAL.replace("[points]", f"depth = {table}\n\n[points]"))
    with pytest.raises(ProjectError, match=problem):
        Project.load(path)


TUNED = '[model]\nstrategy = "fine-tuning"\n'
PAPER = MINIMAL + '[model]\nsettings = "paper"\n'
ROCKS = 'lithology = { path = "rocks.gpkg", label = "rock" }\n'


def test_the_published_settings_hold_unless_changed(write):
    plan = Project.load(write(PAPER)).method()
    assert (plan.pretext, plan.strategy) == ("reconstruction", "fine-tuning")
    assert (plan.pretraining.rate, plan.pretraining.batch, plan.pretraining.epochs) == (
        1e-3,
        10_000,
        500,
    )
    assert plan.pretraining.held_back == 0.2
    changed = Project.load(
        write(PAPER + "[model.training]\nrate = 0.01\nl1 = 0.5\n[model.pretraining]\nepochs = 3")
    ).method()
    assert (changed.training.rate, changed.l1, changed.pretraining.epochs) == (0.01, 0.5, 3)
    assert changed.training.batch == plan.training.batch


def test_how_long_the_head_learns_alone_can_be_changed(write):
    assert Project.load(write(MINIMAL + ROCKS + TUNED)).method().head_epochs > 0
    text = MINIMAL + ROCKS + TUNED + "[model.training]\nhead_epochs = 0"
    changed = Project.load(write(text)).method()
    assert changed == replace(Transfer.preset("lithology", "fine-tuning"), head_epochs=0)


def test_settings_are_those_recommended_unless_those_of_the_paper_are_asked_for(write):
    plan = Project.load(write(MINIMAL + TUNED)).method()
    assert plan == Transfer.preset("distribution", "fine-tuning")
    paper = Project.load(write(PAPER)).method()
    assert paper == Transfer.preset("reconstruction", "fine-tuning", preset="paper")
    for preset, trees in (("recommended", 500), ("paper", 2000)):
        text = f'{MINIMAL}[model]\nstrategy = "extra-trees"\nsettings = "{preset}"'
        method = Project.load(write(text)).method()
        assert method == method_of("extra-trees", preset=preset)
        assert (method.members, method.seed, method.trees) == (1, 0, trees)


@pytest.mark.parametrize(
    ("text", "pretext"),
    [
        (MINIMAL, "none"),  # of the average that is taken where nothing can be compared
        (MINIMAL + ROCKS, "lithology"),
        (MINIMAL + TUNED, "distribution"),
        (MINIMAL + ROCKS + TUNED, "lithology"),
        (MINIMAL + ROCKS + '[model]\nstrategy = "linear-probing"', "lithology"),
        (MINIMAL + ROCKS + '[model]\nsettings = "paper"', "reconstruction"),
        (MINIMAL + ROCKS + '[model]\npretext = "reconstruction"', "reconstruction"),
        (MINIMAL + ROCKS + '[model]\nstrategy = "from-scratch"', "none"),
    ],
)
def test_a_pretext_task_not_named_is_lithology_where_there_are_rock_classes(write, text, pretext):
    assert Project.load(write(text)).method().pretext == pretext


def test_from_scratch_needs_no_pretext(write):
    plan = Project.load(write(MINIMAL + '[model]\nstrategy = "from-scratch"')).method()
    assert (plan.pretext, plan.pretraining) == ("none", None)


def test_a_strategy_that_contradicts_the_pretext_is_refused(write):
    text = MINIMAL + '[model]\nstrategy = "from-scratch"\npretext = "lithology"'
    with pytest.raises(TrainingError, match="contradict"):
        Project.load(write(text)).method()


def test_a_baseline_takes_the_published_settings_unless_changed(write):
    text = PAPER + 'strategy = "random-forest"\n[model.baseline]\ntrees = 7'
    method = Project.load(write(text)).method()
    assert (method.name, method.members, method.trees) == ("random-forest", 1, 7)
    assert (method.leaf, method.class_weights) == (1, False)
    svm = Project.load(write(text.replace("random-forest", "svm"))).method()
    assert svm.costs == (0.1, 1.0, 10.0, 100.0)
    with pytest.raises(TrainingError, match="contradict"):
        Project.load(write(text.replace("[model]", '[model]\npretext = "lithology"'))).method()


def test_every_setting_of_a_baseline_can_be_changed(write):
    text = (
        MINIMAL
        + """
[model]
strategy = "svm"
baseline = { leaf = 5, rotated = true, costs = [2.5], gammas = ["scale", 0.5], kernels = ["poly"] }
training = { class_weights = false, epochs = 9 }
"""
    )
    schedule = method_of("logistic-regression").schedule
    for strategy in ("svm", "random-forest", "extra-trees", "logistic-regression"):
        changed = Project.load(write(text.replace('"svm"', f'"{strategy}"'))).method()
        assert changed == method_of(
            strategy,
            schedule=replace(schedule, epochs=9),
            leaf=5,
            costs=(2.5,),
            gammas=("scale", 0.5),
            kernels=("poly",),
            class_weights=False,
            rotated=True,
        )


def test_the_lithology_pretext_needs_rock_class_points(write):
    with pytest.raises(ProjectError, match="needs rock-class points"):
        Project.load(write(MINIMAL + '[model]\npretext = "lithology"')).method()


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
    rule = DrawingRule(number=80, distance=5000.0, method="dissimilar", within=area)
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
        (MINIMAL + "[model]\nstrategy = 'fine'", 'model.strategy.*found "fine"'),
        (MINIMAL + "[model]\nmembers = 0", "model.members.*found 0"),
        (MINIMAL + "[model]\nsettings = 'ours'", 'model.settings.*found "ours"'),
        (MINIMAL + "[model.baseline]\nkernels = ['round']", 'baseline.kernels.*found "round"'),
        (MINIMAL + "[model.baseline]\ncosts = [0]", "baseline.costs.*found 0"),
        (MINIMAL + "[calibration]\nmethod = 'logistic'", "calibration.deposits is missing"),
        (MINIMAL + "[calibration]\ndeposits = 0", "calibration.deposits.*found 0"),
        (MINIMAL + "[calibration]\ndeposits = 5\nmethod = 'platt'", 'found "platt"'),
        (MINIMAL + "[points.non_occurrences]\nnumber = 0", "non_occurrences.number.*found 0"),
        (
            MINIMAL + "[points.non_occurrences]\nwithin = { field = 'rock', classes = ['a'] }",
            "within.path is missing",
        ),
        (MINIMAL.replace('"points.gpkg"', "3"), "points.training.path.*found 3"),
        (MINIMAL + "[output]\nfile = 'a'", "output.file is no setting"),
        (MINIMAL + "[model.training]\nrates = 1", "model.training.rates is no setting"),
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
