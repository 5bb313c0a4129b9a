"""Effects and interactions of the layers of a fitted model, over cells drawn from its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.belonging import bare, names_of_layers
from geoprospect.evidence.computed.categorical import Categorical
from geoprospect.model.dependence.curves import Effect, effect
from geoprospect.model.dependence.interactions import Interaction, interactions
from geoprospect.model.dependence.levels import Levels
from geoprospect.model.model import ProspectivityModel
from geoprospect.typing import Progress

_CELLS = 500
_FEWER = 100  # of which interactions take the square


def effects_of(
    model: ProspectivityModel,
    stack: EvidenceStack,
    *,
    cells: int = _CELLS,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Effect, ...]:
    """Give partial dependence and accumulated local effects of each column of a model's evidence.

    Parameters
    ----------
    model : ProspectivityModel
        A fitted model; its layers are found in the stack by name.
    stack : EvidenceStack
        The evidence.
    cells : int
        Valid cells drawn.
    seed : int
        Seed of the draw, and of the bands.
    progress : callable, optional
        Called with the stage, the columns done, the columns in all and a word on them.

    Returns
    -------
    tuple of Effect
        One a column, of a layer of classes one for all of them; layers in the order of the stack.

    Raises
    ------
    LayerNameError, EvidenceError
        If the stack does not hold the model's evidence.
    """
    evidence = model.select(stack)
    X, _, _ = evidence.draw(cells, seed=seed)
    place = {name: number for number, name in enumerate(evidence.names)}
    classes = {
        column.name: column.names
        for column in bare(evidence.columns)
        if isinstance(column, Categorical) and set(column.names) <= place.keys()
    }
    tasks: list[tuple[str, str, Levels]] = []
    for layer, names in names_of_layers(evidence).items():
        together = classes.get(layer, ())
        if together:
            called = [name.removeprefix(f"{layer}=") for name in together]
            columns = [place[name] for name in together]
            tasks.append((layer, layer, Levels.of_classes(X, columns, called)))
        tasks += [
            (layer, name, Levels.of_column(X, place[name]))
            for name in names
            if name not in together
        ]
    forward, found = model.forward_pass(), []
    for done, (layer, name, levels) in enumerate(tasks, start=1):
        found.append(effect(forward.predict_each, X, levels, layer=layer, name=name, seed=seed))
        if progress is not None:
            progress("effects of layers", done, len(tasks), "columns")
    return tuple(found)


def interactions_of(
    model: ProspectivityModel,
    stack: EvidenceStack,
    layers: Sequence[str] | None = None,
    *,
    cells: int = _FEWER,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Interaction, ...]:
    """Give the interaction of each pair of a model's layers, all columns of a layer together.

    Parameters
    ----------
    model, stack, seed, progress
        As for `effects_of`.
    layers : sequence of str, optional
        The layers that are paired; all by default.
    cells : int
        Valid cells drawn; a pair takes the square of that in scores.

    Returns
    -------
    tuple of Interaction
        The largest in log-odds first.

    Raises
    ------
    LayerNameError, EvidenceError
        If the stack does not hold the model's evidence.
    """
    evidence = model.select(stack)
    X, _, _ = evidence.draw(cells, seed=seed)
    place = {name: number for number, name in enumerate(evidence.names)}
    belonging = names_of_layers(evidence)
    chosen = belonging if layers is None else {layer: belonging[layer] for layer in layers}
    return interactions(
        model.forward_pass().predict_each,
        X,
        {layer: [place[name] for name in names] for layer, names in chosen.items()},
        progress=progress
        and (lambda done, total: progress("interactions of layers", done, total, "pairs")),
    )
