"""Keras on TensorFlow, imported with what makes its sums the same on every run.

TensorFlow reads these settings while it is imported and never again, so they are in the
environment for that long only. What it notes of a machine without a graphics card before it
has read them, two pairs of lines, cannot be kept from stderr by any setting.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_BACKEND = {"KERAS_BACKEND": "tensorflow"}  # before the user's keras.json, and any other setting
_UNLESS_SET = {
    "TF_ENABLE_ONEDNN_OPTS": "0",  # its sums are in another order
    "TF_CPP_MIN_LOG_LEVEL": "3",  # errors alone
}


@contextmanager
def _settings() -> Iterator[None]:
    """Put the settings into the environment, and the environment back as it was."""
    before = {name: os.environ.get(name) for name in _BACKEND | _UNLESS_SET}
    os.environ |= {name: before[name] or value for name, value in _UNLESS_SET.items()} | _BACKEND
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


with _settings():
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
