"""Pictures of maps and of their scores; matplotlib is imported here only."""

from geoprospect.report.curves import draw_rate_curves, write_rate_curves
from geoprospect.report.maps import draw_map, write_map_picture

__all__ = ["draw_map", "draw_rate_curves", "write_map_picture", "write_rate_curves"]
