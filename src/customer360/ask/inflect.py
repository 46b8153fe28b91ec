"""Bend English words: one form for singular and plural, the forms of a verb, and how near two spellings are."""

from __future__ import annotations

import re
from functools import lru_cache

_PLURALS = {
    "people": "person",
    "persons": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "series": "series",
    "analyses": "analysis",
    "bases": "basis",
    "indices": "index",
    "data": "data",
    "ads": "ad",
    "ids": "id",
    "pcs": "pc",
    "tvs": "tv",
    "news": "news",
    "movies": "movie",
    "cookies": "cookie",
    "pies": "pie",
    "ties": "tie",
    "lies": "lie",
    "shoes": "shoe",
    "axes": "axis",
}
_SINGULAR_S = ("ss", "us", "is")
_NO_PLURALS = frozenset(
    {"always", "christmas", "gas", "perhaps", "canvas", "atlas", "bias", "yes", "this", "texas", "ios"}
)
_IRREGULAR: dict[str, tuple[str, ...]] = {
    "abandon": ("abandons", "abandoned", "abandoning"),
    "become": ("becomes", "became", "becoming"),
    "begin": ("begins", "began", "begun", "beginning"),
    "bring": ("brings", "brought", "bringing"),
    "buy": ("buys", "bought", "buying"),
    "choose": ("chooses", "chose", "chosen", "choosing"),
    "come": ("comes", "came", "coming"),
    "do": ("does", "did", "done", "doing"),
    "drop": ("drops", "dropped", "dropping"),
    "get": ("gets", "got", "gotten", "getting"),
    "give": ("gives", "gave", "given", "giving"),
    "go": ("goes", "went", "gone", "going"),
    "build": ("builds", "built", "building"),
    "deal": ("deals", "dealt", "dealing"),
    "find": ("finds", "found", "finding"),
    "grow": ("grows", "grew", "grown", "growing"),
    "hear": ("hears", "heard", "hearing"),
    "hold": ("holds", "held", "holding"),
    "meet": ("meets", "met", "meeting"),
    "plan": ("plans", "planned", "planning"),
    "refer": ("refers", "referred", "referring"),
    "see": ("sees", "saw", "seen", "seeing"),
    "stand": ("stands", "stood", "standing"),
    "tell": ("tells", "told", "telling"),
    "keep": ("keeps", "kept", "keeping"),
    "leave": ("leaves", "left", "leaving"),
    "lie": ("lies", "lay", "lain", "lying"),
    "sit": ("sits", "sat", "sitting"),
    "break": ("breaks", "broke", "broken", "breaking"),
    "drink": ("drinks", "drank", "drunk", "drinking"),
    "put": ("puts", "put", "putting"),
    "spread": ("spreads", "spread", "spreading"),
    "lend": ("lends", "lent", "lending"),
    "lose": ("loses", "lost", "losing"),
    "make": ("makes", "made", "making"),
    "pay": ("pays", "paid", "paying"),
    "ring": ("rings", "rang", "rung", "ringing"),
    "catch": ("catches", "caught", "catching"),
    "cut": ("cuts", "cut", "cutting"),
    "draw": ("draws", "drew", "drawn", "drawing"),
    "fall": ("falls", "fell", "fallen", "falling"),
    "hang": ("hangs", "hung", "hanging"),
    "speak": ("speaks", "spoke", "spoken", "speaking"),
    "split": ("splits", "split", "splitting"),
    "stick": ("sticks", "stuck", "sticking"),
    "fly": ("flies", "flew", "flown", "flying"),
    "throw": ("throws", "threw", "thrown", "throwing"),
    "rise": ("rises", "rose", "risen", "rising"),
    "run": ("runs", "ran", "running"),
    "sell": ("sells", "sold", "selling"),
    "send": ("sends", "sent", "sending"),
    "ship": ("ships", "shipped", "shipping"),
    "shop": ("shops", "shopped", "shopping"),
    "spend": ("spends", "spent", "spending"),
    "stop": ("stops", "stopped", "stopping"),
    "take": ("takes", "took", "taken", "taking"),
    "win": ("wins", "won", "winning"),
    "write": ("writes", "wrote", "written", "writing"),
}
_BASE = {form: base for base, forms in _IRREGULAR.items() for form in forms}
_SHORT = 3


@lru_cache(maxsize=65_536)
def singular(word: str) -> str:
    """Return a noun's singular; words that only look like plurals (less, status, always) stay."""
    if word in _PLURALS:
        return _PLURALS[word]
    if len(word) <= _SHORT or not word.endswith("s") or word in _NO_PLURALS or word.endswith(_SINGULAR_S):
        return word
    if word.endswith("ies") and len(word) > _SHORT + 1:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word[:-1]


def stems(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words in the form in which phrases are compared."""
    return tuple(singular(word) for word in words)


def plural(noun: str) -> str:
    """Return the plural of a noun (of the last word of several)."""
    head, _, last = noun.rpartition(" ")
    if not last or singular(last) != last:
        return noun
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        made = last[:-1] + "ies"
    elif last.endswith(("s", "x", "ch", "sh", "z")):
        made = last + "es"
    else:
        made = last + "s"
    return f"{head} {made}" if head else made


def is_order(verb: str) -> bool:
    """Say whether the first word of a question is a verb's plain form, which tells somebody to do it: send, file."""
    return base_form(verb) == verb and not verb.endswith(("ed", "ing", "s"))


def verb_forms(verb: str) -> tuple[str, ...]:
    """Return every form of a verb given in any form; what follows its first word (``bring in``) stays."""
    first, _, rest = verb.partition(" ")
    base = base_form(first)
    forms = (base, *_IRREGULAR[base]) if base in _IRREGULAR else _regular(base)
    known = dict.fromkeys((*forms, first))
    return tuple(f"{form} {rest}".strip() for form in known)


def base_form(word: str) -> str:
    """Return the infinitive of an irregular form; any other word as it is."""
    return _BASE.get(word, word)


@lru_cache(maxsize=65_536)
def verb_stem(word: str) -> str:
    """Return one form for all forms of a word that may be a verb: lost and lose, ordered and order."""
    base = base_form(word)
    if base != word:
        return base.removesuffix("e")
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + _SHORT - 1:
            cut = word.removesuffix(ending)
            return cut[:-1] if cut[-1:] == cut[-2:-1] and cut[-1] not in "ls" else cut.rstrip("e")
    return singular(word).removesuffix("e")


def _regular(base: str) -> tuple[str, ...]:
    if base.endswith("e"):
        return base, base + "s", base + "d", base[:-1] + "ing"
    if base.endswith("y") and base[-2:-1] not in "aeiou":
        return base, base[:-1] + "ies", base[:-1] + "ied", base + "ing"
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", base) and len(base) >= _SHORT:  # top, topped
        return base, base + "s", f"{base}{base[-1]}ed", f"{base}{base[-1]}ing"
    third = base + ("es" if base.endswith(("s", "x", "ch", "sh", "z")) else "s")
    return base, third, base + "ed", base + "ing"


def distance(one: str, other: str, most: int = 3) -> int:
    """Return how many single-letter slips (a swap of neighbours is one) lie between two words, ``most`` at most."""
    if abs(len(one) - len(other)) >= most:
        return most
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return min(last[-1], most)
