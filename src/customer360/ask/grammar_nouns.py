"""Rules for conditions and things: VIP customers in the north who bought more than twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.chart import Rules
from customer360.ask.meaning import (
    Compared,
    Cond,
    Either,
    Having,
    Member,
    Members,
    Noun,
    Number,
    Things,
    When,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

rules = Rules()
And = Noun | str

rules("And", "<AND>", "<COMMA> <AND>")(lambda: "and")
rules("And", "<COMMA>")(lambda: ",")
rules("Or", "<OR>", "<COMMA> <OR>")(lambda: "or")
rules("Prep", "<IN>", "<FOR>", "<FROM>", "<OF>", "<WITH>")(lambda: "of")


# ---- values ---------------------------------------------------------------------------------------------------


@rules("Values", "VALUE")
def _one_value(value: Members) -> Members:
    return value


@rules("Values", "<EITHER> VALUE <AND> Values")
def _both_at_once(one: Members, more: Members) -> Members | None:
    """Read ``both bread and milk``."""
    return united(one, more, "and")


@rules("Values", "VALUE And Values")
def _both_values(one: Members, joint: str, more: Members) -> Members | None:
    """Join values; a comma joins as the words behind it do: bread, milk or soap."""
    return united(one, more, more.joint or "and" if joint == "," else "and")


@rules("Values", "VALUE Or Values", "<EITHER> VALUE Or Values")
def _either_value(one: Members, _: str, more: Members) -> Members | None:
    return united(one, more, "or")


@rules("Versus", "VALUE <VS> VALUE")
def _value_against(one: Members, other: Members) -> Members | None:
    return united(one, other, "and")


@rules("Versus", "VALUE <VS> Versus")
def _several_against(one: Members, others: Members) -> Members | None:
    """Read ``motor vs home vs travel``."""
    return united(one, others, "and")


@rules("Versus", "VALUE <NOUN> <VS> VALUE", "VALUE <VS> VALUE <NOUN>", cost=1)
def _named_once(one: Members, other: Members) -> Members | None:
    """Read ``motor policies vs home``."""
    return united(one, other, "and")


@rules("Versus", "Things <VS> VALUE", "Things <VS> VALUE <ONES>")
def _things_against_value(things: Things, other: Members) -> Members | None:
    """Read ``VIP customers against Regular``."""
    one = things.conds[0] if len(things.conds) == 1 and not things.havings else None
    return united(one, replace(other, of=one.of), "and") if isinstance(one, Members) else None


@rules("Versus", "Things <VS> Things")
def _things_against_things(things: Things, others: Things) -> Members | None:
    one, other = (each.conds[0] if len(each.conds) == 1 and not each.havings else None for each in (things, others))
    return united(one, other, "and") if isinstance(one, Members) and isinstance(other, Members) else None


@rules("Versus", "VALUE <NOUN> <VS> VALUE <NOUN>")
def _said_twice(one: Members, other: Members) -> Members | None:
    return united(one, other, "and")


@rules("Versus", "VALUE <VS> Things")
def _value_against_things(one: Members, things: Things) -> Members | None:
    """Read ``VIP with Regular customers``."""
    other = things.conds[0] if len(things.conds) == 1 and not things.havings else None
    return united(replace(one, of=other.of), other, "and") if isinstance(other, Members) else None


def united(one: Members, other: Members, joint: str) -> Members | None:
    """Return values of both where they are of one dimension; None when no dimension has them all."""
    if one.negated or other.negated or (other.joint and other.joint != joint):
        return None
    options = tuple(
        Member(mine.field, tuple(dict.fromkeys((*mine.values, *theirs.values))))
        for mine in one.options
        for theirs in other.options
        if mine.field.name == theirs.field.name
    )
    return Members(options, f"{one.text} {joint} {other.text}", joint=joint, of=one.of) if options else None  # type: ignore[arg-type]


def of_noun(members: Members, noun: Noun) -> Members | None:
    """Return the values that are members of the dimension a noun names; nothing is far then."""
    names = {field.name for field in noun.fields}
    options = tuple(
        replace(option, field=replace(option.field, far=0)) for option in members.options if option.field.name in names
    )
    return replace(members, options=options, text=f"{noun.text} {members.text}") if options else None


# ---- conditions -----------------------------------------------------------------------------------------------


@rules("Plain", "Values", "FLAG")
def _plain(members: Members) -> Members:
    return members


@rules("Plain", "<OFTYPE> Values")
def _of_type(members: Members) -> Members:
    """Read ``claims of type motor``."""
    return members


@rules("Plain", "NOUN <OF> Values", "NOUN <IN> Values", cost=1)
@rules("Plain", "NOUN <EQ>? Values", "NOUN <CALLED> Values")
def _named_first(noun: Noun, members: Members) -> Members | None:
    return of_noun(members, noun)


@rules("Plain", "Values NOUN", "Values <AS> NOUN")
def _named_last(members: Members, noun: Noun) -> Members | None:
    return None if noun.is_entity else of_noun(members, noun)


@rules("Plain", "NOUN Compare")
def _noun_compared(noun: Noun, compare: tuple[str, Number]) -> Compared | None:
    return Compared(noun, compare[0], compare[1].value) if noun.is_numeric else None


@rules("Plain", "NOUN TIME", "NOUN <COP> TIME", "NOUN <IN> TIME", "NOUN <COP> <IN> TIME")
def _noun_in_time(noun: Noun, when: When) -> Compared | None:
    """Read ``first claim in 2024``: held against a day that is known of each thing."""
    return Compared(noun, "in", replace(when, text="")) if noun.is_date and not when.also else None


@rules("Plain", "NOUN Compare <AGO>", "NOUN <COP> Compare <AGO>")
def _noun_ago(noun: Noun, compare: tuple[str, Number]) -> Compared | None:
    """Read ``first claim more than 90 days ago``: held against the day that was so long ago."""
    op, number = compare
    size = {"days": 1, "weeks": 7}.get(number.unit or "")
    if not noun.is_date or size is None or not isinstance(number.value, int):
        return None
    days = number.value * size + {">": 1, ">=": 0, "<": 0, "<=": 1}.get(op, -number.value * size)
    when = When(relative=f"last {days} days")
    return Compared(noun, "before" if op in (">", ">=") else "in", when) if days > 0 else None


@rules("Plain", "NOUN <EQ>? NUM", cost=2)
def _noun_number(noun: Noun, number: Number) -> Compared | None:
    return Compared(noun, "=", number.value) if noun.is_numeric and not number.unit else None


@rules("Plain", "NOUN <CONTAINS> QUOTED")
def _contains(noun: Noun, text: str) -> Compared | None:
    return Compared(noun, "contains", text)


@rules("Plain", "NOUN <STARTS> QUOTED", "NOUN <STARTS> <WITH> QUOTED")
def _starts(noun: Noun, text: str) -> Compared | None:
    return Compared(noun, "starts with", text)


@rules("Plain", "<NO> NOUN", "<NOT> NOUN", "<NOT> <IN> NOUN")
def _lacking(noun: Noun) -> Compared | None:
    """Read ``(with) no plan``: nothing is known there."""
    return Compared(noun, "is null", None) if _is_attribute(noun) and not noun.is_plural else None


def _is_attribute(noun: Noun) -> bool:
    """Say whether a noun is something that things may have or lack: no name, key or span of time."""
    return not (noun.is_thing or noun.grain)


@rules("Cond", "Plain")
def _cond(plain: Cond) -> Cond:
    return plain


@rules("Cond", "<ALL> NOUN <NOT> Values", "<ALL> NOUN <BUT> Values", "NOUN <NOT> <IN>? Values")
@rules("Cond", "<NOT> Plain", "<NOT> <Prep> Plain")
def _negated(*parts: Cond | Noun) -> Cond | None:
    found = parts[-1]
    if len(parts) > 1 and isinstance(parts[0], Noun) and isinstance(found, Members):
        found = of_noun(found, parts[0])  # type: ignore[assignment]
    if not isinstance(found, Members) or found.negated:
        return None
    return replace(found, negated=True)


@rules("Conds", "Cond")
def _one_cond(cond: Cond) -> tuple[Cond, ...]:
    return (cond,)


@rules("Conds", "Conds <And> Cond", "Conds <And> <Prep> Cond", "Conds <And> <WHOSE> Cond", cost=1)
def _more_conds(conds: tuple[Cond, ...], cond: Cond) -> tuple[Cond, ...] | None:
    if any(isinstance(each, Either) for each in conds) or any(same_kind(each, cond) for each in conds):
        return None
    return (*conds, cond)


@rules("Conds", "Plain <Or> Plain", "Plain <Or> <Prep> Plain")
def _either(one: Cond, other: Cond) -> tuple[Cond, ...] | None:
    if isinstance(one, Either) or isinstance(other, Either) or same_kind(one, other):
        return None
    return (Either((one, other)),)


def same_kind(one: Cond, other: Cond) -> bool:
    """Say whether two conditions could be about one dimension: then a list was meant, or nothing sensible."""
    return bool(_fields(one) & _fields(other))


def _fields(cond: Cond) -> set[str]:
    if isinstance(cond, Either):
        return set().union(*(_fields(part) for part in cond.parts))
    if isinstance(cond, Members):
        return {option.field.name for option in cond.options}
    return {field.name for field in cond.noun.fields}


Havings = tuple[Having, ...]


# ---- things ---------------------------------------------------------------------------------------------------


@rules("Things", "NOUN")
def _things(noun: Noun) -> Things:
    return Things(noun)


@rules("Noun", "NOUN")
def _noun(noun: Noun) -> Noun:
    return noun


@rules("Noun", "NOUN NOUN", cost=2)
def _owned(owner: Noun, noun: Noun) -> Noun | None:
    """Read ``customer segment``: the segment that is an attribute of customers."""
    if not owner.is_thing:
        return None
    datasets = {field.name.rpartition(".")[0] for field in owner.fields}
    fields = tuple(field for field in noun.fields if field.name.rpartition(".")[0] in datasets)
    return replace(noun, fields=fields, text=f"{owner.text} {noun.text}") if fields and owner != noun else None


@rules("Things", "Cond Things")
def _such_things(cond: Cond, things: Things) -> Things | None:
    if things.havings or not things.noun.is_thing or _fields(cond) & {field.name for field in things.noun.fields}:
        return None
    return replace(things, conds=(of_things(cond, things.noun), *things.conds))


@rules("Things", "Things <Prep> Conds", "Things <WHO> Conds", "Things <WHOSE> Conds")
def _things_with(things: Things, conds: tuple[Cond, ...]) -> Things | None:
    if things.havings or not things.noun.is_thing:
        return None
    return replace(things, conds=(*things.conds, *(of_things(cond, things.noun) for cond in conds)))


@rules(
    "Things", "Things <WHOSE> NOUN <EQ>? Values", "Things <WHOSE> NOUN <COP> Values", "Things <WHOSE> NOUN <IN> Values"
)
def _things_whose(things: Things, noun: Noun, members: Members) -> Things | None:
    """Read ``holders whose area is North``."""
    named = of_noun(members, noun)
    return _things_with(things, (named,)) if named is not None else None


@rules("Things", "Things <WITH> NOUN", "Things <WHO> <WITH> NOUN", cost=2)
def _things_with_some(things: Things, noun: Noun) -> Things | None:
    """Read ``holders with a plan``: those where one is known."""
    is_plain = _is_attribute(noun) and not noun.is_plural and not things.havings and things.noun.is_thing
    return replace(things, conds=(*things.conds, Compared(noun, "is not null", None))) if is_plain else None


@rules("Things", "Things <WITHOUT> NOUN", "Things <WHO> <WITHOUT> NOUN", "Things <NO> NOUN", cost=2)
def _things_without(things: Things, noun: Noun) -> Things | None:
    is_plain = _is_attribute(noun) and not things.havings and things.noun.is_thing
    return replace(things, conds=(*things.conds, Compared(noun, "is null", None))) if is_plain else None


@rules("Things", "Things <WITHOUT> FLAG", "Things <NO> FLAG", cost=1)
def _things_not_so(things: Things, flag: Members) -> Things | None:
    return _things_with(things, (replace(flag, negated=True),))


@rules("Things", "Things <And> Conds", "Things <And> <WITH> Conds", "Things <And> <WHO> <COP>? Conds", cost=3)
def _things_that_are_too(things: Things, conds: tuple[Cond, ...]) -> Things | None:
    """Read ``who filed a claim and are in the North``."""
    return (
        replace(things, conds=(*things.conds, *(of_things(c, things.noun) for c in conds))) if things.havings else None
    )


def of_things(cond: Cond, noun: Noun) -> Cond:
    """Return a condition as one on an attribute of these things."""
    owners = tuple(sorted({field.name.rpartition(".")[0] for field in noun.fields}))
    if isinstance(cond, Members):
        return replace(cond, of=owners)
    if isinstance(cond, Either):
        return Either(tuple(of_things(part, noun) for part in cond.parts))  # type: ignore[misc]
    return cond


def unique(conds: Iterable[Cond]) -> tuple[Cond, ...]:
    """Return conditions without repetition."""
    return tuple(dict.fromkeys(conds))
