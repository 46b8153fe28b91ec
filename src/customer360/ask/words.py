"""Cut a question into words, numbers, dates and signs, each with its place in the text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from customer360.ask.periodwords import spelled

Kind = Literal["word", "number", "date", "quoted", "sign"]

LONGEST = 600
"""Signs of a question that is still read."""
MOST_WORDS = 64

_TOKEN = re.compile(
    r"""
    (?P<quoted>"[^"]*"|\u201c[^\u201d]*\u201d|`[^`]*`)
  | (?P<date>\d{4}-\d{1,2}(?:-\d{1,2})?(?![\d-])|\d{1,2}[./]\d{1,2}[./]\d{4}(?!\d)|\d{4}/\d{1,2}/\d{1,2}(?!\d))
  | (?P<year>'\d\d(?!\d))
  | (?P<monthyear>\d{1,2}/\d{4}(?!\d))
  | (?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d.,]*\d))
  | (?P<word>[^\W\d_][^\W_]*(?:'(?!s\b|re\b|ll\b|d\b|ve\b|m\b)[^\W\d_]+)?)
  | (?P<sign><=|>=|!=|<>|[<>=%$\u20ac\u00a3&+,;:#/\u2264\u2265-])
  | (?P<clitic>'(?:s|re|ll|d|ve|m)\b)
  | (?P<rest>[^\s?!.()\[\]\u2026'"])
    """,
    re.VERBOSE,
)
_WITHOUT = re.compile(r"(?<!\S)w/(o\b|)")
"""With and without, cut short: w/ and w/o."""
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201b": "'", "\u2013": "-", "\u2014": ",", "\u2212": "-"})
_SAME = {
    "favourite": "favorite",
    "favourites": "favorites",
    "colour": "color",
    "colours": "colors",
    "centre": "center",
    "programme": "program",
    "avg": "average",
    "ave": "average",
    "qty": "quantity",
    "nr": "number",
    "num": "number",
    "pct": "percent",
    "percents": "percent",
    "perc": "percent",
    "percentages": "percentage",
    "wk": "week",
    "wks": "weeks",
    "mth": "month",
    "mths": "months",
    "mo": "month",
    "mos": "months",
    "q": "quarter",
    "qtr": "quarter",
    "qtrs": "quarters",
    "yr": "year",
    "yrs": "years",
    "prev": "previous",
    "curr": "current",
    "pls": "please",
    "plz": "please",
    "thx": "thanks",
    "versus": "vs",
    "btw": "between",
    "w": "with",
    "wo": "without",
    "incl": "including",
    "excl": "excluding",
    "cum": "cumulative",
    "cumul": "cumulative",
    "ppl": "people",
    "approx": "approximately",
    "splitted": "split",
}
"""Spellings and abbreviations of one word; none of them changes what is meant."""
_TWO: dict[str, tuple[tuple[str, Kind], tuple[str, Kind]]] = {
    "once": (("1", "number"), ("time", "word")),
    "twice": (("2", "number"), ("times", "word")),
    "thrice": (("3", "number"), ("times", "word")),
    "hows": (("how", "word"), ("is", "word")),
    "whats": (("what", "word"), ("is", "word")),
    "whos": (("who", "word"), ("is", "word")),
    "wheres": (("where", "word"), ("is", "word")),
}
"""Words that are two."""
_SHORT_NOT = frozenset(
    f"{verb}nt" for verb in ("do", "does", "did", "have", "has", "had", "is", "are", "was", "were", "could", "would")
)
"""Contractions whose sign was left out: didnt."""
_NOT_PLAIN = frozenset({*_TWO, *_SHORT_NOT, "may", "mail", "mails"})
"""Words that are cut in two, or read by their neighbours."""
_CHANGED = _NOT_PLAIN.union(_SAME)
_SUBJECTS = frozenset({"we", "i", "you", "they", "one", "he", "she", "it"})
_BEFORE_SEASON = frozenset({"in", "this", "last", "of", "during", "the", "every", "each", "for", "by", "per", "since"})
_AFTER_MAY = _SUBJECTS | {"be", "have", "not", "still", "never", "only", "also", "no"}
"""Words behind which or before which `may` is no month."""
_SIGNS = {"&": "and", ";": ",", "\u2264": "<=", "\u2265": ">=", "<>": "!="}


@dataclass(frozen=True)
class Token:
    """A word of the question. ``text`` is normal (small letters, no accents), ``raw`` as it was typed."""

    text: str
    raw: str
    kind: Kind
    start: int
    end: int


def plain(text: str) -> str:
    """Return a text in small letters without accents, with one kind of quotes and dashes."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_QUOTES))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()


def tokens(question: str) -> tuple[Token, ...]:
    """Return the words of a question in order; marks of the end and brackets are left out."""
    folded = _WITHOUT.sub(lambda match: f"w{match[1]}".ljust(len(match[0])), _folded(question))
    found: list[Token] = []
    for match in _TOKEN.finditer(folded):
        kind, text = str(match.lastgroup), match[0]
        raw = question[match.start() : match.end()]
        if kind == "clitic":
            if text in ("'s", "'m"):
                continue
            found.append(
                Token({"'re": "are", "'ll": "will", "'d": "would", "'ve": "have"}[text], raw, "word", *match.span())
            )
        elif kind == "word":
            found += _word(text, raw, match.start())
        elif kind == "quoted":
            found.append(Token(text[1:-1].strip(), raw, "quoted", *match.span()))
        elif kind == "year":
            found.append(Token(f"20{text[1:]}", raw, "number", *match.span()))
        elif kind == "monthyear":
            month, _, year = text.partition("/")
            found.append(Token(f"{year}-{month}", raw, "date", *match.span()))
        elif kind == "rest":
            found.append(Token(text, raw, "sign", *match.span()))
        elif kind == "sign":
            text = _SIGNS.get(text, text)
            if text != ":":
                found.append(Token(text, raw, "word" if text == "and" else "sign", *match.span()))
        else:
            found.append(Token(text.replace(",", "") if kind == "number" else text, raw, kind, *match.span()))  # type: ignore[arg-type]
    return tuple(_without_hyphens(spelled(found)))


def _folded(question: str) -> str:
    """Return the question folded sign by sign, so that places in it stay places in the question."""
    if question.isascii():
        return question.lower()
    return "".join(map(_folded_sign, question))


@cache
def _folded_sign(sign: str) -> str:
    return (plain(sign) or " ")[:1]


def _word(text: str, raw: str, start: int) -> list[Token]:
    if text.endswith("n't"):
        stem = {"ca": "can", "wo": "will", "sha": "shall"}.get(text[:-3], text[:-3])
        cut = start + len(text) - 3
        return [Token(stem, raw[:-3], "word", start, cut), Token("not", raw[-3:], "word", cut, start + len(text))]
    if text in _SHORT_NOT:
        cut = start + len(text) - len("nt")
        return [Token(text[:-2], raw[:-2], "word", start, cut), Token("not", raw[-2:], "word", cut, start + len(raw))]
    text = text.replace("'", "")
    if text in _TWO:
        (one, kind), (other, _) = _TWO[text]
        end = start + len(raw)
        return [Token(one, raw, kind, start, end), Token(other, "", "word", end, end)]
    return [Token(_SAME.get(text, text), raw, "word", start, start + len(raw))]


def _without_hyphens(found: list[Token]) -> list[Token]:
    """Drop a hyphen between words (year-over-year); keep one between numbers and dates: a range."""
    kept: list[Token] = []
    for number, token in enumerate(found):
        if token.text == "-" and kept:
            following = found[number + 1] if number + 1 < len(found) else None
            if _is_pause(kept[-1], token, following):
                kept.append(replace(token, text=","))
                continue
            is_glued = token.start == kept[-1].end and following is not None and following.start == token.end
            if is_glued and "word" in (kept[-1].kind, following.kind if following else ""):
                continue
        if token.text == "/" and number and number + 1 < len(found) and _is_glued(found[number - 1], found[number + 1]):
            token = replace(token, text="per", kind="word")  # noqa: PLW2901 -- orders/day
        if token.text == "may" and _is_ability(found, number):
            token = replace(token, text="can")  # noqa: PLW2901 -- no month
        if token.text == "fall" and _is_verb(found, number):
            token = replace(token, text="drop")  # noqa: PLW2901 -- no season
        if token.text in ("top", "topped") and _is_exceeding(found, number):
            token = replace(token, text="exceed")  # noqa: PLW2901 -- did we top 200
        if token.text in ("mail", "mails") and kept and kept[-1].text == "e":  # one word with a hyphen or a space
            start = kept.pop()
            token = replace(token, text=f"e{token.text}", raw=f"{start.raw}-{token.raw}", start=start.start)  # noqa: PLW2901 -- both as one
        kept.append(token)
    return kept


def _is_verb(found: list[Token], at: int) -> bool:
    """Say whether a word is the verb of did, does or will, and no season: did sales fall, not in fall."""
    before = [token.text for token in found[:at]]
    return bool({"did", "does", "do", "will"} & set(before)) and before[-1] not in _BEFORE_SEASON


def _is_exceeding(found: list[Token], at: int) -> bool:
    """Say whether ``top`` is what was done: we top 200, months in which visits top 200; not show us top 3."""
    before = [token.text for token in found[:at]]
    after = [token.text for token in found[at + 1 : at + 3]]
    if not before or not after or found[at + 1].kind != "number":
        return False
    if found[at].text == "topped" or before[-1] in _SUBJECTS:
        return True
    is_all = len(after) == 1 or after[1] in _BEFORE_SEASON
    asks = {"did", "does", "do", "which"}
    return is_all and bool(asks & set(before)) and before[-1] not in asks | {"the", "our"}


def _is_ability(found: list[Token], at: int) -> bool:
    """Say whether ``may`` at a place is no month: may be, may we, we may."""
    after = found[at + 1].text if at + 1 < len(found) else ""
    return bool(after) and (after in _AFTER_MAY or (at > 0 and found[at - 1].text in _SUBJECTS))


def _is_glued(before: Token, after: Token) -> bool:
    """Say whether a sign stands between two words without spaces, which are no `and/or`."""
    is_between = before.end + 1 == after.start and before.kind == after.kind == "word"
    return is_between and before.text not in ("and", "or")


def _is_pause(before: Token, dash: Token, after: Token | None) -> bool:
    """Say whether a dash with spaces around it stands between words, as a comma would."""
    is_apart = before.end < dash.start and after is not None and dash.end < after.start
    return is_apart and "word" in (before.kind, after.kind if after else "")


def phrase(text: str) -> tuple[str, ...]:
    """Return the words of a name or value as they are compared with a question: ``In-Store`` is ``in store``."""
    if text.isascii() and text.islower() and text.replace(" ", "").isalpha():  # most names of a model: nothing to cut
        plain_words = tuple(text.split())
        if _CHANGED.isdisjoint(plain_words):
            return plain_words
    return tuple(
        token.text for token in tokens(text.replace("_", " ").replace('"', " ").replace("`", " ")) if token.text
    )
