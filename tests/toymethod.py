"""A method of one's own, registered through public names alone: the nearest training point."""

from dataclasses import asdict, dataclass

import numpy as np

from geoprospect.errors import ModelError, TrainingError
from geoprospect.methods import (
    Fitted,
    MethodOptions,
    SampleTable,
    register_member_format,
    register_method,
)


@dataclass(frozen=True)
class NearestMember:
    """Scores a cell by how much nearer an occurrence is than a non-occurrence, in evidence."""

    ones: np.ndarray
    zeros: np.ndarray
    suffix = ".nearest"
    n_outputs = 1

    @property
    def n_inputs(self):
        return self.ones.shape[1]

    def predict(self, X):
        rows = np.asarray(X, np.float32)
        one, zero = (
            np.array([np.square(points - row).sum(axis=1).min() for row in rows])
            for points in (self.ones, self.zeros)
        )
        return (zero / (one + zero + 1e-12)).astype(np.float32)[:, None]

    def save(self, path):
        labelled = [(1, *row) for row in self.ones] + [(0, *row) for row in self.zeros]
        np.savetxt(path, labelled, fmt="%.9g")


def read_nearest(path):
    try:
        table = np.loadtxt(path, np.float32, ndmin=2)
    except ValueError as error:
        raise ModelError("is no table of numbers", path=path) from error
    return NearestMember(table[table[:, 0] == 1, 1:], table[table[:, 0] == 0, 1:])


@dataclass(frozen=True)
class Nearest:
    """Each member knows a part of the points, drawn with its seed."""

    members: int
    seed: int
    name: str = "nearest"
    sees: str = "layers"
    pretext: str = "none"
    preparation_key: None = None

    @classmethod
    def of(cls, options: MethodOptions):
        return cls(options.members, options.seed)

    def prepare(self, cells, n_inputs, *, progress=None):
        return ()

    def fit(self, table: SampleTable, masks, *, preparation=None, progress=None):
        fits = []
        for number, mask in enumerate(masks):
            random = np.random.default_rng(self.seed + number % self.members)
            known = mask & (random.random(len(mask)) < 0.8)
            ones, zeros = (table.X[known & (table.label == label)] for label in (1, 0))
            if not (len(ones) and len(zeros)):
                raise TrainingError("points of both labels are needed")
            fits.append(NearestMember(ones, zeros))
            if progress is not None:
                progress(self.name, number + 1, len(masks), "fits")
        return Fitted(tuple(fits), (f"nearest: {len(fits)} fits",))

    def settings(self):
        return {"strategy": self.name} | asdict(self)


def register():
    """Make the method known, and the files of its members."""
    register_method("nearest", Nearest.of, members=3)
    register_member_format(NearestMember.suffix, read_nearest)
