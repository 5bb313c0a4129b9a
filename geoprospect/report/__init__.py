"""A toolkit for pictures and pages: their style, rasters as maps, and texts put into templates."""

from geoprospect.report.files import check_files_absent, write_files
from geoprospect.report.maps import axes_unit, draw_values
from geoprospect.report.page import render_page

__all__ = ["axes_unit", "check_files_absent", "draw_values", "render_page", "write_files"]
