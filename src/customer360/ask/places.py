"""Choose which dimension a word means for given metrics: one that all of them reach, the nearest for keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.ask.inflect import stems
from customer360.ask.meaning import Compared, Cond, Either, Field, Member, Members, Noun, When
from customer360.ask.words import phrase
from customer360.errors import QueryError
from customer360.semantic.paths import connect
from customer360.semantic.query import AllOf, AnyOf, Condition, Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from customer360.semantic.model import SemanticModel

NUMERIC = ("Integer", "Decimal", "Float")
_FAR = 99
_EVERYDAY = frozenset(
    [
        "new",
        "first",
        "last",
        "old",
        "active",
        "lost",
        "open",
        "high",
        "low",
        "medium",
        "other",
        "regular",
        "later",
        "sent",
    ]
)
"""Words that say many things: bare, they are values of what is counted itself, not of what it belongs to."""


class Places:
    """Looks up how far dimensions are from what metrics count."""

    def __init__(
        self,
        model: SemanticModel,
        kinds: Sequence[frozenset[str]] = (),
        days: Callable[[When], tuple[str | None, str | None]] | None = None,
    ) -> None:
        self.model = model
        self._days = days
        """Finds the first and last day of a time, to hold a date against."""
        self._kinds = kinds
        """Datasets whose rows are the same things, so that the attributes of all are their own."""
        self._known: dict[tuple[str, str], int | None] = {}

    def bases(self, metrics: Iterable[str]) -> tuple[str, ...]:
        """Return the datasets whose rows the metrics count."""
        return tuple(dict.fromkeys(atom.base for name in metrics for atom in self.model.formulas[name].atoms.values()))

    def steps(self, base: str, owner: str) -> int | None:
        """Return how many relationships lead from a dataset to another, None when there is no way."""
        key = (base, owner)
        if key not in self._known:
            try:
                path = connect(self.model.directory, base, owner)
            except QueryError:
                self._known[key] = _FAR  # several ways: the semantic layer will ask which
            else:
                self._known[key] = None if path is None else len(path)
        return self._known[key]

    def reach(self, field: str, bases: Sequence[str]) -> int | None:
        """Return how far a dimension is from the farthest of the bases, None when one does not reach it."""
        owner = field.rpartition(".")[0]
        found = [self.steps(base, owner) for base in bases]
        return None if any(steps is None for steps in found) else max((s for s in found if s is not None), default=0)

    def of_noun(self, noun: Noun, bases: Sequence[str]) -> tuple[str, ...]:
        """Return the dimensions a noun may mean: its own first, the nearest key; one when none is reached."""
        if noun.grain is not None:
            return ("time",)
        reached = [(steps, field.name) for field in noun.fields if (steps := self.reach(field.name, bases)) is not None]
        if not reached:
            return self._of_kind(noun, bases) or tuple(field.name for field in noun.fields)[:1]
        if noun.is_entity:
            return (min(reached)[1],)
        own = [(steps, name) for steps, name in reached if steps == 0 or self._is_own(name, (), bases)]
        nearest: dict[str, str] = {}
        for _, name in sorted(own or reached):  # the same attribute in two tables: the nearer one
            nearest.setdefault(self._title(name), name)
        return tuple(nearest.values())

    def _title(self, name: str) -> str:
        owner, _, own = name.rpartition(".")
        field = self.model.directory.field(owner, own)
        return field.title if field is not None else name

    def _of_kind(self, noun: Noun, bases: Sequence[str]) -> tuple[str, ...]:
        """Return the rows' own dimensions that are a kind of what was named: of contacts, the channel of contact."""
        if noun.is_entity:
            return ()
        ends = stems(phrase(noun.text))
        fields = (f for f in self.model.directory.all_fields() if f.is_dimension and f.c360.role != "key")
        own = (f.qualified for f in fields if stems(phrase(f.title))[-len(ends) :] == ends)
        return tuple(name for name in own if self._is_own(name, (), bases))

    def of_cond(self, cond: Cond, bases: Sequence[str]) -> tuple[Filter, ...]:
        """Return the filters a condition may mean, of the nearest meaning only."""
        if isinstance(cond, Either):
            parts = [self.of_cond(part, bases) for part in cond.parts]
            return (AnyOf(any=tuple(part[0] for part in parts)),) if all(len(part) == 1 for part in parts) else ()
        if isinstance(cond, Compared):
            return tuple(
                self._compared(cond, name) for name in self.of_noun(cond.noun, bases) if self._fits(cond, name)
            )
        return tuple(condition_of(option, negated=cond.negated) for option in self.options(cond, bases))

    def options(self, members: Members, bases: Sequence[str]) -> tuple[Member, ...]:
        """Return the dimensions whose values were named: nearest in name, then those that are reached."""
        within = [option for option in members.options if self.reach(option.field.name, bases) is not None]
        nearest = min(option.field.far for option in within or members.options)
        everyday = members.text.lower() in _EVERYDAY and not members.of
        known = [
            option
            for option in (o for o in members.options if not everyday or self._is_own(o.field.name, (), bases))
            if self._belongs(option.field.name, members.of) and (not members.of or option.field.far <= nearest)
        ]
        if not known:
            return ()
        if not members.of and not any(self.reach(o.field.name, bases) is not None for o in known if not o.field.far):
            known = [o for o in known if self.reach(o.field.name, bases) == 0] or known  # rather one of the rows' own
        are_events = all(self.model.datasets[base].c360.role == "fact" for base in bases)
        least = min(option.field.far for option in members.options)
        if not members.of and not are_events and least < min(o.field.far for o in known):
            known = [option for option in members.options if not option.field.far]  # its own dimension is not reached
        nearest = min(option.field.far for option in known)
        close = [option for option in known if option.field.far == nearest]
        reached = [option for option in close if self.reach(option.field.name, bases) is not None]
        if not reached:
            return tuple(close[:1])
        own = [option for option in reached if self._is_own(option.field.name, members.of, bases)]
        reached = own or reached  # an attribute of the rows themselves comes before one of what they belong to
        owners = {option.field.name.rpartition(".")[2] for option in reached}
        if len(owners) == 1 and len(reached) > 1:  # the same attribute in two tables: the nearer one
            reached = [min(reached, key=lambda option: self.reach(option.field.name, bases) or 0)]
        return tuple(reached)

    def _is_own(self, field: str, owners: Sequence[str], bases: Sequence[str]) -> bool:
        owner = field.rpartition(".")[0]
        mine = owners or tuple(bases)
        alike = any(owner in kind and kind & set(mine) for kind in self._kinds)
        return alike or (owner in owners if owners else self.reach(field, bases) == 0)

    def _belongs(self, field: str, owners: Sequence[str]) -> bool:
        """Say whether a dimension is an attribute of things of these datasets."""
        owner = field.rpartition(".")[0]
        return not owners or any(self.steps(each, owner) is not None for each in owners)

    def _fits(self, cond: Compared, name: str) -> bool:
        owner, _, own = name.rpartition(".")
        field = self.model.directory.field(owner, own)
        if field is None:
            return False
        if isinstance(cond.value, When):
            return field.is_time and self._days is not None
        if cond.value is None:
            return field.datatype in ("String", None)
        if isinstance(cond.value, str):
            return field.datatype == "String"
        return field.datatype in NUMERIC

    def _compared(self, cond: Compared, name: str) -> Condition:
        if isinstance(cond.value, When) and self._days is not None:
            start, end = self._days(cond.value)
            if cond.op == "before":
                return Condition(field=name, op="<", value=start)
            if start is None or end is None:
                return Condition(field=name, op=">=" if end is None else "<=", value=start if end is None else end)
            return Condition(field=name, op="between", value=[start, end])
        return Condition(field=name, op=cond.op, value=cond.value)  # type: ignore[arg-type]


def condition_of(option: Member, *, negated: bool = False) -> Condition:
    """Return the condition that a dimension has one of some values."""
    if len(option.values) == 1:
        return Condition(field=option.field.name, op="!=" if negated else "=", value=option.values[0])
    return Condition(field=option.field.name, op="not in" if negated else "in", value=list(option.values))


def together(filters: Sequence[Filter]) -> Filter | None:
    """Return filters that must all hold as one."""
    if not filters:
        return None
    return filters[0] if len(filters) == 1 else AllOf(all=tuple(filters))


def near(members: Members) -> Members:
    """Return values as if their dimension had been named."""
    return replace(members, options=tuple(replace(o, field=Field(o.field.name)) for o in members.options))
