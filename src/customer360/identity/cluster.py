"""Make people of links: connected components, then a guard that cuts the weakest links of clusters in conflict.

Links are taken from the strongest to the weakest; one that would join records which cannot be one person, or make a
cluster too large, is cut. So a chain A-B-C in which A and C contradict each other loses its weaker link.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
MANUAL = 1_000
"""Rank of links that a person made."""


@dataclass(frozen=True)
class Links:
    """Links between places 0 .. n - 1, any order; ``rank`` is what is stronger (higher first).

    ``known`` links are within one person of the last run: they go first, so that a new record never tears people apart
    who were one before, and a second run changes nothing. It is the new one that stays outside and goes to review.
    """

    left: Integers
    right: Integers
    rank: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]


def components(count: int, left: Integers, right: Integers) -> Integers:
    """Return for each place the smallest place of its component."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if count == 0:
        return np.zeros(0, dtype=np.int64)
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    smallest = np.full(labels.max() + 1, count, dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(count))
    return np.asarray(smallest[labels])


def strongest_first(links: Links) -> Integers:
    """Return the order of links: by hand, known before, strong to weak.

    Ties are broken by place, so that the input's order does not matter.
    """
    return np.lexsort((links.right, links.left, -links.rank, ~links.known, links.rank < MANUAL))


def agglomerate(
    links: Links, members: Iterable[int], apart: Iterable[tuple[int, int]], *, most: int, most_sure: int, sure: float
) -> tuple[dict[int, int], list[int]]:
    """Join members along links, strongest first, unless that breaks a limit.

    ``apart``: pairs that may not come together. ``most`` records a cluster, ``most_sure`` where the link's rank is at
    least ``sure``. Returns place -> smallest place of its cluster, and the numbers of the links that were cut.
    """
    groups = {member: [member] for member in members}
    root = {member: member for member in groups}
    enemies: dict[int, set[int]] = {}
    for one, other in apart:
        enemies.setdefault(one, set()).add(other)
        enemies.setdefault(other, set()).add(one)
    cut: list[int] = []
    for number in strongest_first(links):
        one, other = root[int(links.left[number])], root[int(links.right[number])]
        if one == other:
            continue
        limit = most_sure if links.rank[number] >= sure else most
        if links.rank[number] < MANUAL and len(groups[one]) + len(groups[other]) > limit:
            cut.append(int(number))
            continue
        if _at_war(groups[one], groups[other], enemies):
            cut.append(int(number))
            continue
        keep, gone = (one, other) if len(groups[one]) >= len(groups[other]) else (other, one)
        for member in groups[gone]:
            root[member] = keep
        groups[keep] += groups.pop(gone)
    smallest = {at: min(group) for at, group in groups.items()}
    return {member: smallest[at] for member, at in root.items()}, cut


def _at_war(one: list[int], other: list[int], enemies: dict[int, set[int]]) -> bool:
    if len(one) > len(other):
        one, other = other, one
    return any(not enemies[member].isdisjoint(other) for member in one if member in enemies)
