"""Networks: an encoder learns a pretext task, and is transferred to the scarce labelled points."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from geoprospect.errors import TrainingError
from geoprospect.methods.method import Fitted, Preparation, PretextCells, SampleTable, Sees
from geoprospect.methods.options import MethodOptions, Preset, Pretext
from geoprospect.methods.stages import under_stage
from geoprospect.methods.transfersettings import Strategy, transfer_settings
from geoprospect.network import EncoderActivation, Network, Schedule
from geoprospect.network.builders import (
    autoencoder,
    encoder,
    encoder_of,
    lithology_classifier,
    prospectivity_network,
)
from geoprospect.network.levelling import levelling
from geoprospect.network.training import Ensemble, Training, class_weights, train
from geoprospect.typing import Bools, Ints, Progress, Values


@dataclass(frozen=True)
class Transfer:
    """How an encoder learns a pretext task and is transferred to the points.

    Attributes
    ----------
    pretext : {"distribution", "reconstruction", "lithology", "none"}
        What is learned before the points: how each layer is distributed, to level it, or
        the task of the pretraining (the paper's FDE and GCP); "none" only from scratch.
    strategy : {"fine-tuning", "linear-probing", "from-scratch"}
        Whether all weights, the final layer only, or a network without pretraining learns the
        points.
    members : int
        Networks of the ensemble; each has its own initial weights and shuffling.
    seed : int
        Seed of everything random.
    pretraining : Schedule, optional
        The optimisation of the pretext task.
    training : Schedule
        The optimisation on the labelled points.
    class_weights : bool
        Weight the classes by total / (2 · n_class).
    l1, l2 : float
        Penalties on the kernel of the head.
    widths : tuple of int
        Units of the encoder's layers.
    activation : {"relu", "cosine"}
        That of the encoder's first layer; the others have ReLU.
    lengths : (float, float)
        Lengths of the cosines, from the first to the last; see `encoder`.
    head_epochs : int
        Epochs in which fine-tuning trains the final layer only, before it trains all layers
        (Kumar et al. 2022, Fine-tuning can distort pretrained features and underperform
        out-of-distribution).
    """

    pretext: Pretext
    strategy: Strategy
    members: int
    seed: int
    pretraining: Schedule | None
    training: Schedule
    class_weights: bool
    l1: float
    l2: float
    widths: tuple[int, ...]
    activation: EncoderActivation
    lengths: tuple[float, float] = (1.0, 1.0)
    head_epochs: int = 0

    @classmethod
    def preset(
        cls,
        pretext: Pretext,
        strategy: Strategy,
        *,
        preset: Preset = "recommended",
        members: int = 10,
        seed: int = 0,
    ) -> Transfer:
        """Give the method of a pretext task and a strategy, with the settings of a preset.

        Parameters
        ----------
        pretext, strategy, members, seed
            As in the class.
        preset : {"recommended", "paper"}
            Whose settings; see `transfer_settings`.

        Examples
        --------
        >>> method = Transfer.preset("lithology", "linear-probing", preset="paper")
        >>> method.training.rate, method.class_weights, method.pretraining.batch
        (0.001, False, 32)
        """
        settings = transfer_settings(pretext, strategy, preset)
        return cls(pretext, strategy, members, seed, **settings)

    @classmethod
    def of(cls, strategy: Strategy, options: MethodOptions) -> Transfer:
        """Make the method that a project file asks for."""
        plain = cls.preset(
            options.pretext or "none",
            strategy,
            preset=options.preset,
            members=options.members or 10,
            seed=options.seed,
        )
        return replace(
            plain,
            training=options.trained(plain.training),
            pretraining=plain.pretraining and options.pretrained(plain.pretraining),
            **options.changes("class_weights", "head_epochs", "l1", "l2"),
        )

    def __str__(self) -> str:
        return f"{self.pretext} pretext, {self.strategy}"

    @property
    def name(self) -> str:
        """How results name it: pretext task, if any, and strategy."""
        return self.strategy if self.pretext == "none" else f"{self.pretext} {self.strategy}"

    @property
    def sees(self) -> Sees:
        """Principal components; standardised layers, where their distribution is learned."""
        return "standardised" if self.pretext == "distribution" else "components"

    @property
    def preparation_key(self) -> Hashable:
        """All that the encoders depend on, but for the cells."""
        form = (self.widths, self.activation, self.lengths)
        return (self.pretext, self.pretraining, form, self.members, self.seed)

    def prepare(
        self, cells: PretextCells | None, n_inputs: int, *, progress: Progress | None = None
    ) -> Sequence[Network]:
        """Train one encoder a member on the pretext task; without one, they are as begun.

        Parameters
        ----------
        cells : PretextCells or None
            Cells of any ground, or the rock-class points (lithology).
        n_inputs : int
            Number of inputs.
        progress : callable, optional
            Called with the stage, the epochs done, the epochs in all and a word on the loss.

        Raises
        ------
        TrainingError
            If the lithology task lacks rock classes, or the training fails.
        """
        encoders = [
            encoder(
                n_inputs,
                widths=self.widths,
                activation=self.activation,
                lengths=self.lengths,
                seed=seed,
            )
            for seed in self._seeds("encoder")
        ]
        if self.pretext == "distribution" and cells is not None:
            # Every other member sees components: either suits some ground, and both err less.
            first = [levelling(cells.X, rotated=rotated).layers for rotated in (False, True)]
            return [Network((*first[k % 2], *part.layers)) for k, part in enumerate(encoders)]
        if self.pretraining is None or cells is None:
            return encoders
        X = target = np.asarray(cells.X, np.float32)
        seeds = self._seeds("pretext head")
        if self.pretext == "reconstruction":
            networks = [autoencoder(part, seed=s) for part, s in zip(encoders, seeds, strict=True)]
        else:
            target = _one_hot(cells.rock_class)
            networks = [
                lithology_classifier(part, target.shape[1], seed=s)
                for part, s in zip(encoders, seeds, strict=True)
            ]
        training = train(
            Ensemble(networks, self._seeds("pretext order")),
            X,
            target,
            schedule=self.pretraining,
            progress=under_stage(progress, f"{self.pretext} pretext"),
        )
        depth = len(self.widths)
        return [encoder_of(network, n_layers=depth) for network in training.networks]

    def train(
        self,
        table: SampleTable,
        masks: Bools,
        *,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> Training:
        """Train prospectivity networks on the labelled points.

        Parameters
        ----------
        table, masks
            As for `Method.fit`.
        preparation : sequence of Network, optional
            The encoders, as `prepare` gives them; by default as they are begun.
        progress : callable, optional
            Called with the stage, the epochs done, the epochs in all and a word on the loss.

        Returns
        -------
        Training
            The networks, one a fit, and their learning curves; not those of the epochs of the head
            alone.

        Raises
        ------
        TrainingError
            If a class has no point, or the training fails.
        """
        X, fits = np.asarray(table.X, np.float32), len(masks)
        encoders = preparation or self.prepare(None, X.shape[1])
        weights = np.stack([self._weights(table.label, mask) for mask in masks])
        networks: Sequence[Network] = [
            prospectivity_network(encoders[number % len(encoders)], seed=seed)
            for number, seed in enumerate(self._seeds("head", fits))
        ]

        def trained(schedule: Schedule, stage: str, n_frozen: int) -> Training:
            return train(
                Ensemble(networks, self._seeds("order", fits), n_frozen, self.l1, self.l2),
                X,
                table.label.astype(np.float32),
                schedule=schedule,
                sample_weight=weights,
                progress=under_stage(progress, stage),
            )

        n_encoder, probing = len(encoders[0].layers), self.strategy == "linear-probing"
        n_fixed = n_encoder - len(self.widths)  # those that level inputs stay as they are
        if self.head_epochs and not probing:
            alone = replace(self.training, epochs=self.head_epochs)
            networks = trained(alone, f"{self.strategy}, final layer only", n_encoder).networks
        return trained(self.training, self.strategy, n_encoder if probing else n_fixed)

    def fit(
        self,
        table: SampleTable,
        masks: Bools,
        *,
        preparation: Preparation | None = None,
        progress: Progress | None = None,
    ) -> Fitted:
        """Train prospectivity networks, all in one compiled program; see `train`."""
        training = self.train(table, masks, preparation=preparation, progress=progress)
        return Fitted(tuple(training.networks), tuple(training.history.lines()))

    def settings(self) -> dict[str, Any]:
        """Give the method as plain values."""
        return asdict(self)

    def _weights(self, label: Ints, mask: Bools) -> Values:
        """Weigh the points that a fit learns from; the others weigh 0."""
        counts = np.bincount(label[mask], minlength=2)
        if not counts.all():
            raise TrainingError(
                "training needs occurrences and non-occurrences",
                found=f"{counts[1]} occurrences, {counts[0]} non-occurrences",
                mend="give points of both labels as `training` under [points]",
            )
        return class_weights(label, mask=mask) if self.class_weights else mask.astype(np.float32)

    def _seeds(self, purpose: str, number: int | None = None) -> list[int]:
        """Give so many seeds (one a member), other ones for each purpose; the first stay."""
        root = np.random.SeedSequence([self.seed, *purpose.encode()])
        children = root.spawn(self.members if number is None else number)
        return [int(child.generate_state(1)[0]) for child in children]


def _one_hot(rock_class: Ints | None) -> Values:
    """Give a column of 0 and 1 for each rock class."""
    if rock_class is None or len(np.unique(rock_class)) < 2:
        raise TrainingError(
            "the lithology pretext task needs points of at least two rock classes",
            mend="give them as `lithology` under [points], or choose another pretext task",
        )
    return np.eye(int(rock_class.max()) + 1, dtype=np.float32)[rock_class]
