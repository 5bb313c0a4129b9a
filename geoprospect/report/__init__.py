"""A toolkit for pictures and pages: their style, maps as pictures, and texts put into templates."""

from geoprospect.report.maps import draw_map, write_map_picture

__all__ = ["draw_map", "write_map_picture"]
