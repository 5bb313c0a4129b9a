"""A toolkit for pictures and pages: their style, rasters as maps, and texts put into templates."""

from geoprospect.report.maps import axes_unit, draw_values
from geoprospect.report.page import render_page, write_texts

__all__ = ["axes_unit", "draw_values", "render_page", "write_texts"]
