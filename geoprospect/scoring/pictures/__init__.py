"""Pictures of maps and of their scores."""

from geoprospect.scoring.pictures.contributions import (
    draw_contributions,
    write_contributions_picture,
)
from geoprospect.scoring.pictures.curves import draw_rate_curves, write_rate_curves
from geoprospect.scoring.pictures.files import write_score_pictures
from geoprospect.scoring.pictures.maps import draw_map, write_map_picture
from geoprospect.scoring.pictures.measures import (
    draw_boyce,
    draw_classification,
    draw_prediction_area,
)

__all__ = [
    "draw_boyce",
    "draw_classification",
    "draw_contributions",
    "draw_map",
    "draw_prediction_area",
    "draw_rate_curves",
    "write_contributions_picture",
    "write_map_picture",
    "write_rate_curves",
    "write_score_pictures",
]
