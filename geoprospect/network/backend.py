"""Keras on TensorFlow, imported without the chatter of a machine that has no graphics card."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_CHATTER = re.compile(rb"I0000 |WARNING: All log messages before absl")


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep from stderr what TensorFlow's C++ part notes before it can be told to be quiet."""
    try:
        stderr = os.dup(2)
    except OSError:  # there is no stderr to keep clean
        yield
        return
    with tempfile.TemporaryFile() as noted:
        os.dup2(noted.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            noted.seek(0)
            for line in noted:
                if not _CHATTER.match(line):
                    sys.stderr.write(line.decode(errors="replace"))


with _hushed():
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
