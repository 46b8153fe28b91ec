"""Read a follow-up: what it changes of the question before it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from customer360.ask.grammar_nouns import same_kind
from customer360.ask.meaning import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.ask.words import Token

How = Literal["", "and", "also"]

_LEADS: dict[tuple[str, ...], How] = {
    tuple(text.split()): how  # type: ignore[misc]
    for how, texts in {
        "": (
            "what about|how about|same for|same but|same with|same in|same|the same|the same for|the same with|"
            "the same in|the same but|same question for|the same question for|same thing for|the same thing for|now|"
            "now only|now for|and now|then|ok now|but|but only|but for|break that down|break it down|break this down|"
            "split that|split it|split this|show that|show it|show this|that|it|this|those|ok|only|instead|please|"
            "what if only|and the same for|and same for|and what about|and how about|repeat that|repeat it|filter|"
            "filter that|filter it|filter to|narrow to|narrow it to|change to|change it to|make it|do that|do it|"
            "do the same|do the same for|now show|show me that|give me that|just"
        ),
        "and": "and",
        "also": "also|and also|additionally|add",
    }.items()
    for text in texts.split("|")
}
_TAILS = tuple(
    tuple(text.split()) for text in ("instead", "too", "as well", "please", "then", "now", "again", "for that", "only")
)
_NEWER = ("when", "versus", "window", "order", "stat", "order_by")
_LONGEST = max(len(lead) for lead in _LEADS)


@dataclass(frozen=True)
class Remainder:
    """What a follow-up says, its leading words taken off."""

    tokens: tuple[Token, ...]
    how: How
    is_marked: bool
    """Whether words showed that it follows on something."""


def remainder(tokens: Sequence[Token]) -> Remainder:
    """Return a follow-up without the words that make it one."""
    left = list(tokens)
    how: How = ""
    marked = False
    while left:
        size = next((n for n in range(min(_LONGEST, len(left)), 0, -1) if tuple(t.text for t in left[:n]) in _LEADS), 0)
        if not size:
            break
        how = how or _LEADS[tuple(t.text for t in left[:size])]
        del left[:size]
        marked = True
    for tail in _TAILS:
        if len(left) > len(tail) and tuple(t.text for t in left[-len(tail) :]) == tail:
            del left[-len(tail) :]
            marked = marked or tail not in (("please",), ("now",))
    return Remainder(tuple(left), how, marked)


def merged(before: Draft, change: Draft, how: How) -> tuple[Draft, ...]:
    """Return the question before with what a follow-up changes; several when it can be meant in several ways."""
    if change.things is not None or change.verbs or change.havings or change.notes:
        return ()
    if change.metrics and (before.things is not None or change.stat is not None):
        return ()
    made = _replaced(before, change)
    groups = tuple(dict.fromkeys((*change.groups, *change.loose)))
    if not groups:
        return (made,)
    instead = replace(made, groups=groups, loose=(), stat=None if made.stat and made.stat.grain else made.stat)
    had = tuple(dict.fromkeys((*before.groups, *before.loose)))
    if not had or set(had) <= set(groups):
        return (instead,)
    added = replace(made, groups=tuple(dict.fromkeys((*had, *groups))), loose=())
    return {"": (instead,), "also": (added,), "and": (instead, added)}[how]


def _replaced(before: Draft, change: Draft) -> Draft:
    """Return the question before with the metric, times, filters and forms of the change."""
    newer: dict[str, Any] = {name: getattr(change, name) for name in _NEWER if getattr(change, name) is not None}
    newer |= {name: True for name in ("share", "split", "trend", "changed") if getattr(change, name)}
    made = replace(before, **newer)
    if change.metrics:
        rank = replace(before.rank, metric=None) if before.rank is not None else None
        made = replace(made, metrics=change.metrics, verbs=(), wants=None, order_by=change.order_by, rank=rank)
    if change.rank is not None:
        metric = before.rank.metric if before.rank and change.rank.metric is None else change.rank.metric
        made = replace(made, rank=replace(change.rank, metric=metric), head="list", groups=(), loose=())
    if change.share_of:
        made = replace(made, share_of=change.share_of)
    if change.conds:
        kept = tuple(old for old in made.conds if not any(same_kind(old, new) for new in change.conds))
        made = replace(made, conds=(*kept, *change.conds))
    return made


__all__ = ["Draft", "Remainder", "merged", "remainder"]
