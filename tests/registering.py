"""What tests register is forgotten behind them."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest

REGISTRIES = (
    ("geoprospect.methods.registry", "_METHODS"),
    ("geoprospect.methods.members", "_READERS"),
    ("geoprospect.evidence.column", "_kinds"),
)


@contextmanager
def forgotten_behind() -> Iterator[None]:
    """Forget what is registered inside: methods, formats of members, kinds of column."""
    import geoprospect.methods  # noqa: F401, PLC0415 - registers what is ours first

    with pytest.MonkeyPatch.context() as patched:
        for module, name in REGISTRIES:
            registry = import_module(module)
            patched.setattr(registry, name, dict(getattr(registry, name)))
        yield
