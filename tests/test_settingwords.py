"""What is wrong with a project file is said in its own words, and what was meant is guessed."""

import re

import pytest

import geoprospect as gp
from geoprospect.errors import ProjectError

MINIMAL = '[evidence]\nA = "a.tif"\n[points]\ntraining = "t.gpkg"\n'
OF_PYDANTIC = r"literal\[|Input should|constrained|function-|tuple\[|validation error|pydantic"


def refused(text, tmp_path):
    path = tmp_path / "project.toml"
    path.write_text(text)
    with pytest.raises(ProjectError) as caught:
        gp.Project.load(path)
    said = str(caught.value)
    assert not re.search(OF_PYDANTIC, said)
    return said.removeprefix(f"{path}: ").partition(". To mend it")[0]


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[model]\nsed = 1", "model.sed is no setting that geoprospect knows (did you mean seed?)"),
        ("[modle]\nseed = 1", "modle is no setting that geoprospect knows (did you mean model?)"),
        ("[grid]\ncel = 3", "grid.cel is no setting that geoprospect knows (did you mean cell?)"),
        (
            "[output]\nx = 1",
            "output.x is no setting that geoprospect knows; there is folder",
        ),
        (
            "[model.training]\nrat = 1",
            "model.training.rat is no setting that geoprospect knows (did you mean rate?)",
        ),
        ("[model]\nmembers = 0", "model.members should be at least 1 (found 0)"),
        ("[model]\nmembers = 1.5", "model.members should be a whole number (found 1.5)"),
        ("[model]\nstrategy = true", "model.strategy should be a text in quotes (found true)"),
        (
            '[model]\nsettings = "papre"',
            'model.settings should be one of "recommended" or "paper" (found "papre"; did you mean '
            '"paper"?)',
        ),
        ("[model]\ncontext = [2, 0]", "model.context.1 should be at least 1 (found 0)"),
        (
            '[model.baseline]\ngammas = ["scal"]',
            'model.baseline.gammas.0 should be a number or "scale" (found "scal"; did you mean '
            '"scale"?)',
        ),
        (
            "[model.training]\nrate = inf",
            "model.training.rate should be a finite number (found inf)",
        ),
        (
            "[calibration]\ndeposits = -3",
            "calibration.deposits should be greater than 0 (found -3)",
        ),
        ("[calibration]\nbuffer = 1", "calibration.deposits is missing"),
        ("[grid]\nbounds = [1, 2]", "grid.bounds should be a longer list (found [1, 2])"),
        ("[products]\ncontributions = 3", "products.contributions should be a table (found 3)"),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_told_with_what_it_should_be(section, said, tmp_path):
    assert refused(MINIMAL + section, tmp_path) == said


def test_a_strategy_that_is_none_is_told_with_the_one_that_is_like_it(tmp_path):
    said = refused(MINIMAL + '[model]\nstrategy = "random-forrest"', tmp_path)
    assert said.startswith("model.strategy: the strategy should be one of auto, ")
    assert said.endswith('; did you mean random-forest? (found "random-forrest")')


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("3", "evidence.A should be a path or a table (found 3)"),
        ('{ path = "a.tif", bnd = 1 }', "evidence.A.bnd is no setting that geoprospect knows (did "
         "you mean band?)"),
        ('{ path = "a.gpkg", kind = "distnce" }', '(found "distnce"; did you mean distance?)'),
        ('{ path = "a.tif", missing = "medin" }', 'evidence.A.missing should be one of "median", '
         '"nearest" or "indicator" (found "medin"; did you mean "median"?)'),
        ('{ path = "a.tif", transform = { kind = "clip", low = "x" } }',
         'evidence.A.transform.low should be a number (found "x")'),
    ],
)  # fmt: skip
def test_a_layer_that_is_wrong_is_told_with_what_it_should_be(layer, said, tmp_path):
    assert said in refused(MINIMAL.replace('"a.tif"', layer), tmp_path)


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    text = MINIMAL.replace('"t.gpkg"', '{ path = "t.gpkg", lable = "x" }') + "[model]\nseed = -1"
    assert refused(text, tmp_path) == (
        "points.training.lable is no setting that geoprospect knows (did you mean label?); "
        "model.seed should be at least 0 (found -1)"
    )
