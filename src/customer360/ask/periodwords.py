"""Spell periods in one way: ``Jul-Sep`` as July to September, ``3Q24`` as Q3 2024, ``Q3/2024`` without its sign."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.timepoints import MONTHS

if TYPE_CHECKING:
    from customer360.ask.words import Token

_PART = re.compile(r"[qh][1-4]")
_TURNED = re.compile(r"([qh])((?:20)?\d\d)?")
"""What stands behind the number in ``3Q24``, ``1H 2024``."""
_LETTERS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}
_ROLLING = re.compile(r"[ltr](\d{1,2})([dwmy])")
_TWELVE = {"ttm": "12 m", "ltm": "12 m"}
_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_NOW = frozenset({"today", "now", "date"})
_OVER = frozenset({"over", "for"})
_TOGETHER = frozenset({"together", "combined"})
_EXCEPT = frozenset({"but", "except", "excluding", "without", "apart", "besides", "not", "save"})
_BEFORE_COUNT = frozenset({"last", "past", "previous", "prior", "trailing", "latest"})


def spelled(found: list[Token]) -> list[Token]:
    """Return the words with signs between periods and short names of periods written out."""
    made: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        size, words = _written_out(found, at)
        if size:
            made += words
            at += size
            continue
        sign = _joint(found, at) if token.kind == "sign" and 0 < at < len(found) - 1 else None
        if sign is None:
            made.append(token)
        elif sign:
            made.append(replace(token, text=sign, kind="word" if sign.isalpha() else "sign"))
        at += 1
    return _of_all_years(made)


def _of_all_years(found: list[Token]) -> list[Token]:
    """Say ``over all the years`` as all time, and ``still open today`` as now: neither splits nor limits by days."""
    texts = [token.text for token in found]
    if "still" in texts and texts[-1] == "today":
        return [*found[:-1], replace(found[-1], text="now")]
    for at, text in enumerate(texts):
        end = at + 1 + (texts[at + 1 : at + 2] in (["the"], ["our"], ["these"]))
        if text != "all" or texts[end : end + 1] != ["years"]:
            continue
        before, after = texts[at - 1] if at else "", texts[end + 1] if end + 1 < len(texts) else ""
        start, stop = at - (before in _OVER), end + 1 + (after in _TOGETHER)
        if texts[end + 1 : end + 2] == ["but"]:
            return [*found[: end + 1], replace(found[end + 1], text="except"), *found[end + 2 :]]
        is_whole = _EXCEPT.isdisjoint(texts[stop:])
        if is_whole and (before in _OVER or after in _TOGETHER):
            return [*found[:start], found[at], replace(found[end], text="time"), *found[stop:]]
    return found


def _written_out(found: list[Token], at: int) -> tuple[int, list[Token]]:
    """Return how many words a short name of a period takes, and what it stands for."""
    token = found[at]
    rolling = _ROLLING.fullmatch(token.text)
    if token.kind == "word" and (rolling or token.text in _TWELVE):
        count, letter = rolling.groups() if rolling else _TWELVE[token.text].split()
        number, unit = (replace(token, text=count, kind="number"), replace(token, text=_LETTERS[letter], raw=""))
        return 1, [replace(token, text="last", raw=""), number, unit]
    after = found[at + 1] if at + 1 < len(found) else None
    if token.kind != "number" or after is None or after.kind != "word" or after.start != token.end:
        return 0, []
    turned = _TURNED.fullmatch(after.raw.lower())
    if turned and re.fullmatch("[1-4]", token.text):
        part = replace(token, text=f"{turned[1]}{token.text}", kind="word", end=after.end)
        year = [replace(after, text=f"20{turned[2][-2:]}", kind="number")] if turned[2] else []
        return 2, [part, *year]
    if after.text in _LETTERS and at and found[at - 1].text in _BEFORE_COUNT:
        return 2, [token, replace(after, text=_LETTERS[after.text])]
    return 0, []


def _joint(found: list[Token], at: int) -> str | None:
    """Return the word that a sign between two periods stands for, nothing when it says nothing; None: no such sign."""
    before, sign, after = found[at - 1], found[at].text, found[at + 1]
    if sign == "/" and _is_month(before) and _is_month(after):
        return ","
    is_part = _PART.fullmatch(before.text) is not None
    if sign in ("/", "-") and ((is_part and _is_year(after)) or (_is_year(before) and _PART.fullmatch(after.text))):
        return "" if before.end + 1 == after.start else None
    if sign == "+" and _is_named(before) and _is_named(after):
        return "and"
    is_from = _is_named(before) or before.kind == "date" or (before.text in _ENDINGS and at > 1)
    if sign == "-" and is_from and _is_bound(found, at + 1):
        return "to"
    return None


def _is_month(token: Token) -> bool:
    return token.kind == "word" and token.text in MONTHS


def _is_year(token: Token) -> bool:
    return token.kind == "number" and re.fullmatch(r"(19|20)\d\d", token.text) is not None


def _is_named(token: Token) -> bool:
    return _is_month(token) or _is_year(token) or _PART.fullmatch(token.text) is not None


def _is_bound(found: list[Token], at: int) -> bool:
    """Say whether a period or today starts at a word: a number alone may be anything."""
    token = found[at]
    if _is_named(token) or token.kind == "date" or token.text in _NOW:
        return True
    after = found[at + 1] if at + 1 < len(found) else None
    is_day = token.kind == "number" and re.fullmatch(r"\d{1,2}", token.text) is not None
    return is_day and after is not None and (_is_month(after) or after.text in _ENDINGS)
