"""Mineral prospectivity maps from evidence rasters and a few known deposits, with honest scores.

The whole job, each name imported when it is first used:

    import geoprospect as gp

    stack = gp.open_evidence("rasters")
    samples = gp.read_samples("deposits.gpkg", stack)
    model = gp.fit(stack, samples, "random-forest")
    gp.write_map(model, stack, "prospectivity.tif")
    gp.score_map("prospectivity.tif", "held_out.gpkg")
    gp.draw_map("prospectivity.tif", "held_out.gpkg")

Or, of a project file, ``gp.run("project.toml")``.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from geoprospect.crossval import FoldScheme, Regions, compare, cross_validate
    from geoprospect.crossval.importance.modeluse import ModelUse, model_use
    from geoprospect.crossval.importance.settings import ImportanceSettings
    from geoprospect.crossval.page import check_comparison_absent
    from geoprospect.evidence import EvidenceStack, RasterBand, open_evidence, register_column
    from geoprospect.mapping import Execution, write_map, write_raster
    from geoprospect.mapping.contributions import write_contributions
    from geoprospect.mapping.leading import write_leading_layer
    from geoprospect.methods import (
        method_named,
        method_names,
        register_member_format,
        register_method,
    )
    from geoprospect.model import ProspectivityModel, fit, load_model, out_of_bag_scores
    from geoprospect.model.explanation import explain, explain_points
    from geoprospect.model.modelfolder import check_model_absent
    from geoprospect.output import check_absent, check_apart
    from geoprospect.project.check import check_project as check
    from geoprospect.project.comparison import compare_methods
    from geoprospect.project.drafting import draft_project
    from geoprospect.project.events import events_told, tell_event
    from geoprospect.project.file import Project
    from geoprospect.project.finished import model_of_run, project_of_run
    from geoprospect.project.products.making import add_product
    from geoprospect.project.productsettings import NoSettings
    from geoprospect.project.progress import progress_shown
    from geoprospect.project.qgisplugin import write_qgis_plugin
    from geoprospect.project.qgisproject.heldout import write_comparison
    from geoprospect.project.qgisproject.refreshing import write_qgis_project
    from geoprospect.project.qgisproject.targets import write_targets
    from geoprospect.project.report.page import write_report
    from geoprospect.project.report.papers import write_figures
    from geoprospect.project.run import run_project as run
    from geoprospect.project.run import train_model as train
    from geoprospect.project.viewing.server import serve
    from geoprospect.published import Reproduction, model_from_weights, reproduce
    from geoprospect.published.page import check_reproduction_writable, write_reproduction
    from geoprospect.reliability.applicability import (
        Applicability,
        PredictorSpace,
        fit_applicability,
        write_applicability,
    )
    from geoprospect.reliability.uncertainty.settings import UncertaintySettings
    from geoprospect.samples import (
        DrawingRule,
        PointsSource,
        Samples,
        draw_non_occurrences,
        read_samples,
    )
    from geoprospect.scoring import Score, score_map
    from geoprospect.scoring.page import write_score_page
    from geoprospect.scoring.pictures import (
        draw_contributions,
        draw_map,
        draw_rate_curves,
        write_contributions_picture,
        write_rate_curves,
        write_score_pictures,
    )
    from geoprospect.synthetic import sample_project
    from geoprospect.targets import (
        TargetKnowledge,
        TargetSettings,
        check_targets_absent,
        find_targets,
        layers_of_map,
    )

_ROOMS = {
    "crossval": ("FoldScheme", "Regions", "compare", "cross_validate"),
    "crossval.importance.modeluse": ("ModelUse", "model_use"),
    "crossval.importance.settings": ("ImportanceSettings",),
    "crossval.page": ("check_comparison_absent",),
    "evidence": ("EvidenceStack", "RasterBand", "open_evidence", "register_column"),
    "mapping": ("Execution", "write_map", "write_raster"),
    "mapping.contributions": ("write_contributions",),
    "mapping.leading": ("write_leading_layer",),
    "methods": ("method_named", "method_names", "register_member_format", "register_method"),
    "model": ("ProspectivityModel", "fit", "load_model", "out_of_bag_scores"),
    "model.explanation": ("explain", "explain_points"),
    "model.modelfolder": ("check_model_absent",),
    "output": ("check_absent", "check_apart"),
    "project.check": ("check",),
    "project.comparison": ("compare_methods",),
    "project.drafting": ("draft_project",),
    "project.events": ("events_told", "tell_event"),
    "project.file": ("Project",),
    "project.finished": ("model_of_run", "project_of_run"),
    "project.products.making": ("add_product",),
    "project.progress": ("progress_shown",),
    "project.qgisplugin": ("write_qgis_plugin",),
    "project.report.page": ("write_report",),
    "project.report.papers": ("write_figures",),
    "project.qgisproject.heldout": ("write_comparison",),
    "project.qgisproject.refreshing": ("write_qgis_project",),
    "project.qgisproject.targets": ("write_targets",),
    "project.run": ("run", "train"),
    "project.productsettings": ("NoSettings",),
    "project.viewing.server": ("serve",),
    "published": ("Reproduction", "model_from_weights", "reproduce"),
    "published.page": ("check_reproduction_writable", "write_reproduction"),
    "reliability.applicability": (
        "Applicability", "PredictorSpace", "fit_applicability", "write_applicability",
    ),
    "reliability.uncertainty.settings": ("UncertaintySettings",),
    "samples": ("DrawingRule", "PointsSource", "Samples", "draw_non_occurrences", "read_samples"),
    "scoring": ("Score", "score_map"),
    "scoring.page": ("write_score_page",),
    "scoring.pictures": (
        "draw_contributions", "draw_map", "draw_rate_curves", "write_contributions_picture",
        "write_rate_curves", "write_score_pictures",
    ),
    "synthetic": ("sample_project",),
    "targets": (
        "TargetKnowledge", "TargetSettings", "check_targets_absent", "find_targets",
        "layers_of_map",
    ),
}  # fmt: skip
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}
_LONGER = {"check": "check_project", "run": "run_project", "train": "train_model"}  # in their rooms

__all__ = [
    "Applicability",
    "DrawingRule",
    "EvidenceStack",
    "Execution",
    "FoldScheme",
    "ImportanceSettings",
    "ModelUse",
    "NoSettings",
    "PointsSource",
    "PredictorSpace",
    "Project",
    "ProspectivityModel",
    "RasterBand",
    "Regions",
    "Reproduction",
    "Samples",
    "Score",
    "TargetKnowledge",
    "TargetSettings",
    "UncertaintySettings",
    "add_product",
    "check",
    "check_absent",
    "check_apart",
    "check_comparison_absent",
    "check_model_absent",
    "check_reproduction_writable",
    "check_targets_absent",
    "compare",
    "compare_methods",
    "cross_validate",
    "draft_project",
    "draw_contributions",
    "draw_map",
    "draw_non_occurrences",
    "draw_rate_curves",
    "events_told",
    "explain",
    "explain_points",
    "find_targets",
    "fit",
    "fit_applicability",
    "layers_of_map",
    "load_model",
    "method_named",
    "method_names",
    "model_from_weights",
    "model_of_run",
    "model_use",
    "open_evidence",
    "out_of_bag_scores",
    "progress_shown",
    "project_of_run",
    "read_samples",
    "register_column",
    "register_member_format",
    "register_method",
    "reproduce",
    "run",
    "sample_project",
    "score_map",
    "serve",
    "tell_event",
    "train",
    "write_applicability",
    "write_comparison",
    "write_contributions",
    "write_contributions_picture",
    "write_figures",
    "write_leading_layer",
    "write_map",
    "write_qgis_plugin",
    "write_qgis_project",
    "write_raster",
    "write_rate_curves",
    "write_report",
    "write_reproduction",
    "write_score_page",
    "write_score_pictures",
    "write_targets",
]


def __getattr__(name: str) -> Any:
    """Import a name of the front door when it is first asked for, and keep it."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = _import_module(f"{__name__}.{_ROOM_OF[name]}")
    value = getattr(room, _LONGER.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the names of the front door."""
    return sorted([*__all__, "__version__"])
