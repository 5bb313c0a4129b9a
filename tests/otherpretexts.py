"""Further pretext tasks, for comparison: what else cells without labels might teach an encoder."""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from geoprospect.evidence import EvidenceStack
from geoprospect.evidence.computed.neighbourhood import Neighbourhood
from geoprospect.methods import Transfer
from geoprospect.network.builders import autoencoder, encoder_of, lithology_classifier
from geoprospect.network.schedule import Schedule
from geoprospect.network.training import Ensemble, train

TASKS = ("masked", "denoising", "surroundings", "near-and-far")


@dataclass(frozen=True)
class OtherPretext(Transfer):
    """A transfer after another task; all but the task is as after reconstruction."""

    task: str = ""
    stack: EvidenceStack | None = None

    @classmethod
    def named(cls, task, stack, **options):
        plain = Transfer.preset("reconstruction", "fine-tuning", **options)
        return cls(**vars(plain), task=task, stack=stack)

    @property
    def preparation_key(self):
        return (self.task, super().preparation_key)

    def prepare(self, cells, n_inputs, *, progress=None):
        """Train one encoder a member on the task."""
        encoders = super().prepare(None, n_inputs)
        X, target = self.inputs_and_targets(cells)
        loss, decoders = "mean-squared-error", range(len(encoders))
        if self.task == "near-and-far":
            loss = "categorical-crossentropy"
            networks = [
                lithology_classifier(part, target.shape[1], seed=seed)
                for part, seed in zip(encoders, decoders, strict=True)
            ]
        else:
            networks = [
                autoencoder(part, seed=seed) for part, seed in zip(encoders, decoders, strict=True)
            ]
        schedule = Schedule(loss, 1e-3, len(X), self.pretraining.epochs)
        trained = train(Ensemble(networks, list(decoders)), X, target, schedule=schedule)
        return [encoder_of(network, n_layers=1) for network in trained.networks]

    def inputs_and_targets(self, cells):
        """Give what the task shows, and what is wanted of it."""
        random, X = np.random.default_rng(self.seed), np.asarray(cells.X, np.float32)
        match self.task:
            case "masked":  # two layers in five are hidden, and wanted all the same
                return np.where(random.random(X.shape) < 0.4, 0, X), X
            case "denoising":
                return X + 0.5 * random.normal(size=X.shape), X
            case "surroundings":  # the mean about a cell, over two cells
                wide = self.stack.surrounded(Neighbourhood((2,)))
                means = wide.sample(cells.rows, cells.columns)[0][:, X.shape[1] :]
                return X, (means - means.mean(axis=0)) / means.std(axis=0)
            case "near-and-far":  # which of 20 regions the cell lies in
                places = np.column_stack([cells.rows, cells.columns])
                region = KMeans(20, n_init=1, random_state=self.seed).fit_predict(places)
                return X, np.eye(20, dtype=np.float32)[region]
