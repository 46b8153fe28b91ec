"""Find clusters in conflict (too large, or of records that no person can both be) and cut their weakest links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customer360.identity.cluster import MANUAL, Integers, Links, agglomerate, components
from customer360.identity.comparisons import ANOTHER_NAME, FIRST, OTHER, OTHER_GENERATION
from customer360.identity.model import Model
from customer360.identity.scoring import join_names
from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SURE = 100.0
"""Rank from which a link is a rule's (or a person's), not a weight's."""
TIMES_SURE = 3
"""Rules may make clusters so many times larger than weights may: one person can have many records."""
GIANT = 200
"""Clusters beyond this are cut by size alone before their pairs are looked at."""

_FIRST = {level.name: f"coalesce({level.sql}, false)" for level in FIRST.levels if level.name != OTHER}
_LIKE_FIRST = " OR ".join(sql for name, sql in _FIRST.items() if name not in {ANOTHER_NAME, OTHER_GENERATION})
_APART = f"""
(same_national IS NOT TRUE AND (
  (born_l IS NOT NULL AND born_r IS NOT NULL
    AND abs(CAST(left(born_l, 4) AS INTEGER) - CAST(left(born_r, 4) AS INTEGER)) > $years
    AND damerau_levenshtein(born_l, born_r) > 2
    AND ($namesakes OR NOT coalesce(first_l = first_r AND last_l = last_r, false)))
  OR {_FIRST[OTHER_GENERATION]}
  OR (first_l IS NOT NULL AND first_r IS NOT NULL
    AND ($twins OR born_l IS DISTINCT FROM born_r) AND NOT ({_LIKE_FIRST}))
  OR (same_mail IS NOT TRUE AND national_l IS NOT NULL AND national_r IS NOT NULL
    AND damerau_levenshtein(national_l, national_r) > 2 AND NOT coalesce(born_l = born_r, false))
))
"""


Before = Callable[[], pa.Table] | None
"""Returns record_id and person_id of the last run; None where there was none."""


@dataclass(frozen=True)
class Clusters:
    """Smallest place of each record's cluster, and the numbers of the links that were cut."""

    label: Integers
    cut: Integers


def clusters(
    connection: DuckDBPyConnection,
    count: int,
    links: Links,
    never: Sequence[tuple[int, int]],
    model: Model,
    settings: Settings,
    before: Before = None,
) -> Clusters:
    """Return clusters without conflict. ``never``: pairs that people keep apart. ``before``: see ``Before``."""
    label = components(count, links.left, links.right)
    sizes = np.bincount(label, minlength=count)
    giants = np.flatnonzero(sizes > GIANT)
    cut: list[int] = []
    if len(giants):
        links = _known(connection, links, np.isin(label[links.left], giants), before)
        cut += _regroup(label, links, np.zeros(len(links.left), dtype=np.bool_), giants, [], settings)
    by_hand = links.rank >= MANUAL
    together = components(count, links.left[by_hand], links.right[by_hand])
    apart = _not_linked(_pairs_apart(connection, label, model, settings), links, count)
    apart = [(a, b) for a, b in apart if together[a] != together[b]]
    apart += [pair for pair in never if label[pair[0]] == label[pair[1]]]
    sizes = np.bincount(label, minlength=count)
    troubled = np.flatnonzero(sizes > settings.records_per_person)
    troubled = np.union1d(troubled, np.array([label[one] for one, _ in apart], dtype=np.int64))
    gone = np.zeros(len(links.left), dtype=np.bool_)
    gone[cut] = True
    links = _known(connection, links, np.isin(label[links.left], troubled), before)
    cut += _regroup(label, links, gone, troubled, apart, settings)
    return Clusters(label, np.array(sorted(set(cut)), dtype=np.int64))


def _not_linked(pairs: Sequence[tuple[int, int]], links: Links, count: int) -> list[tuple[int, int]]:
    """Return the pairs without a link of their own: the others were judged as pairs, and passed."""
    if not pairs:
        return []
    numbers = np.array([one * count + other for one, other in pairs], dtype=np.int64)
    linked = np.isin(numbers, links.left * count + links.right)
    return [pair for pair, is_linked in zip(pairs, linked, strict=True) if not is_linked]


def _known(connection: DuckDBPyConnection, links: Links, asked: npt.NDArray[np.bool_], before: Before) -> Links:
    """Return the links with ``known`` set for those asked about whose ends were one person in the last run."""
    if before is None or not asked.any():
        return links
    ends = np.unique(np.concatenate([links.left[asked], links.right[asked]]))
    connection.register("asked_place", pa.table({"place": ends}))
    connection.register("given_before", before())
    found = connection.execute(
        "SELECT place, dense_rank() OVER (ORDER BY b.person_id) AS person FROM asked_place"
        " JOIN rep_place USING (place) JOIN record USING (rid) JOIN given_before AS b USING (record_id)"
    ).to_arrow_table()
    connection.unregister("asked_place")
    connection.unregister("given_before")
    person = np.zeros(int(ends[-1]) + 1, dtype=np.int64)
    person[found["place"].to_numpy()] = found["person"].to_numpy()
    known = links.known.copy()
    known[asked] = (person[links.left[asked]] > 0) & (person[links.left[asked]] == person[links.right[asked]])
    return replace(links, known=known)


def _regroup(
    label: Integers,
    links: Links,
    gone: npt.NDArray[np.bool_],
    troubled: Integers,
    apart: Sequence[tuple[int, int]],
    settings: Settings,
) -> list[int]:
    """Make the troubled clusters anew, in place; return the links that were cut."""
    if not len(troubled):
        return []
    wanted = np.zeros(len(label), dtype=np.bool_)
    wanted[troubled] = True
    members = np.flatnonzero(wanted[label])
    number = np.flatnonzero(wanted[label[links.left]] & (label[links.left] == label[links.right]) & ~gone)
    some = Links(links.left[number], links.right[number], links.rank[number], links.known[number])
    made, cut = agglomerate(
        some,
        members.tolist(),
        [(int(one), int(other)) for one, other in apart],
        most=settings.records_per_person,
        most_sure=settings.records_per_person * TIMES_SURE,
        sure=SURE,
    )
    for member, root in made.items():
        label[member] = root
    return [int(number[each]) for each in cut]


def _pairs_apart(
    connection: DuckDBPyConnection, label: Integers, model: Model, settings: Settings
) -> list[tuple[int, int]]:
    """Return the pairs within clusters of three or more that no person can both be."""
    sizes = np.bincount(label)
    inside = np.flatnonzero(sizes[label] >= 3)  # noqa: PLR2004 - both records of a pair have been compared already
    if not len(inside):
        return []
    connection.register("inside", pa.table({"place": inside, "cluster": label[inside]}))
    connection.execute("CREATE OR REPLACE TABLE inside_rid AS SELECT rid FROM inside JOIN rep_place USING (place)")
    join_names(connection, model, "inside_rid", "rid, first, last, given, suffix, born, mail, national")
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE member AS
        SELECT cluster, place, first, last, given, suffix, roots, first_count, born, mail, national
        FROM inside JOIN rep_place USING (place) JOIN to_compare USING (rid)
        """
    )
    columns = ("first", "last", "given", "suffix", "roots", "first_count", "born", "mail", "national")
    both = ", ".join(f"a.{c} AS {c}_l, b.{c} AS {c}_r" for c in columns)
    found = connection.execute(
        f"""
        SELECT l, r FROM (
          SELECT a.place AS l, b.place AS r, a.mail = b.mail AS same_mail, a.national = b.national AS same_national,
            {both}
          FROM member AS a JOIN member AS b ON a.cluster = b.cluster AND a.place < b.place
        ) WHERE {_APART} ORDER BY l, r
        """,
        {"years": settings.birth_years_apart, "twins": model.twins, "namesakes": model.namesakes},
    ).fetchall()
    connection.unregister("inside")
    return [(int(l), int(r)) for l, r in found]  # noqa: E741 - left and right
