"""What is used of other libraries though they keep it to themselves: it must be there."""

import importlib
import logging
import re
from pathlib import Path

import numpy as np
import pytest
from rasterio.errors import RasterioError
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.svm import SVC

import geoprospect
from geoprospect import private

X, LABEL = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2


def test_gdals_own_errors_are_none_of_rasterios():
    assert issubclass(private.CPLE_BaseError, Exception)
    # Once this fails, rasterio's own errors are enough to catch.
    assert not issubclass(private.CPLE_BaseError, RasterioError)


@pytest.mark.parametrize("name", private.GDAL_LOGGERS)
def test_rasterio_logs_where_gdals_signals_are_heard(name):
    assert importlib.import_module(name).log is logging.getLogger(name)


def test_scikit_learn_holds_what_is_read_of_its_estimators():
    forest = ExtraTreesClassifier(2, random_state=0).fit(X, LABEL)
    assert isinstance(forest.estimators_[0].tree_, private.compiled_tree())
    process = GaussianProcessClassifier().fit(X, LABEL)
    assert isinstance(process.base_estimator_, private.laplace_process())
    svm = SVC().fit(X, LABEL)
    coefficients, intercept, gamma = private.libsvm_arrays(svm)
    assert coefficients.shape == svm.dual_coef_.shape
    assert intercept.shape == svm.intercept_.shape
    assert gamma == pytest.approx(1 / (X.shape[1] * X.var()))


def test_private_names_of_other_libraries_are_used_in_one_module_only():
    package = Path(geoprospect.__file__).parent
    private_import = re.compile(
        r"^\s*(from|import) (?!geoprospect)\w+(\.\w+)*\._[a-z]", re.MULTILINE
    )
    users = [x.name for x in package.rglob("*.py") if private_import.search(x.read_text("utf-8"))]
    assert users == ["private.py"]
