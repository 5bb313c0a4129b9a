"""The methods of a project compared under the same spatial folds, with a null beside them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from geoprospect.crossval import Choice, Comparison, FoldScheme, compare_on
from geoprospect.errors import ProjectError, TrainingError
from geoprospect.methods import Method, method_names, registered_method
from geoprospect.project.choosing import candidate_names
from geoprospect.project.file import Project
from geoprospect.project.inputs import Inputs
from geoprospect.typing import Progress, StrPath

_LOGGER = logging.getLogger(__name__)


def compare_methods(
    project: Project | StrPath,
    scheme: FoldScheme | None = None,
    methods: Sequence[str] | Literal["all"] = (),
    *,
    without: Sequence[str] = (),
    exclude_held_out: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Cross-validate methods on a project's training points, all under the same folds.

    Points that share a cell count once, those outside all polygons not at all. Blocks without a
    size get the range of the evidence's variogram; intervals rest on clusters of points no wider
    than half of that. Strategies share what was learned of a pretext task.

    Parameters
    ----------
    project : Project or path-like
        The project, or its file; its settings hold for each method that has them. Its number of
        members is that of networks, and of its own method: other baselines are fitted once, for
        fits of theirs hardly differ. Where non-occurrences are drawn, each method has a member for
        each draw, or more.
    scheme : FoldScheme, optional
        How points are held out; by default in five k-means regions, three times.
    methods : sequence of str
        Names as `method_names` gives them: with the project's settings, or those of the published
        study where the project does not change them; "all" for all with the project's settings;
        by default the project's own method alone or, where it is to be chosen, those it is
        chosen among, their averages and the choice itself. A result bears the name asked for.
    without : sequence of str
        Layers or columns of [evidence] that each method is scored without as well, in the same
        folds and draws; commas join several that are left out together.
    exclude_held_out : bool
        Keep cells held out, and those within the buffer, from the pretext task too. It sees no
        label of an occurrence in any case.
    progress : callable, optional
        As for `train_model`.

    Raises
    ------
    GeoprospectError
        If evidence, points, settings or folds do not allow it. Of several methods, one that
        cannot be trained is left out instead, and `Comparison.notes` says so.
    """
    project, scheme = Project.of(project), scheme or FoldScheme()
    names = method_names() if methods == "all" else tuple(methods)
    to_choose = not names and project.model.chosen
    if to_choose:
        names = candidate_names(project)
    for name in names:
        registered_method(name)  # a name that is not known shows before anything is read
    with Inputs(project) as inputs:
        chosen, notes = {}, []
        if not names:
            chosen[inputs.ensemble.name] = inputs.ensemble
        for name in names:
            try:
                chosen[name] = _method(inputs, name)
            except (ProjectError, TrainingError) as error:
                if len(names) < 2:
                    raise
                notes.append(f"the method {name} is left out: {error}.")
                _LOGGER.info(f"cross-validation: {notes[-1]}")
        if not chosen:
            raise TrainingError("no method could be trained", path=project.path, found=notes[-1])
        comparison = compare_on(
            inputs.fit_inputs(chosen.values()),
            chosen,
            scheme,
            without=without,
            exclude_held_out=exclude_held_out,
            progress=progress,
        )
    comparison = replace(comparison, notes=(*notes, *comparison.notes))
    return _with_choice(comparison) if to_choose else comparison


def _with_choice(comparison: Comparison) -> Comparison:
    """Give a comparison with the averages that a run would choose by it, if it can."""
    try:
        choice = Choice.of(comparison)
    except TrainingError as error:
        lines, told = [f"nothing is chosen: {error}."], comparison
    else:
        lines, told = choice.sentences(), choice.told
    for line in lines:
        _LOGGER.info(f"choice: {line}")
    return replace(told, notes=(*comparison.notes, *lines))


def _method(inputs: Inputs, name: str) -> Method:
    """Give a method by name, with a member at least for each draw of non-occurrences."""
    registered, _ = registered_method(name)
    alike = registered.members == 1 and registered.name != inputs.project.model.fixed
    method = inputs.project.method(name, members=1 if alike else None)
    return inputs.with_draws(method, name)
