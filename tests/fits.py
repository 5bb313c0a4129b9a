"""Methods by name with some settings changed, and single fits of them."""

from dataclasses import fields, replace

import numpy as np

from geoprospect.methods import MethodOptions, SampleTable, method_named


def method(name, *, preset="recommended", members=1, seed=0, **changes):
    """Give a method with those of the settings changed that it has."""
    made = method_named(name, MethodOptions(preset, members=members, seed=seed))
    known = {field.name for field in fields(made)}
    return replace(made, **{key: value for key, value in changes.items() if key in known})


def fit_all(made, X, label, **options):
    """Fit all members of a method to the same points."""
    table = SampleTable(np.asarray(X, np.float32), np.asarray(label).astype(np.int64))
    return made.fit(table, table.masks_of_all(made.members), **options).members


def fit_one(name, X, label, **settings):
    """Fit one member."""
    return fit_all(method(name, **settings), X, label)[0]
