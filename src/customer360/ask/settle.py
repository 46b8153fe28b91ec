"""Decide what a draft leaves open before it becomes queries: loose words, lists of times, ranges that are compared."""

from __future__ import annotations

from dataclasses import replace

from customer360.ask.meaning import Cut, Draft, Field, Noun, Rank, Versus, When
from customer360.ask.reading import NONSENSE, Problem

_MONTH = len("2017-10")


def settled(draft: Draft) -> tuple[Draft, ...] | Problem:
    """Decide what loose words do, and what a list of times means."""
    if draft.versus is not None and draft.versus.is_bare and not (draft.split or draft.changed):
        return NONSENSE
    if draft.which is not None or draft.peak is not None:
        return _which_of_them(draft)
    draft = replace(draft, groups=tuple(_spanned(group) for group in draft.groups))
    if any(map(_is_year, draft.groups)) and draft.when is not None and _is_yearless(draft.when):
        return NONSENSE  # October by year: of every year, not of the last
    if draft.share and any(noun.is_entity for noun in draft.loose):
        return NONSENSE
    if draft.cut is not None:
        return _first_of_them(draft, draft.cut)
    if draft.window is not None and draft.window.kind == "trailing" and _is_bare(draft):
        return (draft, replace(draft, groups=(draft.window.unit or "month", *draft.groups)))
    if draft.loose:
        is_peak = draft.stat is not None and draft.stat.function in ("max", "min")  # which area had the highest daily
        if not draft.metrics or draft.verbs or draft.things or draft.rank or is_peak:
            return NONSENSE
        grouped = replace(draft, groups=(*draft.groups, *(_spanned(noun) for noun in draft.loose)), loose=())
        said = tuple(noun for noun in draft.loose if not noun.is_entity)
        if said == draft.loose:
            return (grouped,)
        return (
            grouped,
            replace(draft, groups=(*draft.groups, *said), loose=()),
        )  # customer revenue: of customers at all
    if draft.when is not None and draft.when.also:
        return _listed_times(draft, draft.when)
    if draft.when is not None and (draft.changed or draft.split) and draft.versus is None:
        made = _between_ends(draft, draft.when)
        return NONSENSE if _is_pair(draft, draft.when) and (made is draft or _wraps(draft.when)) else (made,)
    return (draft,)


def _which_of_them(draft: Draft) -> tuple[Draft, ...] | Problem:
    """Read ``in which area are claims highest`` as the first of a ranking, without ``highest`` as a breakdown."""
    noun, peak = draft.which, draft.peak
    if noun is None or draft.rank is not None or draft.head not in (None, "figure"):
        return NONSENSE
    if draft.changed:
        return NONSENSE
    plain = replace(draft, which=None, peak=None)
    if peak is None:
        return settled(replace(plain, groups=(noun, *draft.groups)))
    if draft.wants is not None:
        words = tuple(replace(word, needs=draft.wants) for word in draft.metrics)
        plain = replace(plain, metrics=words, wants=None)
    n = None if noun.is_plural else 1
    return settled(replace(plain, head="list", rank=Rank(noun, n, peak == "asc")))


def _is_year(group: Noun | str) -> bool:
    named = {field.name.rpartition(".")[2] for field in group.fields} if isinstance(group, Noun) else {group}
    return named == {"year"}


def _is_yearless(when: When) -> bool:
    """Say whether a month or quarter was said without its year."""
    is_named = when.relative is not None and when.relative[:1].isdigit()
    return is_named and bool(when.text) and not any(len(word) > 1 and word.isdigit() for word in when.text.split())


def _first_of_them(draft: Draft, cut: Cut) -> tuple[Draft, ...] | Problem:
    """Read ``payouts by area, top 5`` as a ranking, and ``which areas pay the most, top 5`` as one of so many."""
    plain = replace(draft, cut=None)
    rank = draft.rank
    if rank is not None:
        is_same = cut.by_merit or rank.by_merit or rank.ascending == cut.ascending
        return settled(replace(plain, rank=replace(rank, n=cut.n))) if rank.n in (None, 0) and is_same else NONSENSE
    said = [*draft.groups, *draft.loose]
    if len(said) != 1 or len(draft.metrics) != 1 or draft.head != "figure" or draft.share or draft.versus:
        return NONSENSE
    noun = said[0] if isinstance(said[0], Noun) else Noun((Field("time"),), said[0], grain=said[0])  # type: ignore[arg-type]
    ranked = Rank(noun, cut.n, cut.ascending, by_merit=cut.by_merit)
    return settled(replace(plain, groups=(), loose=(), head="list", rank=ranked))


def _spanned(group: Noun | str) -> Noun | str:
    """Return a span of time that stands as a noun as the grain that it is."""
    return group.grain if isinstance(group, Noun) and group.grain is not None else group


def _is_bare(draft: Draft) -> bool:
    """Say whether neither a range nor a grain says over which time a rolling figure runs."""
    return draft.when is None and not draft.trend and not any(isinstance(group, str) for group in draft.groups)


def _between_ends(draft: Draft, when: When) -> Draft:
    """Read ``change from October to November`` as the second against the first; other ranges stay."""
    is_cut = draft.trend or any(isinstance(group, str) for group in draft.groups)
    if is_cut or when.start is None or when.end is None or len(when.start) != len(when.end) or len(when.start) > _MONTH:
        return draft
    first, last = When(relative=when.start, text=when.text), When(relative=when.end, text=when.text)
    return replace(draft, when=last, versus=Versus("time", first), changed=False, split=_has_values(draft))


def _is_pair(draft: Draft, when: When) -> bool:
    """Say whether two times were named between which a change lies, which has a rule of its own."""
    is_cut = draft.trend or any(isinstance(group, str) for group in draft.groups)
    words = when.text.split()
    is_quarters = any(word == "quarter" or (word[:1] == "q" and word[1:].isdigit()) for word in words)
    return not is_cut and (words[:1] == ["between"] or (is_quarters and "to" in words))


def _wraps(when: When) -> bool:
    """Say whether a range reaches over the turn of a year, which was perhaps not meant: October and September."""
    return bool(when.start and when.end) and (when.start or "")[:4] != (when.end or "")[:4]


def _has_values(draft: Draft) -> bool:
    return any(getattr(cond, "size", 0) > 1 for cond in draft.conds)


def _listed_times(draft: Draft, when: When) -> tuple[Draft, ...] | Problem:
    times = (replace(when, also=()), *when.also)
    if not draft.split and (times[0].relative or "") > (times[-1].relative or ""):
        times = times[::-1]  # in 2024 and in 2023
    if draft.split and len(times) == 2 and draft.versus is None:  # noqa: PLR2004 -- a pair
        return (replace(draft, when=times[1], versus=Versus("time", times[0]), split=_has_values(draft)),)
    by_time = next((group for group in draft.groups if isinstance(group, str)), None)
    whole = When(start=times[0].relative, end=times[-1].relative, text=when.text)
    if by_time is not None:
        return (replace(draft, when=whole),)
    unit = _unit_of(times[0])
    each = replace(draft, when=whole, groups=(*draft.groups, unit))
    if any(f" and {word} " in when.text for word in ("in", "for", "during")):
        return (each,)  # in 2023 and in 2024
    return (replace(draft, when=whole), each)


def _unit_of(when: When) -> str:
    text = when.relative or ""
    return "quarter" if "Q" in text else "year" if len(text) == len("2017") else "month"
