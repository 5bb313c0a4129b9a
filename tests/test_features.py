"""Vector files and tables of coordinates, as layers of evidence read them."""

import geopandas as gpd
import pytest
import shapely

from geoprospect.errors import EvidenceError
from geoprospect.evidence.features.reading import of_layer, placed, read_features

FAULTS = gpd.GeoDataFrame(
    {"type": ["thrust", "normal"]},
    geometry=[shapely.LineString([(0, 0), (9, 9)]), shapely.LineString([(0, 9), (9, 0)])],
    crs="EPSG:3578",
)


def test_a_mistake_in_a_file_of_features_names_the_layer_and_what_is_wrong(tmp_path):
    path = tmp_path / "faults.gpkg"
    with (
        pytest.raises(EvidenceError, match=r"faults\.gpkg: layer faults: no such file.*To mend"),
        of_layer("faults"),
    ):
        read_features(path, what="lines")
    FAULTS.to_file(path)
    read = read_features(path, what="lines")
    with (
        pytest.raises(EvidenceError, match=r"gpkg: layer faults: .*for no line .found 2 lines"),
        of_layer("faults"),
    ):
        placed(read, str(path), where="type = 'strike'", what="lines")
    thrusts = placed(read, str(path), where="TYPE = 'thrust'", what="lines")
    assert (thrusts.index.tolist(), thrusts.attrs["not_chosen"]) == ([0], 1)


def test_features_without_a_crs_are_refused_until_one_is_given(tmp_path):
    nowhere = FAULTS.set_crs(None, allow_override=True)
    with (
        pytest.raises(EvidenceError, match=r"layer faults: the lines have no CRS.*EPSG:3578"),
        of_layer("faults"),
    ):
        placed(nowhere, "faults.gpkg", what="lines")
    with (
        pytest.raises(EvidenceError, match=r"the CRS given for the lines is not known .found X"),
        of_layer("faults"),
    ):
        placed(nowhere, "faults.gpkg", crs="X", what="lines")
    assert placed(nowhere, "faults.gpkg", crs="EPSG:3578").crs == FAULTS.crs
