"""Compiled searches of a tree of segments: the nearest to a place, and what lies about it."""

from __future__ import annotations

import math

import numpy as np

from geoprospect.evidence.features.compiling import compiled
from geoprospect.typing import Floats, Ints

_SLACK = 1 + 1e-9  # of squared distances: what rounding might make of one and the same
_DEEPEST = 128  # boxes that wait to be looked into; a tree of 2**60 segments needs no more


@compiled
def search_nearest(
    places: Floats,
    boxes: Floats,
    first: Ints,
    pieces: Floats,
    found: Floats,
    which: Ints,
) -> None:
    """Find the segment nearest to each place; of several as near, that of the least number.

    Parameters
    ----------
    places : ndarray of float64, shape (n, 3)
        The places; the nearer one is to the one before it, the quicker.
    boxes, first, pieces
        The tree, see `geoprospect.evidence.features.tree.SegmentTree`.
    found : ndarray of float64, shape (n,)
        Receives squared distances.
    which : ndarray of int64, shape (n,)
        Receives the rows of the segments among the pieces.
    """
    n_leaves = first.size - 1
    waiting = np.empty(_DEEPEST, np.int64)
    bounds = np.empty(_DEEPEST, np.float64)
    limit = np.inf
    for i in range(places.shape[0]):
        x, y, z = places[i, 0], places[i, 1], places[i, 2]
        if i > 0:
            step = math.sqrt(
                (x - places[i - 1, 0]) ** 2
                + (y - places[i - 1, 1]) ** 2
                + (z - places[i - 1, 2]) ** 2
            )
            limit = (math.sqrt(found[i - 1]) + step) ** 2 * _SLACK
        best, chosen = np.inf, -1
        waiting[0], bounds[0], depth = 1, 0.0, 1
        while depth > 0:
            depth -= 1
            if bounds[depth] > limit:
                continue
            node = waiting[depth]
            if node < n_leaves:
                left, right = 2 * node, 2 * node + 1
                near_left = _to_box(boxes, left, x, y, z)
                near_right = _to_box(boxes, right, x, y, z)
                if near_left < near_right:  # the nearer is looked into first
                    left, right = right, left
                    near_left, near_right = near_right, near_left
                if near_left <= limit:
                    waiting[depth], bounds[depth] = left, near_left
                    depth += 1
                if near_right <= limit:
                    waiting[depth], bounds[depth] = right, near_right
                    depth += 1
                continue
            leaf = node - n_leaves
            for s in range(first[leaf], first[leaf + 1]):
                ux, uy, uz = x - pieces[s, 0], y - pieces[s, 1], z - pieces[s, 2]
                vx = pieces[s, 3] - pieces[s, 0]
                vy = pieces[s, 4] - pieces[s, 1]
                vz = pieces[s, 5] - pieces[s, 2]
                length = vx * vx + vy * vy + vz * vz
                along = ux * vx + uy * vy + uz * vz
                if along >= length > 0.0:
                    ux, uy, uz = x - pieces[s, 3], y - pieces[s, 4], z - pieces[s, 5]
                elif along > 0.0:
                    share = along / length
                    ux, uy, uz = ux - share * vx, uy - share * vy, uz - share * vz
                squared = ux * ux + uy * uy + uz * uz
                if squared < best or (squared == best and pieces[s, 7] < pieces[chosen, 7]):
                    best, chosen = squared, s
            limit = min(limit, best * _SLACK)
        found[i], which[i] = best, chosen


@compiled
def sum_within(
    places: Floats,
    radius: float,
    boxes: Floats,
    first: Ints,
    pieces: Floats,
    found: Floats,
) -> None:
    """Sum the lengths of segments within a radius of each place; of points, their number.

    Parameters
    ----------
    places, boxes, first, pieces
        As for `search_nearest`.
    radius : float
        The radius.
    found : ndarray of float64, shape (n,)
        Receives the sums.
    """
    n_leaves = first.size - 1
    waiting = np.empty(_DEEPEST, np.int64)
    squared = radius * radius
    for i in range(places.shape[0]):
        x, y, z = places[i, 0], places[i, 1], places[i, 2]
        total = 0.0
        waiting[0], depth = 1, 1
        while depth > 0:
            depth -= 1
            node = waiting[depth]
            if _to_box(boxes, node, x, y, z) > squared:
                continue
            if _across_box(boxes, node, x, y, z) <= squared:
                total += boxes[node, 6]
                continue
            if node < n_leaves:
                waiting[depth], waiting[depth + 1] = 2 * node + 1, 2 * node
                depth += 2
                continue
            leaf = node - n_leaves
            for s in range(first[leaf], first[leaf + 1]):
                ux, uy, uz = x - pieces[s, 0], y - pieces[s, 1], z - pieces[s, 2]
                vx = pieces[s, 3] - pieces[s, 0]
                vy = pieces[s, 4] - pieces[s, 1]
                vz = pieces[s, 5] - pieces[s, 2]
                length = vx * vx + vy * vy + vz * vz
                away = ux * ux + uy * uy + uz * uz
                if length == 0.0:
                    if away <= squared:
                        total += pieces[s, 6]
                    continue
                middle = (ux * vx + uy * vy + uz * vz) / length
                half = (squared - (away - middle * middle * length)) / length
                if half > 0.0:
                    half = math.sqrt(half)
                    inside = min(1.0, middle + half) - max(0.0, middle - half)
                    total += max(0.0, inside) * pieces[s, 6]
        found[i] = total


@compiled
def _to_box(boxes: Floats, node: int, x: float, y: float, z: float) -> float:
    """Give the squared distance from a place to a box."""
    dx = max(boxes[node, 0] - x, 0.0, x - boxes[node, 3])
    dy = max(boxes[node, 1] - y, 0.0, y - boxes[node, 4])
    dz = max(boxes[node, 2] - z, 0.0, z - boxes[node, 5])
    return float(dx * dx + dy * dy + dz * dz)


@compiled
def _across_box(boxes: Floats, node: int, x: float, y: float, z: float) -> float:
    """Give the squared distance from a place to the farthest corner of a box."""
    dx = max(x - boxes[node, 0], boxes[node, 3] - x)
    dy = max(y - boxes[node, 1], boxes[node, 4] - y)
    dz = max(z - boxes[node, 2], boxes[node, 5] - z)
    return float(dx * dx + dy * dy + dz * dz)
