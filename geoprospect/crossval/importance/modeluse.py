"""What a model uses overall, found out in space and over its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from geoprospect.crossval.importance.drops import Importance
from geoprospect.crossval.importance.measuring import layer_importance
from geoprospect.crossval.importance.settings import ImportanceSettings
from geoprospect.methods import Method
from geoprospect.model import FitInputs, ProspectivityModel
from geoprospect.model.dependence import Effect, Interaction, effects_of, interactions_of
from geoprospect.typing import Progress

_PAIRED = 8  # layers whose pairs are looked at, those of the greatest worth
_FELT = 0.005  # log-odds: less is told as 0.00


@dataclass(frozen=True)
class ModelUse:
    """What a model uses overall.

    Attributes
    ----------
    importance : Importance
        What each layer is worth at points held out in space.
    effects : tuple of Effect
        How the model's scores change with each column, the layers of the greatest worth first.
    interactions : tuple of Interaction
        How strongly pairs of layers act together, the largest first; of many layers, pairs of
        the eight of the greatest worth.
    """

    importance: Importance
    effects: tuple[Effect, ...]
    interactions: tuple[Interaction, ...]

    def sentences(self) -> list[str]:
        """Say in plain words what the map rests on, and which layers act together."""
        return [*self.importance.sentences(), *self._together(), *self.importance.notes]

    def _together(self) -> Iterator[str]:
        """Say which pair acts together most."""
        if not self.interactions:
            return
        first = self.interactions[0]
        strength, size = first.strength["log-odds"], first.size["log-odds"]
        if size < _FELT:
            yield "No two layers act together: what one adds does not depend on another."
            return
        yield (
            f"Of all pairs, {' and '.join(first.layers)} act together most: what one adds depends "
            f"on the other by {size:.2f} in log-odds (H = {strength:.2f})."
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it for JSON, as `geoprospect.crossval.importance.records` describes it."""
        from geoprospect.crossval.importance.records import ModelUseRecord  # noqa: PLC0415 - slow

        return _rounded(ModelUseRecord.plain(self))  # type: ignore[no-any-return]


def model_use(
    inputs: FitInputs,
    method: Method,
    model: ProspectivityModel,
    settings: ImportanceSettings | None = None,
    *,
    progress: Progress | None = None,
) -> ModelUse:
    """Find out what a model uses.

    Parameters
    ----------
    inputs : FitInputs
        What its method is fitted on.
    method : Method
        The method; it is fitted once to each fold of each repeat.
    model : ProspectivityModel
        The model, fitted by it.
    settings : ImportanceSettings, optional
        How it is found out.
    progress : callable, optional
        Called with the stage, the steps done, the steps in all and a word on them.

    Raises
    ------
    GeoprospectError
        If evidence, points, settings or folds do not allow it.
    """
    settings = settings or ImportanceSettings()
    importance = layer_importance(inputs, method, settings, progress=progress)
    best = [drop.layers[0] for drop in importance.single]
    options: dict[str, Any] = {"seed": method.seed, "progress": progress}
    effects = effects_of(model, inputs.stack, cells=settings.cells, **options)
    ranked = sorted(effects, key=lambda one: best.index(one.layer))
    pairs = interactions_of(model, inputs.stack, best[:_PAIRED], **options)
    return ModelUse(importance, tuple(ranked), pairs)


def _rounded(content: Any) -> Any:
    """Give plain values with six digits of each number: what more there is, is rounding."""
    if isinstance(content, dict):
        return {key: _rounded(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_rounded(value) for value in content]
    return float(f"{content:.6g}") if isinstance(content, float) else content
