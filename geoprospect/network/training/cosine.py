"""The cosine and its derivative in the compiled loop, as series that become vector code."""

from __future__ import annotations

from typing import Any

from geoprospect.network.backend import tf
from geoprospect.network.series import SINE, TURN

Tensor = Any


def cosine(z: Tensor) -> Tensor:
    """Give the cosine, to 1e-7 of a turn's part.

    Examples
    --------
    >>> bool(abs(cosine(tf.constant(3.0)) - tf.cos(3.0)) < 1e-6)
    True
    """
    # The cosine of an angle is the sine of what it lacks of a quarter turn.
    return _sine(0.25 - tf.abs(_part(z)))


def sine(z: Tensor) -> Tensor:
    """Give the sine, as exactly.

    Examples
    --------
    >>> bool(abs(sine(tf.constant(3.0)) - tf.sin(3.0)) < 1e-6)
    True
    """
    part = _part(z)
    return tf.sign(part) * _sine(0.25 - tf.abs(0.25 - tf.abs(part)))


def _part(z: Tensor) -> Tensor:
    """Give what is left of an angle beyond whole turns, from -0.5 to 0.5."""
    turns = z * TURN
    return turns - tf.round(turns)


def _sine(q: Tensor) -> Tensor:
    """Give the sine of up to a quarter turn."""
    u = q * q
    total: Tensor = SINE[-1]
    for term in reversed(SINE[:-1]):
        total = term + u * total
    return q * total
