"""Refuse shares whose part and whole may be the other way round, and offer both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.describe import members_named
from customer360.ask.reading import Problem, Reading
from customer360.semantic.query import Condition, Share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from customer360.ask.said import Said

_UNSURE = "Which of the two is the part and which the whole is not said."
_STEP = "Say: what percentage of ... comes from ..."


def share_problem(said: Said) -> Problem | None:
    """Return why a share may be another one; None when the words say which."""
    if not said.query.shares or not said.draft.share:
        return None
    if not said.part:
        return Problem("unclear", _UNSURE, _STEP) if _is_whole_the_part(said) else None
    if _is_before_from(said) or _is_limit_behind(said):
        return Problem("unclear", _UNSURE, _STEP)
    if said.draft.is_sure:
        return None
    if not said.query.dimensions and isinstance(said.query.where, Condition) and _is_for(said):
        turned = _turned(said)
        return Problem("ambiguous", _UNSURE, choices=(said.reading, turned)) if turned is not None else None
    others = [each for each in said.query.dimensions if each.name != "time"]
    if others and said.query.where is None and {"each", "every"} & set(said.words):
        return Problem("ambiguous", _UNSURE, choices=(said.reading, _of_each(said)))
    return None


def _is_whole_the_part(said: Said) -> bool:
    """Say whether what a share comes from has become a limit of the whole."""
    at = said.after("comes from", "come from", "came from")
    return at is not None and any(place >= at for place in _places(said, said.conditions))


def _is_before_from(said: Said) -> bool:
    """Say whether the part was said before ``comes from``, behind which it stands."""
    at = said.after("comes from", "come from", "came from")
    if at is None or at >= len(said.words):
        return False
    places = _places(said, said.part)
    return bool(places) and all(place < at for place in places)


def _is_limit_behind(said: Said) -> bool:
    """Say whether a limit that no word ties to the whole stands behind the part: paid by phone in the north."""
    limits, parts = _places(said, said.conditions), _places(said, said.part)
    return bool(said.draft.conds and said.draft.share_of and limits and parts) and max(limits) > min(parts)


def _is_for(said: Said) -> bool:
    """Say whether the part stands behind ``for`` or ``in`` while another stands before the figure."""
    limits, parts = _places(said, said.conditions), _places(said, said.part)
    if not limits or not parts or max(limits) >= min(parts):
        return False
    return said.words[min(parts) - 1] in ("for", "in")


def _places(said: Said, conditions: Iterable[Condition]) -> list[int]:
    """Return where the values of conditions were said."""
    return [
        place for each in conditions for value in members_named(each) for place in said.where_said(each.field, value)
    ]


def _turned(said: Said) -> Reading | None:
    """Return the share with its part and its limit changed."""
    if not isinstance(said.query.where, Condition) or said.query.where.op != "=":
        return None
    shares = tuple(share.model_copy(update={"part": said.query.where}) for share in said.query.shares)
    return replace(said.reading, query=said.query.model_copy(update={"where": said.reading.part, "shares": shares}))


def _of_each(said: Said) -> Reading:
    """Return the shares of each within the part."""
    within = tuple(each.name for each in said.query.dimensions if each.name == "time")
    changes = {"where": said.reading.part, "shares": (Share(metric=said.query.metrics[0], within=within),)}
    return replace(said.reading, query=said.query.model_copy(update=changes))
