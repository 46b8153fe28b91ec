"""Refuse readings that cannot be meant, whatever was said: conditions that exclude each other, wrapped times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.ask.known import known_only
from customer360.ask.meaning import Noun
from customer360.ask.perthing import distinct_column
from customer360.ask.said import parts_of
from customer360.errors import QueryError
from customer360.semantic.query import Comparison, Condition, MemberCondition, TimeRange
from customer360.semantic.resolve import period_of

if TYPE_CHECKING:
    from datetime import date

    from customer360.ask.said import Said

_CHANGES = frozenset({"difference", "differences", "change", "changes", "changed", "differ", "gap"})
_NINE = 9
"""Months of a range that ends before the month it starts with: more are hardly meant."""
_TWELVE = 12


def is_void(said: Said) -> str | None:
    """Refuse an exclusion that excludes nothing: of one branch, not of another."""
    atoms = [said.ground.model.formulas[name].sole_atom for name in said.query.metrics]
    is_distinct = any(atom is not None and distinct_column(atom.aggregate) is not None for atom in atoms)
    if said.draft.things is None and not is_distinct:
        return None
    wanted = {each.field for each in said.conditions if each.op in ("=", "in")}
    plain = [each for each in parts_of(said.query.where) if isinstance(each, Condition)]
    if any(each.field in wanted and each.op in ("!=", "not in") for each in plain):
        return "What is left out is left out of the same rows, which have one value only."
    return None


def is_contradiction(said: Said) -> str | None:
    """Refuse conditions that nobody fulfils: three times since July and never since July."""
    did = [each for each in parts_of(said.query.having) if isinstance(each, Condition) and _is_some(each)]
    for none in said.members:
        if not _is_none(none):
            continue
        for some in did:
            if some.field == none.metric and none.where is None and _covers(said, none.time, said.query.time):
                return "Who did so cannot have done none of it in the same time."
    for one in said.members:
        is_again = any(one.metric == each.field for each in did) and one.time != said.query.time
        if is_again and _is_some(one) and _is_once(said, one.metric, one.member):
            return "That happens once to each of them, so not in both times."
    return None


def is_outside(said: Said) -> str | None:
    """Refuse a condition that the metric's own rows never fulfil: the return rate of what was not returned."""
    refused = {each.field for each in said.conditions if (each.op, each.value) in (("=", False), ("!=", True))}
    for name in said.query.metrics if refused else ():
        for atom in said.ground.model.formulas[name].atoms.values():
            for tree in atom.filters:
                if isinstance(tree, exp.Column) and f"{tree.table}.{tree.name}" in refused:
                    return "That leaves out what the figure counts."
    return None


def _is_some(given: Condition | MemberCondition) -> bool:
    return (
        given.op in (">", ">=", "=") and isinstance(given.value, int | float) and (given.op == ">" or given.value > 0)
    )


def _is_none(given: MemberCondition) -> bool:
    return given.op == "=" and given.value == 0


def _is_once(said: Said, metric: str, member: str) -> bool:
    """Say whether a metric counts the things themselves, each once, on one of their days."""
    atom = said.ground.model.formulas[metric].sole_atom
    return atom is not None and atom.kind == "count" and atom.base in said.kind(member)


def _covers(said: Said, outer: TimeRange | None, inner: TimeRange | None) -> bool:
    if outer is None or outer == inner:
        return True
    (start, end), (first, last) = days_of(said, outer), days_of(said, inner)
    return bool(start and end and first and last and start <= first and last <= end)


def days_of(said: Said, time: TimeRange | None) -> tuple[date | None, date | None]:
    """Return the first and the last day of a time."""
    try:
        period = period_of(time, said.ground.as_of, said.ground.calendar)
    except QueryError:
        return None, None
    return (period.start, period.end) if period is not None else (None, None)


# ---- times -----------------------------------------------------------------------------------------------------------


def is_wrapped(said: Said) -> str | None:
    """Refuse a range of most of a year that ends before the month it begins with: between October and September."""
    time = said.query.time
    if "between" not in said.words or time is None or not time.start or not time.end or _says_year(said, time.start):
        return None
    start, end = _month(time.start), _month(time.end)
    if start is None or end is None or start[0] + 1 != end[0] or end[1] - start[1] + _TWELVE < _NINE:
        return None
    return "The range would end in the next year."


def in_order(said: Said) -> Said:
    """Return the reading of a change with its two times as they are meant: the later against the earlier."""
    compared, time = said.query.compare, said.query.time
    if not _CHANGES & set(said.texts) or compared is None or compared.time is None or time is None:
        return said
    other = _unwrapped(said, compared.time, time)
    if said.words.count("between") > 1 and said.query.dimensions and other.relative and time.relative:
        whole = TimeRange(start=other.relative, end=time.relative)
        return _with(said, whole, None)  # between the one and the other, between May and July
    (mine, _), (theirs, _) = days_of(said, time), days_of(said, other)
    if mine is not None and theirs is not None and theirs > mine:
        time, other = other, time
    return _with(said, time, compared.model_copy(update={"time": other}))


def with_any(said: Said) -> Said:
    """Return the reading without those that have none of what they are split by: how many people are on each plan."""
    is_of_people = any(said.ground.vocabulary.counts_people(name) for name in said.query.metrics)
    for at in range(len(said.words) - 2) if is_of_people and not said.query.shares else ():
        if said.words[at] not in ("on", "under") or said.words[at + 1] not in ("each", "every"):
            continue
        for edge in said.edges("NOUN", start=at + 2):
            names = {field.name for field in edge.meaning.fields} if isinstance(edge.meaning, Noun) else set()
            field = next((name for name in said.fields if name in names), None)
            if field is not None:
                where, notes = known_only(said.ground, field, said.query.where)
                query = said.query.model_copy(update={"where": where})
                return replace(said, reading=replace(said.reading, query=query, notes=(*said.reading.notes, *notes)))
    return said


def _with(said: Said, time: TimeRange, compared: Comparison | None) -> Said:
    query = said.query.model_copy(update={"time": time, "compare": compared})
    return replace(said, reading=replace(said.reading, query=query))


def _unwrapped(said: Said, first: TimeRange, last: TimeRange) -> TimeRange:
    """Return the first of a pair in the year of the second, where no year was said: October and September."""
    start, end = _month(first.relative or ""), _month(last.relative or "")
    if start is None or end is None or start[0] + 1 != end[0] or start[1] <= end[1] or _says_year(said, first.relative):
        return first
    moved = TimeRange(relative=f"{end[0]}{(first.relative or '')[4:]}")
    begins, _ = days_of(said, moved)
    return moved if begins is not None and begins <= said.ground.as_of else first


def _says_year(said: Said, text: str | None) -> bool:
    return (text or "")[:4] in said.words


def _month(text: str) -> tuple[int, int] | None:
    """Return year and month of ``2024-10``, or of the first month of ``2024-Q3``."""
    year, _, rest = text.partition("-")
    if not year.isdigit() or not rest:
        return None
    if rest[0] == "Q" and rest[1:].isdigit():
        return int(year), int(rest[1:]) * 3 - 2
    month = rest.partition("-")[0]
    return (int(year), int(month)) if month.isdigit() else None
