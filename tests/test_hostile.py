"""Model folders and settings that are damaged, or made to do harm: one clear line, and no harm."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest
from smallproject import write_project

from geoprospect import Project, load_model
from geoprospect.errors import EvidenceError, GeoprospectError, ProjectError
from geoprospect.methods import MethodOptions, SampleTable, method_named
from geoprospect.model import Components, ProspectivityModel
from geoprospect.network import Dense, Network
from geoprospect.output import checksum


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Two models in folders: of networks, and of a forest."""
    home = tmp_path_factory.mktemp("models")
    components = Components.fit([[0, 1], [2, 5], [4, 3]], names=("X1", "X2"))
    head = Network((Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    ranges = np.array([[0, 4], [1, 5]], np.float32)
    ProspectivityModel(components, (head,), ranges).save(home / "network")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2)).astype(np.float32)
    table = SampleTable(X, (X[:, 0] > 0).astype(int))
    forest = method_named("random-forest").fit(table, table.masks_of_all(1)).members
    ProspectivityModel(components, forest, ranges).save(home / "forest")
    return home


@pytest.fixture
def folder(sound, tmp_path):
    shutil.copytree(sound / "network", tmp_path / "model")
    return tmp_path / "model"


def describe(folder, **changes):
    content = json.loads((folder / "model.json").read_text()) | changes
    (folder / "model.json").write_text(json.dumps(content))


def sign(folder):
    """Write the checksums anew, so that what is wrong is not found by them."""
    content = json.loads((folder / "model.json").read_text())
    describe(folder, files={name: checksum(folder / name) for name in content["files"]})


def refused(folder, said="To mend it|expected"):
    with pytest.raises(GeoprospectError, match=said) as caught:
        load_model(folder)
    assert len(str(caught.value)) < 1500
    return str(caught.value)


WRONG = {
    "settings a list": ({"settings": [1]}, "settings"),
    "settings null": ({"settings": None}, "settings"),
    "infinite cells": ({"training_cells": [[1e400, 2]]}, "training_cells"),
    "cells beyond int64": ({"training_cells": [[2**70, 2]]}, "training_cells"),
    "ranges of text": ({"layers": [{"name": "X1", "minimum": "low", "maximum": 1}]}, "minimum"),
    "ranges of lists": ({"layers": [{"name": "X1", "minimum": [0], "maximum": 1}]}, "minimum"),
    "ranges of NaN": ({"layers": [{"name": "X1", "minimum": float("nan"), "maximum": 1}]}, "min"),
    "no layers": ({"layers": []}, "layers"),
    "files a list": ({"files": ["components.json"]}, "files"),
    "a huge context": ({"context": {"scales": [10**9], "spread": False}}, "from 1 to 500"),
    "a context of text": ({"context": {"scales": ["far"], "spread": False}}, "whole numbers"),
    "an unknown context": ({"context": {"scales": [1], "wide": 1}}, "cannot be read"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_description_of_other_types_is_refused_by_name(folder, what):
    changes, said = WRONG[what]
    describe(folder, **changes)
    refused(folder, said)


@pytest.mark.parametrize("name", ["model.json", "components.json"])
def test_json_nested_ten_thousand_deep_is_refused(folder, name):
    (folder / name).write_text("[" * 100_000 + "]" * 100_000)
    if name == "components.json":
        sign(folder)
    refused(folder)


def test_components_that_are_no_numbers_are_refused(folder):
    content = json.loads((folder / "components.json").read_text())
    (folder / "components.json").write_text(json.dumps(content | {"mean": [float("nan"), 0]}))
    sign(folder)
    refused(folder, "no consistent components")


@pytest.mark.parametrize("name", ["../secret.keras", "/etc/hostname", "member-/../../x", "..", ""])
def test_a_file_outside_the_folder_is_not_opened(folder, name):
    content = json.loads((folder / "model.json").read_text())
    describe(folder, files=content["files"] | {name: "0"})
    refused(folder, "no file of the folder")


@pytest.mark.parametrize("kind", ["pipe", "link to a device", "folder"])
def test_only_plain_files_are_opened(folder, kind):
    member = folder / "member-000.keras"
    member.unlink()
    if kind == "pipe":
        os.mkfifo(member)
    elif kind == "folder":
        member.mkdir()
    else:
        member.symlink_to("/dev/zero")
    refused(folder, "no plain file")


def repack(path, change):
    """Write an archive anew, its entries changed."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def weights(folder, change):
    """Change the weights in a network's file."""

    def changed(entries):
        path = folder / "weights.h5"
        path.write_bytes(entries["model.weights.h5"])
        with h5py.File(path, "r+") as store:
            change(store["layers/dense/vars"])
        entries["model.weights.h5"] = path.read_bytes()
        path.unlink()

    repack(folder / "member-000.keras", changed)
    sign(folder)


def replaced(name, **options):
    def change(group):
        del group[name]
        group.create_dataset(name, **options)

    return change


def linked(link):
    def change(group):
        del group["0"]
        group["0"] = link

    return change


WEIGHTS = {
    "20 GB declared": replaced("0", shape=(2, 2_500_000_000), dtype="f4", chunks=(2, 1000)),
    "of zeros, packed": replaced("0", data=np.zeros((2, 1), "f4"), compression="gzip"),
    "in another file": replaced("0", shape=(2, 1), dtype="f4", external=[("/etc/passwd", 0, 8)]),
    "behind a link to a file": linked(h5py.ExternalLink("/etc/passwd", "/x")),
    "behind a link": linked(h5py.SoftLink("/layers/dense/vars/1")),
    "a scalar": replaced("0", data=np.float32(1)),
    "of another shape": replaced("0", data=np.ones((3, 1), "f4")),
    "three": lambda group: group.create_dataset("2", data=np.ones((2, 2, 2), "f4")),
    "text": replaced("0", data=np.array([b"a", b"b"])),
    "no numbers": replaced("0", data=np.full((2, 1), np.nan, "f4")),
    "of a bias of another shape": replaced("1", data=np.ones(7, "f4")),
}


@pytest.mark.parametrize("what", WEIGHTS)
def test_weights_that_are_not_what_they_should_be_are_refused(folder, what):
    weights(folder, WEIGHTS[what])
    refused(folder)


@pytest.mark.parametrize("kind", ["network", "forest"])
def test_archives_that_unpack_to_gigabytes_are_refused_unread(sound, tmp_path, kind):
    shutil.copytree(sound / kind, tmp_path / "model")
    member = next((tmp_path / "model").glob("member-*"))
    with zipfile.ZipFile(member, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(2**27))
    sign(tmp_path / "model")
    refused(tmp_path / "model", r"unpacks to 1[23]\d MB")


def test_encrypted_archives_and_other_packing_are_refused(folder):
    member = folder / "member-000.keras"
    with zipfile.ZipFile(member, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("more", b"more")
    sign(folder)
    refused(folder, "encrypted, or packed")


@pytest.mark.parametrize("kind", ["network", "forest"])
def test_whatever_byte_is_altered_a_model_is_read_or_refused_in_a_line(sound, tmp_path, kind):
    rng = np.random.default_rng(7)
    for number in range(60):
        folder = tmp_path / f"{number}"
        shutil.copytree(sound / kind, folder)
        path = sorted(folder.iterdir())[number % 3]
        content = bytearray(path.read_bytes())
        for _ in range(3):
            content[rng.integers(len(content))] = rng.integers(256)
        if number % 5 == 0:
            content = content[: rng.integers(1, len(content))]
        path.write_bytes(bytes(content))
        if path.name != "model.json":
            sign(folder)
        said = ""
        try:
            load_model(folder)
        except GeoprospectError as error:
            said = str(error)
        assert said == "" or str(folder) in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("seed = -1", "seed"),
        ("seed = 4294967296", "seed"),
        ("context = [1000000]", "from 1 to 500"),
        ("training = { l2 = inf }", "l2"),
        ("training = { rate = inf }", "rate"),
    ],
)
def test_settings_beyond_all_bounds_are_refused_by_name(tmp_path, line, said):
    path = write_project(tmp_path)
    path.write_text(path.read_text().split("[model]")[0] + f"[model]\n{line}\n")
    with pytest.raises((ProjectError, EvidenceError), match=said):
        Project.load(path).open_evidence()


def test_a_project_file_with_a_byte_order_mark_is_read(tmp_path):
    path = write_project(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert Project.load(path).points.training.label == "occurrence"
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("utf-16"))
    with pytest.raises(ProjectError, match="save it as UTF-8"):
        Project.load(path)


def test_the_command_says_it_in_one_line(folder, tmp_path):
    describe(folder, settings=None)
    (tmp_path / "rasters").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "from geoprospect.cli import main; main()", "map", str(folder),
         str(tmp_path / "rasters"), "--output", str(tmp_path / "map.tif")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"Error: {folder}: model.json is not as it was")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("random-forest", lambda e: e.estimators_[0].tree_.value),
        ("random-forest", lambda e: e.estimators_[0].tree_.threshold),
        ("extra-trees", lambda e: e.estimators_[-1].tree_.value),
        ("svm", lambda e: e.support_vectors_),
        ("svm", lambda e: e._dual_coef_),
        ("svm", lambda e: e._intercept_),
        ("gaussian-process", lambda e: e.base_estimator_.X_train_),
        ("gaussian-process", lambda e: e.base_estimator_.L_),
        ("boosting", lambda e: e._predictors[0][0].nodes["value"]),
        ("boosting", lambda e: e._baseline_prediction),
    ],
)
def test_members_that_hold_no_numbers_are_refused_when_they_are_read(
    sound, tmp_path, name, place, number
):
    X = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    table = SampleTable(X, (X[:, 0] > 0).astype(int), ("X1", "X2"))
    options = MethodOptions(members=1, baseline={"trees": 5})
    member = method_named(name, options).fit(table, table.masks_of_all(1)).members[0]
    place(member.estimator).flat[0] = number
    shutil.copytree(sound / "forest", tmp_path / "model")
    member.save(tmp_path / "model" / "member-000.skops", overwrite=True)
    sign(tmp_path / "model")
    assert "member-000.skops" in refused(tmp_path / "model", "no number|do not fit|tells occurr")


def test_a_slope_that_is_no_number_is_refused_when_it_is_read(folder):
    def changed(entries):
        config = json.loads(entries["config.json"])
        dense = next(x for x in config["config"]["layers"] if x["class_name"] == "Dense")
        slope = {"class_name": "LeakyReLU", "config": {"negative_slope": float("nan")}}
        dense["config"]["activation"] = slope
        entries["config.json"] = json.dumps(config).encode()

    repack(folder / "member-000.keras", changed)
    sign(folder)
    refused(folder, "no finite numbers")


@pytest.mark.parametrize("names", [("X1", "X2"), ("X1", "X1@2"), ("X1", "X1@3")])
def test_surroundings_that_are_not_those_of_the_inputs_are_refused_when_read(tmp_path, names):
    components = Components.fit([[0, 1], [2, 5], [4, 3]], names=names)
    head = Network((Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),))
    ranges = np.array([[0, 4], [1, 5]], np.float32)
    ProspectivityModel(components, (head,), ranges).save(tmp_path / "model")
    describe(tmp_path / "model", context={"scales": [2], "spread": False})
    if names == ("X1", "X1@2"):
        assert load_model(tmp_path / "model").context.scales == (2,)
    else:
        refused(tmp_path / "model", "not those that it takes")
