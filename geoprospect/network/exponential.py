"""The exponential as a short series, for compiled loops: the library's is no vector code."""
# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import numpy as np

from geoprospect.network.compiling import compiled

LOG2_E = np.float32(np.log2(np.e))
_LEAST = np.float32(-126)  # the power of 2 that float32 still holds whole
_MOST = np.float32(126)
_MIDDLE = np.float32(12_582_912)  # 1.5 · 2²³: added and taken off, it rounds to a whole number
# Of 2 to the power f, by f: the first terms of its series, beyond which less than 1e-8 is left.
_C1, _C2, _C3, _C4, _C5, _C6, _C7 = (
    np.float32(np.log(2.0) ** k / factorial)
    for k, factorial in enumerate((1, 2, 6, 24, 120, 720, 5040), start=1)
)


@compiled
def power_of_two(power):
    """Give 2 to a power, float32, which is held between -126 and 126."""
    power = min(max(power, _LEAST), _MOST)
    whole = (power + _MIDDLE) - _MIDDLE
    f = power - whole
    series = _C4 + f * (_C5 + f * (_C6 + f * _C7))
    series = np.float32(1) + f * (_C1 + f * (_C2 + f * (_C3 + f * series)))
    return series * np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)
