"""How often the 95% intervals of cross-validation hold the truth, where the truth is known.

`python -m pytest -m slow -s tests/test_coverage.py` draws sets of occurrences on the sample
province - each alone, or in small or large clusters - with as many cells without, and prints how
often the intervals of both areas hold those of 20,000 occurrences, and how wide they are, for
clusters that are resampled as one up to some width.
"""

import numpy as np
import pytest

from geoprospect.intervals import Bootstrap, RankingBootstrap, clusters
from geoprospect.synthetic.fields import gaussian_field
from geoprospect.synthetic.province import province

RANGE = 32_600.0  # metres: of the sample's variograms
WIDTHS = {"none": 0.0, "a quarter": RANGE / 4, "half": RANGE / 2, "the range": RANGE}
PROCESSES = {"alone": (1, 0.0), "small clusters": (3, 2.0), "large clusters": (8, 4.0)}
SETS = 60  # of occurrences
NUMBERS = 25, 95  # of occurrences
OTHERS = 218


class Ground:
    """The sample province, with maps that tell more or less of its intensity."""

    def __init__(self):
        truth = province()
        self.shape, self.valid = truth.grid.shape, truth.valid.ravel()
        self.cell = abs(truth.grid.transform.a)
        self.intensity = np.where(truth.valid, truth.intensity, 0.0).ravel()
        random = np.random.default_rng(0)
        noise = [gaussian_field(random, self.shape, scale=scale).ravel() for scale in (6, 6, 8)]
        told = np.log(self.intensity + 1e-9)
        self.maps = {"good": told + noise[0], "fair": told + 3 * noise[1], "of noise": noise[2]}
        self.cells = np.flatnonzero(self.valid)

    def below(self, name, cells):
        """Give the share of valid cells that a map scores below each of some cells."""
        ordered = np.sort(self.maps[name][self.cells])
        scores = self.maps[name][cells]
        left, right = (ordered.searchsorted(scores, side) for side in ("left", "right"))
        return (left + right) / 2 / len(ordered)

    def occurrences(self, random, number, per_cluster, spread):
        """Draw occurrences in clusters about places that the intensity draws."""
        chance = self.intensity / self.intensity.sum()
        found = []
        while len(found) < number:
            middle = np.array(divmod(random.choice(len(chance), p=chance), self.shape[1]))
            for _ in range(1 + random.poisson(per_cluster - 1)):
                row, column = np.rint(middle + spread * random.normal(size=2)).astype(int)
                inside = 0 <= row < self.shape[0] and 0 <= column < self.shape[1]
                if inside and self.valid[row * self.shape[1] + column]:
                    found.append(row * self.shape[1] + column)
        return np.array(found[:number])


def covered(ground, name, truth, sets, width):
    """Give the shares of intervals of both areas that hold the truth, and their mean widths."""
    held, wide = [], []
    for occurrences, others in sets:
        cells = np.concatenate([occurrences, others])
        label = np.repeat([1, 0], [len(occurrences), len(others)])
        where = np.column_stack(np.divmod(cells, ground.shape[1])) * ground.cell
        groups = clusters(cells, where, width)
        ranking = RankingBootstrap(groups, label)
        roc = ranking.interval(ranking.resample(ground.maps[name][cells][None]), 0)
        of_occurrences = np.unique(groups[label == 1], return_inverse=True)[1]
        shares = ground.below(name, occurrences)
        low, high = Bootstrap(of_occurrences, n_draws=2000).intervals(shares[:, None])
        held.append([roc.low <= truth <= roc.high, low[0] <= truth <= high[0]])
        wide.append([roc.high - roc.low, high[0] - low[0]])
    return np.mean(held, axis=0), np.mean(wide, axis=0)


@pytest.mark.slow
def test_intervals_hold_the_truth_whether_occurrences_are_drawn_alone_or_in_clusters():
    ground, by_width = Ground(), {name: [] for name in WIDTHS}
    for process, (per_cluster, spread) in PROCESSES.items():
        many = ground.occurrences(np.random.default_rng(99), 20_000, per_cluster, spread)
        for number in NUMBERS:
            sets = []
            for seed in range(SETS):
                random = np.random.default_rng([seed, number])
                found = np.unique(ground.occurrences(random, number, per_cluster, spread))
                drawn = random.choice(ground.cells, OTHERS, replace=False)
                sets.append((found, np.setdiff1d(drawn, found)))
            for name in ground.maps:
                truth = ground.below(name, many).mean()
                print(f"\n{process}, {number} occurrences, a map {name}: area {truth:.3f}")
                for words, width in WIDTHS.items():
                    held, wide = covered(ground, name, truth, sets, width)
                    by_width[words].append(held)
                    print(f"  {words:10s} held {held.round(2)}, wide {wide.round(2)}", flush=True)
    means = {words: np.mean(held) for words, held in by_width.items()}
    print({words: round(float(mean), 3) for words, mean in means.items()})
    assert means["half"] >= 0.95
    assert np.min(by_width["half"]) >= 0.85
    assert np.min(by_width["none"]) < 0.75  # what clusters are for
