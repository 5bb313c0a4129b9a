"""A project: evidence, points, model and output of one map, as its file tells them."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal

from geoprospect.errors import ProjectError
from geoprospect.evidence import Column, EvidenceStack
from geoprospect.evidence.computed.computedcolumn import read_from
from geoprospect.evidence.computed.learning import Preparation
from geoprospect.evidence.computed.surroundings import surrounded
from geoprospect.evidence.doubts.nature import warn_of_omissions
from geoprospect.evidence.rasters.files import files_of
from geoprospect.evidence.rasters.layers import columns_of
from geoprospect.methods import Method, method_named
from geoprospect.project.productsettings import ProductSettings
from geoprospect.project.reading import read_project
from geoprospect.project.settings import (
    CalibrationSettings,
    GridSettings,
    ModelSettings,
    Points,
)
from geoprospect.samples import DrawingRule, PointsSource, Samples
from geoprospect.typing import StrPath

Role = Literal["training", "validation", "lithology"]


@dataclass(frozen=True)
class Project:
    """What goes into a map and how it is made; paths are absolute.

    Attributes
    ----------
    path : str
        The project file.
    evidence : str or tuple of Column
        A folder of rasters or a file of several bands; or the columns.
    points : Points
        The files of points, and the rule that non-occurrences are drawn by.
    grid : GridSettings
        The grid that layers are resampled onto, where one is named; the study area, and what of it
        is left out.
    model : ModelSettings
        Method and ensemble.
    calibration : CalibrationSettings, optional
        How prospectivity becomes a probability.
    products : ProductSettings
        The optional products that are asked for.
    folder : Path
        The output folder.

    Examples
    --------
    >>> import tempfile
    >>> import geoprospect as gp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     project = gp.Project.load(gp.sample_project(folder))
    >>> project.method().name, project.folder.name
    ('lithology average', 'out')
    """

    path: str
    evidence: str | tuple[Column, ...]
    points: Points
    grid: GridSettings = field(default_factory=GridSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    calibration: CalibrationSettings | None = None
    products: ProductSettings = field(default_factory=ProductSettings)
    folder: Path = Path("out")

    @classmethod
    def load(cls, path: StrPath) -> Project:
        """Read a project file.

        Raises
        ------
        ProjectError
            If the file is missing, is no TOML, or holds a setting that is not understood.
        """
        return cls(**read_project(Path(path)))

    @classmethod
    def of(cls, project: Project | StrPath) -> Project:
        """Give a project as it is, or read its file."""
        return project if isinstance(project, Project) else cls.load(project)

    def inputs(self) -> list[tuple[str, str]]:
        """Give what the project reads: what it is, and the file, once for each of several."""
        read = [("the project file", self.path)]
        if isinstance(self.evidence, str):
            read.append(("evidence", self.evidence))
        for column in () if isinstance(self.evidence, str) else self.evidence:
            read += [(what, x) for what, path in read_from(column) for x in files_of(path)]
        area = self.grid.study_area
        read += [] if area is None else read_from(area)
        for role in ("training", "validation", "lithology"):
            source = getattr(self.points, role)
            if source is not None:
                read.append((f"{role} points", os.fspath(source.path)))
        rule = self.points.non_occurrences
        if rule is not None and rule.within is not None:
            read.append(("the area of the non-occurrences", os.fspath(rule.within.path)))
        if rule is not None and rule.target_group is not None:
            read.append(("the target group", os.fspath(rule.target_group.path)))
        if self.products.targets is not None:
            read += self.products.targets.neighbours()
        if self.model.components is not None:
            read.append(("components", self.model.components))
        return read

    def columns(self) -> tuple[Column, ...]:
        """Give the columns of the evidence, without the surroundings of their cells.

        Raises
        ------
        EvidenceError
            If the folder or file that holds them cannot be read.
        """
        return columns_of(self.evidence)

    def open_evidence(self, preparation: Preparation | None = None) -> EvidenceStack:
        """Open the evidence stack, with the surroundings that the model is to see.

        Parameters
        ----------
        preparation : mapping, optional
            What the layers' transforms and classes learned where a model was trained.

        Raises
        ------
        ProjectError
            If the spread of surroundings is asked for without scales.
        EvidenceError
            As `EvidenceStack.open`, `GridChoice.of` and `Neighbourhood` say.
        """
        model = self.model
        if model.context_spread and not model.context:
            raise ProjectError(
                "the spread of the surroundings is asked for, but no surroundings are",
                path=self.path,
                found="context_spread = true",
                mend="write context = [2] beside it, for instance, or leave it out",
            )
        layers = self.columns()
        columns: tuple[Column, ...] = surrounded(layers, model.neighbourhood)
        area = self.grid.study_area
        stack = EvidenceStack.open(
            columns if area is None else (*columns, area),
            grid=self.grid.of(layers) if self.grid.named else None,
            preparation=preparation,
        )
        warn_of_omissions(self.evidence, stack)
        return stack

    @property
    def quick(self) -> Project:
        """The project with a fixed method, the average, where it is to be chosen."""
        return replace(self, model=replace(self.model, strategy=self.model.fixed))

    @property
    def drawing_rule(self) -> DrawingRule:
        """How non-occurrences are drawn where the training points are occurrences only."""
        return self.points.non_occurrences or DrawingRule()

    def points_source(self, role: Role) -> PointsSource:
        """Give the source of the points of a role.

        Raises
        ------
        ProjectError
            If the project names no such points, or not the field of their rock classes.
        """
        source: PointsSource | None = getattr(self.points, role)
        if source is None or (not source.label and role == "lithology"):
            raise ProjectError(
                f"the {role} points need a file"
                f"{' and the name of its field of rock classes' if role == 'lithology' else ''}",
                path=self.path,
                mend=f'write {role} = {{ path = "…", label = "…" }} under [points]',
            )
        return source

    def read_samples(self, role: Role, stack: EvidenceStack) -> Samples:
        """Read the labelled points of a role.

        Where the project names no label field of training or validation points, it is as
        `PointsSource` says.

        Raises
        ------
        ProjectError
            If the project names no such points, or not the field of their rock classes.
        SamplesError
            If they cannot be read or used; see `read_samples`.
        """
        source = self.points_source(role)
        return source.samples(stack, "class" if role == "lithology" else "occurrence")

    def method(self, name: str | None = None, *, members: int | None = None) -> Method:
        """Give the method: the preset's settings and this file's changes.

        Where the file names no pretext task for a strategy that transfers one, it is lithology if
        there are rock-class points and the distribution of the layers if not; with the published
        study's settings it is always reconstruction, which was the best of that study.

        Parameters
        ----------
        name : str, optional
            Another method, as a comparison names it, with this file's settings.
        members : int, optional
            Another number of members.

        Raises
        ------
        TrainingError
            If the pretext task and the strategy contradict each other.
        ProjectError
            If the lithology pretext task is asked for without rock-class points.
        """
        options = self.model.options(rock_classes=self.points.lithology is not None)
        options = replace(
            options,
            pretext=options.pretext if name is None else None,
            members=members or options.members,
        )
        method = method_named(name or self.model.fixed, options)
        if method.pretext == "lithology" and self.points.lithology is None:
            raise ProjectError(
                "the lithology pretext task needs rock-class points",
                path=self.path,
                mend="give them as `lithology` under [points]",
            )
        return method

    def to_dict(self) -> dict[str, Any]:
        """Give the settings as plain values, for JSON."""
        content = {**vars(self), "folder": str(self.folder)}
        if isinstance(self.evidence, tuple):
            content["evidence"] = {column.names[0]: column for column in self.evidence}
        return {name: _plain(value) for name, value in content.items()}


def _plain(value: Any) -> Any:
    """Turn dataclasses, in mappings too, into mappings of their fields."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
