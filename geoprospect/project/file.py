"""The project file: evidence, points, model and output of one map, in TOML."""

from __future__ import annotations

import tomllib
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from geoprospect.errors import ProjectError
from geoprospect.evidence import EvidenceStack, Neighbourhood, RasterBand
from geoprospect.evidence.layers import columns_of
from geoprospect.evidence.raster import is_local
from geoprospect.evidence.surroundings import surrounded
from geoprospect.methods import Method, MethodOptions, method_named
from geoprospect.project.settings import (
    CalibrationSection,
    EvidenceEntry,
    ModelSection,
    OutputSection,
    PointsEntry,
    PointsSection,
    Section,
)
from geoprospect.typing import StrPath

if TYPE_CHECKING:  # slow to import, and a map needs no points
    from geoprospect.samples import DrawingRule, PointsSource, Samples

Role = Literal["training", "validation", "lithology"]


class Project(Section):
    """A project file, its paths made absolute.

    Attributes
    ----------
    path : str
        The project file.
    evidence : str or dict
        A folder of rasters or a file of several bands, or a file (and band) by layer name.
    points, model, calibration, output
        The other sections.

    Examples
    --------
    >>> import tempfile
    >>> import geoprospect as gp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     project = gp.Project.load(gp.sample_project(folder))
    >>> project.method().name, project.folder.name
    ('reconstruction fine-tuning', 'out')
    """

    path: str
    evidence: str | dict[str, EvidenceEntry]
    points: PointsSection
    model: ModelSection = ModelSection()
    calibration: CalibrationSection | None = None
    output: OutputSection = OutputSection()

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Project:
        """Read a project file.

        Raises
        ------
        ProjectError
            If the file is missing, is no TOML, or holds a setting that is not understood.
        """
        home = Path(path).resolve().parent
        try:
            content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ProjectError(
                f"the project file cannot be read: {(error.strerror or str(error)).lower()}",
                path=path,
                mend="give the path of a project file; `geoprospect sample DIR` writes one",
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ProjectError(f"the project file is no valid TOML: {error}", path=path) from error
        try:
            return cls.model_validate(_absolute(content, home) | {"path": str(path)})
        except ValidationError as error:
            raise ProjectError(
                "; ".join(_problem(dict(detail)) for detail in error.errors()),
                path=path,
                mend="see the project file that `geoprospect sample DIR` writes",
            ) from error

    @classmethod
    def of(cls, project: Project | StrPath) -> Project:
        """Give a project as it is, or read its file."""
        return project if isinstance(project, Project) else cls.load(project)

    @property
    def folder(self) -> Path:
        """The output folder."""
        return Path(self.output.folder)

    @property
    def layers(self) -> str | dict[str, RasterBand]:
        """The layers by name, or the folder or file that holds them."""
        if isinstance(self.evidence, str):
            return self.evidence
        return {
            name: RasterBand(name, entry.path, entry.band) for name, entry in self.evidence.items()
        }

    def open_evidence(self) -> EvidenceStack:
        """Open the evidence stack, with the surroundings that the model is to see.

        Raises
        ------
        ProjectError
            If the spread of surroundings is asked for without scales.
        EvidenceError
            As `EvidenceStack.open` and `Neighbourhood` say.
        """
        model = self.model
        if model.context_spread and not model.context:
            raise ProjectError(
                "the spread of the surroundings is asked for, but no surroundings are",
                path=self.path,
                found="context_spread = true",
                mend="write context = [2] beside it, for instance, or leave it out",
            )
        seen = Neighbourhood(model.context, model.context_spread) if model.context else None
        return EvidenceStack.open(surrounded(columns_of(self.layers), seen))

    @property
    def drawing_rule(self) -> DrawingRule:
        """How non-occurrences are drawn where the training points are occurrences only."""
        from geoprospect.samples import DrawingRule  # noqa: PLC0415

        entry = self.points.non_occurrences
        return DrawingRule() if entry is None else entry.rule()

    def points_source(self, role: Role) -> PointsSource:
        """Give the source of the points of a role.

        Raises
        ------
        ProjectError
            If the project names no such points, or not the field of their rock classes.
        """
        entry: PointsEntry | None = getattr(self.points, role)
        if entry is None or (entry.label is None and role == "lithology"):
            raise ProjectError(
                f"the {role} points need a file"
                f"{' and the name of its field of rock classes' if role == 'lithology' else ''}",
                path=self.path,
                mend=f'write {role} = {{ path = "…", label = "…" }} under [points]',
            )
        from geoprospect.samples import PointsSource  # noqa: PLC0415

        return PointsSource(**entry.model_dump())

    def read_samples(self, role: Role, stack: EvidenceStack) -> Samples:
        """Read the labelled points of a role.

        Where the project names no label field of training or validation points, it is the one
        named occurrence, DEP or label; without such a field all points are occurrences.

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
        there are rock-class points and reconstruction if not; with the published study's settings
        it is always the latter, which was the best of that study.

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
        model = self.model
        options = MethodOptions(
            preset=model.settings,
            pretext=model.pretext if name is None else None,
            members=members or model.members,
            seed=model.seed,
            training=model.training.model_dump(exclude_none=True),
            pretraining=model.pretraining.model_dump(exclude_none=True),
            baseline=model.baseline.model_dump(exclude_none=True),
            rock_classes=self.points.lithology is not None,
        )
        method = method_named(name or model.strategy, options)
        if method.pretext == "lithology" and self.points.lithology is None:
            raise ProjectError(
                "the lithology pretext task needs rock-class points",
                path=self.path,
                mend="give them as `lithology` under [points]",
            )
        return method


def _absolute(content: dict[str, Any], home: Path) -> dict[str, Any]:
    """Make the paths absolute; `name = "path"` is short for a table."""

    def resolve(path: Any) -> Any:
        return str(home / path) if isinstance(path, str) and is_local(path) else path

    def resolved(entry: Any) -> Any:
        if isinstance(entry, str):
            return {"path": resolve(entry)}
        if isinstance(entry, dict) and "path" in entry:
            return entry | {"path": resolve(entry["path"])}
        return entry

    result = dict(content)
    evidence = result.get("evidence")
    if isinstance(evidence, dict):
        result["evidence"] = {name: resolved(entry) for name, entry in evidence.items()}
    elif evidence is not None:
        result["evidence"] = resolve(evidence)
    if isinstance(result.get("points"), dict):
        points = {role: resolved(entry) for role, entry in result["points"].items()}
        drawn = points.get("non_occurrences")
        if isinstance(drawn, dict) and "within" in drawn:
            points["non_occurrences"] = drawn | {"within": resolved(drawn["within"])}
        result["points"] = points
    if isinstance(result.get("model"), dict) and "components" in result["model"]:
        model = result["model"]
        result["model"] = model | {"components": resolve(model["components"])}
    output = result.get("output", {})
    if isinstance(output, dict):
        result["output"] = output | {"folder": resolve(output.get("folder", "out"))}
    return result


def _problem(detail: dict[str, Any]) -> str:
    """Say in words what pydantic found wrong with one setting."""
    place = ".".join(str(part) for part in detail["loc"] if part not in ("str", "dict"))
    match detail["type"]:
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden":
            return f"{place} is no setting that geoprospect knows"
        case _:
            return f"{place}: {detail['msg']} (found {detail['input']!r})"
