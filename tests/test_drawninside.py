"""Polygons of rock classes become points inside them, in proportion to area on the ground."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from smallproject import SHAPE, TRANSFORM, write_raster

from geoprospect.errors import SamplesError
from geoprospect.evidence import EvidenceStack
from geoprospect.samples import PointsSource

LEFT, TOP = TRANSFORM.c, TRANSFORM.f
WIDTH, HEIGHT = SHAPE[1] * 100, SHAPE[0] * 100


@pytest.fixture
def stack(tmp_path):
    write_raster(tmp_path / "a.tif", np.zeros(SHAPE, "f4") + np.arange(SHAPE[1], dtype="f4"))
    with EvidenceStack.open({"a": tmp_path / "a.tif"}) as stack:
        yield stack


def geology(path, left=LEFT, crs="EPSG:32608"):
    """A quarter of granite and shale beside it, which reaches far beyond the grid."""
    middle, right = left + WIDTH / 4, left + WIDTH * 20
    shapes = [
        shapely.box(left, TOP - HEIGHT, middle, TOP),
        shapely.box(middle, TOP - HEIGHT, right, TOP),
    ]
    table = gpd.GeoDataFrame({"rock": ["granite", "shale"]}, geometry=shapes, crs="EPSG:32608")
    table.to_crs(crs).to_file(path)
    return PointsSource(path, label="rock")


@pytest.mark.parametrize("crs", ["EPSG:32608", "EPSG:4326"])
def test_classes_have_as_many_points_as_ground_on_the_grid(tmp_path, stack, crs):
    samples = geology(tmp_path / "g.gpkg", crs=crs).samples(stack, "class")
    granite = samples.label == samples.classes.index("granite")
    assert len(samples) == pytest.approx(4000, abs=40)
    assert granite.mean() == pytest.approx(0.25, abs=0.03)
    inside = samples.columns < SHAPE[1] / 4
    assert np.mean(inside == granite) > 0.99
    again = geology(tmp_path / "g.gpkg", crs=crs).samples(stack, "class")
    np.testing.assert_array_equal(again.cells, samples.cells)


def test_polygons_off_the_grid_are_refused(tmp_path, stack):
    source = geology(tmp_path / "g.gpkg", left=LEFT + 2 * WIDTH)
    with pytest.raises(SamplesError, match="no polygon lies on the grid"):
        source.samples(stack, "class")


def test_polygons_as_occurrences_are_refused(tmp_path, stack):
    with pytest.raises(SamplesError, match="not points"):
        geology(tmp_path / "g.gpkg").samples(stack)
