"""How parts are cut: along the files' blocks, within the memory asked for."""

from collections import Counter

import pytest
import rasterio
from mapjobs import STRIPED, TILED

from geoprospect.errors import OutputError
from geoprospect.evidence import EvidenceStack
from geoprospect.mapping import Execution

LAYOUTS = {"tiled": (TILED, TILED), "striped": (STRIPED, STRIPED), "mixed": (TILED, STRIPED)}
BYTES = 100  # that a cell takes


def empty_stack(folder, shape, layouts):
    """Open layers without data, whose files are small however large the grid."""
    transform = rasterio.Affine(100, 0, 0, 0, -100, 0)
    for k, layout in enumerate(layouts):
        profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:3578"}
        size = {"height": shape[0], "width": shape[1], "transform": transform}
        path = folder / f"X{k}.tif"
        with rasterio.open(path, "w", sparse_ok=True, **profile, **size, **layout):
            pass
    return EvidenceStack.open(folder)


def times_decoded(stack, size):
    """Count, for each layer, how many parts touch its most touched block."""
    most = []
    for layer in stack.columns:
        with rasterio.open(layer.path) as raster:
            height, width = raster.block_shapes[0]
        touched = Counter()
        for window in stack.windows(size):
            bottom, right = window.row_off + window.height, window.col_off + window.width
            for row in range(window.row_off // height, -(-bottom // height)):
                for column in range(window.col_off // width, -(-right // width)):
                    touched[row, column] += 1
        most.append(max(touched.values()))
    return most


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(1500, 1300), (3000, 9000), (2000, 20_000)])
def test_no_block_of_a_file_is_decoded_more_often_than_twice(tmp_path, layout, shape):
    with empty_stack(tmp_path, shape, LAYOUTS[layout]) as stack:
        size, _ = Execution(memory=1024).plan(stack, BYTES)
        assert max(times_decoded(stack, size)) <= 2


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("memory", [400, 512, 2048])
def test_parts_worked_on_together_fit_the_memory(tmp_path, layout, memory):
    with empty_stack(tmp_path, (1000, 60_000), LAYOUTS[layout]) as stack:
        (rows, columns), threads = Execution(memory=memory).plan(stack, BYTES)
    assert threads >= 1
    assert rows * columns * threads * BYTES <= (memory - 320) * 2**20


def test_a_grid_too_small_to_share_out_is_one_part(tmp_path):
    with empty_stack(tmp_path, (118, 110), (TILED,)) as stack:
        size, _ = Execution().plan(stack, BYTES)
        assert len(list(stack.windows(size))) == 1


def test_memory_below_what_the_program_takes_is_refused():
    with pytest.raises(OutputError, match="found 100 MiB; expected at least 400 MiB"):
        Execution(memory=100)
