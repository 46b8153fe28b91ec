"""Turn filters into predicates that are true or false, never unknown: an empty value fulfils `!=` and `not`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.errors import QueryError
from customer360.semantic.expression import all_of, any_of
from customer360.semantic.query import AllOf, AnyOf, Condition, Filter, MemberCondition, Not
from customer360.semantic.values import Span, Typed, check_listed, literal, span

if TYPE_CHECKING:
    from datetime import date

    from customer360.semantic.calendar_units import Calendar

NONE_MEMBER = "(none)"
"""What stands for an empty or unmatched text in answers; filters understand it."""

Lookup = Callable[[str], tuple[exp.Expr, Typed]]
"""Finds the expression and type behind the name in a condition. Raises QueryError."""

Membership = Callable[[MemberCondition, exp.Expr], exp.Expr]
"""Makes the predicate that a member, given by its expression, is one of those that fulfil a condition."""

_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_ORDERED = ("<", "<=", ">", ">=", "between")


class Conditions:
    """Builds predicates for one lookup of names."""

    def __init__(
        self, lookup: Lookup, as_of: date, calendar: Calendar, zone: str = "UTC", membership: Membership | None = None
    ) -> None:
        self._lookup = lookup
        self._is_member = membership
        self._zone = zone
        self._as_of = as_of
        self._calendar = calendar

    def build(self, given: Filter) -> exp.Expr:
        """Return the predicate of a filter. Raises QueryError for a wrong name, operator or value."""
        if isinstance(given, AllOf):
            return _grouped(all_of, [self.build(part) for part in given.all])
        if isinstance(given, AnyOf):
            return _grouped(any_of, [self.build(part) for part in given.any])
        if isinstance(given, Not):
            return exp.not_(exp.Coalesce(this=self.build(given.negate), expressions=[exp.false()]))
        if isinstance(given, MemberCondition):
            if self._is_member is None:
                raise QueryError(
                    f"A condition on '{given.metric}' of each member cannot stand here.",
                    next_step="Move it to `where`.",
                )
            return self._is_member(given, self._lookup(given.member)[0])
        return self._condition(given)

    def _condition(self, condition: Condition) -> exp.Expr:
        target, field = self._lookup(condition.field)
        op, value = condition.op, condition.value
        self._check_operator(condition, field)
        if op in ("is null", "is not null"):
            empty = target.is_(exp.null())
            return empty if op == "is null" else exp.not_(empty)
        if op in ("in", "not in"):
            return self._membership(target, field, _several(condition), negative=op == "not in")
        if op == "between":
            low, high = _several(condition, exactly=2)
            return exp.and_(self._compared(target, field, ">=", low), self._compared(target, field, "<=", high))
        if op in ("contains", "starts with"):
            return _text_search(target, literal(value, field), anywhere=op == "contains")
        return self._compared(target, field, op, value)

    def _check_operator(self, condition: Condition, field: Typed) -> None:
        op, kind = condition.op, field.datatype
        if op in ("is null", "is not null") and condition.value is not None:
            raise QueryError(f"`{op}` on {field.label} takes no value.", next_step="Leave the value out.")
        if op in ("contains", "starts with") and kind not in ("String", None):
            raise QueryError(
                f"`{op}` works on texts; {field.label} is of type {kind}.", next_step="Use =, < or between."
            )
        if op in _ORDERED and kind == "Boolean":
            raise QueryError(
                f"`{op}` does not work on {field.label}, which is true or false.", next_step="Use = or !=."
            )

    def _membership(self, target: exp.Expr, field: Typed, values: Sequence[Any], *, negative: bool) -> exp.Expr:
        if not values:
            raise QueryError(f"The list for {field.label} is empty.", next_step="Give at least one value.")
        covers_time = any(span(value, field, self._as_of, self._calendar) for value in values if value is not None)
        if covers_time or None in values or NONE_MEMBER in values:
            member = _grouped(any_of, [self._equal(target, field, value) for value in values])
        else:
            for value in values:
                check_listed(value, field)
            member = exp.In(this=target.copy(), expressions=[literal(value, field) for value in values])
        return _negated(member) if negative else member

    def _equal(self, target: exp.Expr, field: Typed, value: Any) -> exp.Expr:
        return target.copy().is_(exp.null()) if value is None else self._compared(target, field, "=", value)

    def _compared(self, target: exp.Expr, field: Typed, op: str, value: Any) -> exp.Expr:
        covered = span(value, field, self._as_of, self._calendar)
        if covered is not None:
            return _against_span(local_time(target, field, self._zone), op, covered)
        if field.datatype == "String" and value == NONE_MEMBER and op in ("=", "!="):
            empty = exp.or_(target.copy().is_(exp.null()), target.copy().eq(exp.Literal.string(NONE_MEMBER)))
            return exp.paren(empty) if op == "=" else _negated(empty)
        if op in ("=", "!="):
            check_listed(value, field)
        compared = _COMPARISONS[op](this=target.copy(), expression=literal(value, field))
        return exp.paren(exp.or_(compared, target.copy().is_(exp.null()))) if op == "!=" else compared


def local_time(target: exp.Expr, field: Typed, zone: str) -> exp.Expr:
    """Return a moment with zone as the clock of a zone shows it, so that it can be compared with days."""
    if field.datatype != "DateTimeTz":
        return target
    return exp.AtTimeZone(this=target, zone=exp.Literal.string(zone))


def _against_span(target: exp.Expr, op: str, covered: Span) -> exp.Expr:
    """Compare with a whole month, quarter or year: ``<= 2024-03`` includes all of March."""
    inside: type[exp.Binary] = exp.LTE if covered.end_included else exp.LT
    outside: type[exp.Binary] = exp.GT if covered.end_included else exp.GTE

    def compared(kind: type[exp.Binary], bound: exp.Expr) -> exp.Expr:
        return kind(this=target.copy(), expression=bound.copy())

    within = exp.paren(exp.and_(compared(exp.GTE, covered.start), compared(inside, covered.end)))
    if op in ("=", "!="):
        return within if op == "=" else _negated(within)
    kinds = {"<": (exp.LT, covered.start), "<=": (inside, covered.end), ">": (outside, covered.end)}
    return compared(*kinds.get(op, (exp.GTE, covered.start)))


def _text_search(target: exp.Expr, wanted: exp.Expr, *, anywhere: bool) -> exp.Expr:
    position = exp.StrPosition(this=exp.Lower(this=target), substr=exp.Lower(this=wanted))
    return exp.GT(this=position, expression=exp.Literal.number(0)) if anywhere else position.eq(exp.Literal.number(1))


def _negated(predicate: exp.Expr) -> exp.Expr:
    return exp.not_(exp.Coalesce(this=predicate.unnest(), expressions=[exp.false()]))


def _grouped(combine: Callable[[list[exp.Expr]], exp.Expr], parts: list[exp.Expr]) -> exp.Expr:
    if not parts:
        raise QueryError("A filter group is empty.", next_step="Give at least one condition.")
    return exp.paren(combine(parts).unnest(), copy=False) if len(parts) > 1 else parts[0]


def _several(condition: Condition, exactly: int | None = None) -> Sequence[Any]:
    value = condition.value
    if not isinstance(value, list | tuple) or (exactly is not None and len(value) != exactly):
        wanted = f"a list of {exactly} values" if exactly else "a list of values"
        raise QueryError(
            f"`{condition.op}` on {condition.field} needs {wanted}.", next_step='For example: "value": ["a", "b"].'
        )
    return value


def conjuncts(given: Filter | None) -> Iterator[Filter]:
    """Yield the conditions that must all hold."""
    if isinstance(given, AllOf) and given.all:
        for part in given.all:
            yield from conjuncts(part)
    elif given is not None:
        yield given


def members_of(given: Filter) -> Iterator[MemberCondition]:
    """Yield the conditions on what members did."""
    if isinstance(given, MemberCondition):
        yield given
    elif isinstance(given, Not):
        yield from members_of(given.negate)
    elif not isinstance(given, Condition):
        for part in given.all if isinstance(given, AllOf) else given.any:
            yield from members_of(part)


def names(given: Filter) -> Iterator[str]:
    """Yield the field names that a filter uses."""
    if isinstance(given, Condition):
        yield given.field
    elif isinstance(given, MemberCondition):
        yield given.member
    elif isinstance(given, Not):
        yield from names(given.negate)
    else:
        for part in given.all if isinstance(given, AllOf) else given.any:
            yield from names(part)
