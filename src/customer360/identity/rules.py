"""Link records by named rules, in order, on the levels that the comparisons found; and veto what no weight may link.

A rule says which levels a pair must have. The first that holds names the link. Every rule needs two independent facts:
an e-mail alone may be a family's, a phone alone a household's, a name with a birth date alone two people's when their
national ids differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customer360.errors import UnknownName
from customer360.identity.comparisons import ANOTHER_NAME, COMPARISONS, NULL, OTHER, OTHER_GENERATION
from customer360.identity.failures import IdentityError

_SAME_FIRST = ("exact", "short form")
_LIKE_FIRST = ("exact", "short form", "similar", "swapped", "initial")
_NOT_SAME_BIRTH = ("day and month swapped", "one digit", "same year", "near year", "two digits", OTHER, NULL)
_LIKE_LAST = ("exact", "similar", "swapped", "part")
_SAME_BIRTH = ("exact", "day and month swapped")
_LIKE_BIRTH = (*_SAME_BIRTH, "one digit", "same year", "near year", NULL)
_NOT_SAME_NATIONAL = ("one sign", OTHER, NULL)
_SAME_PHONE = ("address and phone", "phone")
_SAME_HOME = ("address and phone", "address")


@dataclass(frozen=True)
class Rule:
    """A named rule: comparison -> levels, one of which the pair must have. Comparisons not named may be anything."""

    name: str
    needs: Mapping[str, tuple[str, ...]]

    def sql(self) -> str:
        """Return the condition over gamma columns."""
        parts = []
        for comparison in COMPARISONS:
            levels = self.needs.get(comparison.name)
            if levels is not None:
                numbers = ", ".join(str(comparison.number(level)) for level in levels)
                parts.append(f"gamma_{comparison.name} IN ({numbers})")
        return "(" + " AND ".join(parts) + ")"


RULES: tuple[Rule, ...] = (
    Rule(
        "national id and name",
        {
            "national_id": ("exact",),
            "first_name": (*_LIKE_FIRST, NULL),
            "last_name": (*_LIKE_LAST, NULL),
            "date_of_birth": _LIKE_BIRTH,
        },
    ),
    Rule("national id and birth date", {"national_id": ("exact",), "date_of_birth": _SAME_BIRTH}),
    Rule(
        "e-mail and name",
        {
            "email": ("exact",),
            "first_name": _LIKE_FIRST,
            "last_name": (*_LIKE_LAST, NULL),
            "date_of_birth": _LIKE_BIRTH,
        },
    ),
    Rule(
        "e-mail, first name and birth date",
        {"email": ("exact",), "first_name": _LIKE_FIRST, "date_of_birth": _SAME_BIRTH},
    ),
    Rule(
        "e-mail and last name",
        {"email": ("exact",), "first_name": (NULL,), "last_name": (*_LIKE_LAST, NULL), "date_of_birth": _LIKE_BIRTH},
    ),
    Rule(
        "phone and full name",
        {
            "home": _SAME_PHONE,
            "first_name": _SAME_FIRST,
            "last_name": ("exact", "similar"),
            "date_of_birth": _LIKE_BIRTH,
        },
    ),
    Rule(
        "phone, first name and birth date",
        {"home": _SAME_PHONE, "first_name": _LIKE_FIRST, "date_of_birth": _SAME_BIRTH},
    ),
    Rule(
        "full name and birth date",
        {
            "first_name": ("exact",),
            "last_name": ("exact",),
            "date_of_birth": ("exact",),
            "national_id": ("exact", "one sign", NULL),
        },
    ),
    Rule(
        "full name and address",
        {
            "home": _SAME_HOME,
            "first_name": _SAME_FIRST,
            "last_name": ("exact", "similar"),
            "date_of_birth": _LIKE_BIRTH,
        },
    ),
    Rule(
        "address, first name and birth date",
        {"home": _SAME_HOME, "first_name": _LIKE_FIRST, "date_of_birth": _SAME_BIRTH},
    ),
)
"""In order of trust."""

VETOES: tuple[Rule, ...] = (
    Rule("other generation", {"first_name": (OTHER_GENERATION,), "national_id": _NOT_SAME_NATIONAL}),
    Rule("two first names", {"first_name": (ANOTHER_NAME,), "national_id": _NOT_SAME_NATIONAL}),
    Rule("different first names", {"first_name": (OTHER,), "national_id": _NOT_SAME_NATIONAL}),
    Rule(
        "no more than alike first names",
        {"first_name": ("alike",), "date_of_birth": ("near year", OTHER, NULL), "national_id": _NOT_SAME_NATIONAL},
    ),
    Rule("birth dates far apart", {"date_of_birth": (OTHER,), "national_id": _NOT_SAME_NATIONAL}),
    Rule(
        "different first names and birth dates",
        {"first_name": (ANOTHER_NAME, OTHER), "date_of_birth": (OTHER, "two digits")},
    ),
    Rule(
        "nothing but the name",
        {
            "date_of_birth": (NULL,),
            "email": (NULL, OTHER, "own name at another provider"),
            "home": (NULL, OTHER),
            "national_id": (NULL,),
        },
    ),
)
"""What no weight may overrule; people may (`c360 identity merge`)."""


_FAMILY = {"last_name": ("exact", "similar"), "home": (*_SAME_HOME, "phone")}
_OTHER_BIRTH = ("same year", "near year", "two digits", OTHER)
HOUSEHOLD = Rule("household", {**_FAMILY, "first_name": (ANOTHER_NAME, OTHER), "date_of_birth": _OTHER_BIRTH})
"""Two people of one family."""
TWINS = Rule("twins", {**_FAMILY, "first_name": (ANOTHER_NAME, OTHER), "date_of_birth": ("exact",)})
"""Twins, or one person under another first name."""
NAMESAKES = Rule("namesakes", {**_FAMILY, "first_name": _SAME_FIRST, "date_of_birth": (OTHER,)})
"""Father and son of one name, or one person under another birth date."""
OTHER_LAST = Rule(
    "another last name",
    {"first_name": _SAME_FIRST, "last_name": (OTHER,), "home": _FAMILY["home"], "date_of_birth": ("exact",)},
)
"""One person under another last name."""


def vetoes_of(vetoes: Sequence[Rule], *, twins: bool, namesakes: bool) -> tuple[Rule, ...]:
    """Return the vetoes that hold for these data.

    Where the data hold no twins, a birth date may outweigh a first name; where they hold no namesakes in one home,
    names and home may outweigh a birth date.
    """
    kept = []
    for rule in vetoes:
        if rule.name in _AGAINST_TWINS and not twins:
            kept.append(Rule(rule.name, {**rule.needs, "date_of_birth": _NOT_SAME_BIRTH}))
        elif rule.name == _AGAINST_NAMESAKES and not namesakes:
            kept.append(Rule(rule.name, {**rule.needs, "last_name": ("part", OTHER, NULL)}))
        else:
            kept.append(rule)
    return tuple(kept)


_AGAINST_TWINS = ("two first names", "different first names")
_AGAINST_NAMESAKES = "birth dates far apart"


def rule_number(rules: Sequence[Rule]) -> str:
    """Return SQL for the number of the first rule that holds (from 1), 0 for none."""
    whens = " ".join(f"WHEN {rule.sql()} THEN {number}" for number, rule in enumerate(rules, 1))
    return f"CASE {whens} ELSE 0 END" if whens else "0"


def rules_of(given: Sequence[Any], shipped: Sequence[Rule], kind: str) -> tuple[Rule, ...]:
    """Return rules from plain data, in order: the name of a shipped one, or ``{name, needs}`` of one's own.

    Errors: UnknownName for a rule, comparison or level that does not exist, IdentityError for one without conditions.
    """
    known = {rule.name: rule for rule in shipped}
    made = []
    for each in given:
        if isinstance(each, Rule):
            made.append(each)
        elif isinstance(each, str):
            if each not in known:
                raise UnknownName(kind, each, list(known))
            made.append(known[each])
        else:
            made.append(Rule(str(each["name"]), _needs(each, kind)))
    names = [rule.name for rule in made]
    if len(set(names)) < len(names):
        raise IdentityError(f"Two entries of {kind} have one name.", next_step="Rename one.")
    return tuple(made)


def _needs(given: Mapping[str, Any], kind: str) -> dict[str, tuple[str, ...]]:
    comparisons = {c.name: [NULL, *(level.name for level in c.levels)] for c in COMPARISONS}
    needs: dict[str, tuple[str, ...]] = {}
    for comparison, levels in given["needs"].items():
        if comparison not in comparisons:
            raise UnknownName(f"comparison (of the {kind} '{given['name']}')", comparison, list(comparisons))
        needs[comparison] = tuple([levels] if isinstance(levels, str) else levels)
        for level in needs[comparison]:
            if level not in comparisons[comparison]:
                raise UnknownName(f"level of {comparison}", level, comparisons[comparison])
    if not needs:
        raise IdentityError(f"The {kind} '{given['name']}' needs nothing, so it would hold for all pairs.")
    return needs
