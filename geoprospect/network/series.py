"""The cosine as a short series: what compilers make of the library's is many times slower."""

from __future__ import annotations

import math

import numpy as np

TURN = np.float32(1 / (2 * np.pi))
"""Turns in a radian."""

SINE = tuple(
    np.float32((-1) ** k * (2 * np.pi) ** (2 * k + 1) / math.factorial(2 * k + 1)) for k in range(6)
)
"""The sine's series of odd powers of turns, exact to 1e-7 up to a quarter turn."""
