"""Refuse shares whose part and whole may be the other way round, and offer both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.reading import Pick, Problem, Reading
from customer360.semantic.query import Condition, Dimension, Share

if TYPE_CHECKING:
    from customer360.ask.said import Said

_UNSURE = "Which of the two is the part and which the whole is not said."
_STEP = "Say: what percentage of ... comes from ..."


def share_problem(said: Said) -> Problem | None:
    """Return why a share may be another one; None when the words say which."""
    if not said.query.shares or not said.draft.share:
        return None
    if said.reading.pick is None:
        return Problem("unclear", _UNSURE, _STEP) if _is_whole_the_part(said) else None
    if _is_before_from(said):
        return Problem("unclear", _UNSURE, _STEP)
    if said.draft.is_sure:
        return None
    if len(said.query.dimensions) == 1 and isinstance(said.query.where, Condition) and _is_for(said):
        turned = _turned(said, said.query.where)
        return Problem("ambiguous", _UNSURE, choices=(said.reading, turned)) if turned is not None else None
    others = [each for each in said.query.dimensions if each.name not in ("time", said.reading.pick.field)]
    if others and said.query.where is None and {"each", "every"} & set(said.words):
        return Problem("ambiguous", _UNSURE, choices=(said.reading, _of_each(said)))
    return None


def _is_whole_the_part(said: Said) -> bool:
    """Say whether what a share comes from has become a limit of the whole."""
    at = said.after("comes from", "come from", "came from")
    if at is None:
        return False
    return any(place >= at for each in said.conditions for place in said.where_said(each.field, each.value))


def _is_before_from(said: Said) -> bool:
    """Say whether the part was said before ``comes from``, behind which it stands."""
    pick, at = said.reading.pick, said.after("comes from", "come from", "came from")
    if pick is None or at is None or at >= len(said.words):
        return False
    places = [place for value in pick.values for place in said.where_said(pick.field, value)]
    return bool(places) and all(place < at for place in places)


def _is_for(said: Said) -> bool:
    """Say whether the part stands behind ``for`` or ``in`` while another stands before the figure."""
    pick, where = said.reading.pick, said.query.where
    if pick is None or not isinstance(where, Condition):
        return False
    limits = said.where_said(where.field, where.value)
    parts = [place for value in pick.values for place in said.where_said(pick.field, value)]
    if not limits or not parts or not all(limit < part for limit in limits for part in parts):
        return False
    return said.words[min(parts) - 1] in ("for", "in")


def _turned(said: Said, where: Condition) -> Reading | None:
    """Return the share with its part and its limit changed."""
    pick = said.reading.pick
    if pick is None or where.op != "=":
        return None
    one = len(pick.values) == 1
    limit = Condition(field=pick.field, op="=" if one else "in", value=pick.values[0] if one else list(pick.values))
    query = said.query.model_copy(update={"dimensions": (Dimension(name=where.field),), "where": limit})
    return replace(said.reading, query=query, pick=Pick(where.field, (where.value,)))


def _of_each(said: Said) -> Reading:
    """Return the shares of each within the part."""
    pick = said.reading.pick
    assert pick is not None  # noqa: S101 -- the caller has one
    one = len(pick.values) == 1
    limit = Condition(field=pick.field, op="=" if one else "in", value=pick.values[0] if one else list(pick.values))
    dimensions = tuple(each for each in said.query.dimensions if each.name != pick.field)
    within = tuple(each.name for each in dimensions if each.name == "time")
    shares = (Share(metric=said.query.metrics[0], within=within),)
    query = said.query.model_copy(update={"dimensions": dimensions, "where": limit, "shares": shares})
    return replace(said.reading, query=query, pick=None)
