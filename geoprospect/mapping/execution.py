"""How a map is made: on which processors, in how much memory. No cell depends on it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from geoprospect.errors import OutputError
from geoprospect.evidence import EvidenceStack

_PART_CELLS = 2**19  # cells of a part, if memory allows
_FEWEST_CELLS = 2**14  # below this the windows cost more than the cells
_MIB = 2**20
_LEAST = 400  # MiB
_BASE = 320 * _MIB  # the interpreter, its libraries, and GDAL while it puts parts together
_MOST = 2**24  # MiB, more than any machine has; GDAL counts in 64 bits
_CACHED = 1 / 16  # of the memory, for the blocks that GDAL keeps


@dataclass(frozen=True)
class Execution:
    """How a map is made.

    Attributes
    ----------
    window : (int, int) or None
        Rows and columns read and written at a time; by default they follow the blocks of the
        evidence's files, so that hardly one is decoded twice.
    memory : int
        MiB of resident memory to stay below; a process of a cluster has them for itself.
    cluster : str or None
        Address of a dask scheduler whose workers make the map.
    workers : int or None
        Number of processes to start on this machine instead; by default threads do the work.

    Raises
    ------
    OutputError
        If `memory` is too little for the program itself or more than machines have, or both
        `cluster` and `workers` are given.
    """

    window: tuple[int, int] | None = None
    memory: int = 512
    cluster: str | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if not _LEAST <= self.memory <= _MOST:
            little = self.memory < _LEAST
            raise OutputError(
                "too little memory to map in" if little else "more memory than any machine has",
                found=f"{self.memory} MiB",
                expected=f"at least {_LEAST} MiB" if little else f"at most {_MOST} MiB",
            )
        if self.cluster is not None and self.workers is not None:
            raise OutputError(
                "both a cluster and local workers are asked for", mend="choose one of them"
            )

    @property
    def cache(self) -> int:
        """Bytes of the file blocks that GDAL keeps."""
        return int(self.memory * _MIB * _CACHED)

    @property
    def distributed(self) -> bool:
        """Whether other processes make the map."""
        return self.cluster is not None or self.workers is not None

    def plan(self, evidence: EvidenceStack, bytes_a_cell: int) -> tuple[tuple[int, int], int]:
        """Choose the size of the parts, and how many threads work on one each.

        Parameters
        ----------
        evidence : EvidenceStack
            The layers to read.
        bytes_a_cell : int
            Memory that a cell takes while its part is worked on.

        Returns
        -------
        size : (int, int)
            Rows and columns of a part.
        threads : int
            Parts worked on at the same time.
        """
        if self.window is not None:
            return self.window, _processors()
        budget = (self.memory * _MIB - _BASE) // bytes_a_cell
        threads = 1 if self.distributed else _processors()
        threads = max(1, min(threads, budget // _FEWEST_CELLS))
        heights, widths = zip(*evidence.block_shapes, strict=True)
        # Where one layer is in rows and another in tiles, whole blocks are large, and parts of
        # them are decoded more often; idle processors would cost more.
        cells = min(max(_PART_CELLS, max(heights) * max(widths)), budget // threads)
        if evidence.grid.n_cells < cells * threads:
            cells = max(_FEWEST_CELLS, evidence.grid.n_cells // threads)
        return evidence.whole_blocks(cells), threads


def _processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
