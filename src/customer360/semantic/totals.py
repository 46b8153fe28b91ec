"""Compute every atom that the figures of a query need, each fact in a step of its own, and put them side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.semantic.balances import balance_select
from customer360.semantic.combine import Total, Totals, side_by_side
from customer360.semantic.facts import Fact, FactGroup, TopMembers, fact_groups, simple_select
from customer360.semantic.rolled import rolled_select
from customer360.semantic.windows import window_select

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlglot import exp

    from customer360.semantic.measure import Atom
    from customer360.semantic.question import Figure, Question
    from customer360.semantic.steps import Steps
    from customer360.semantic.variants import Variant

Wanted = tuple["Variant", tuple["Figure", ...]]


class Totaller:
    """Adds the steps of one question and remembers in which column each atom of each variant is."""

    def __init__(self, question: Question, steps: Steps, top: TopMembers | None = None) -> None:
        self.question = question
        self.steps = steps
        self._top = top
        self._cells: dict[tuple[str, str], str] = {}

    def cell(self, atom_key: str, variant: str) -> str:
        """Return the column of an atom in a variant."""
        return self._cells[atom_key, variant]

    def totals(self, wanted: Iterable[Wanted], keys: Sequence[str]) -> Totals:
        """Add the steps that compute the figures, and the one that has them side by side."""
        cells = [cell for variant, figures in wanted for cell in self._cells_of(variant, figures)]
        parts = []
        for group in fact_groups(self.question, cells):
            figures = tuple(Total(name, atom.null_type) for name, atom in group.atoms)
            parts.append(Totals(self._fact(group), figures))
        together = tuple(figure for part in parts for figure in part.figures)
        return Totals(side_by_side(self.steps, keys, parts), together)

    def _cells_of(self, variant: Variant, figures: Iterable[Figure]) -> Iterator[tuple[str, Atom, Variant]]:
        for figure in figures:
            for key, atom in figure.formula.atoms.items():
                if (key, variant.name) not in self._cells:
                    name = self._cell_name(key, atom, figure, variant)
                    self._cells[key, variant.name] = name
                    yield name, atom, variant

    def _cell_name(self, key: str, atom: Atom, figure: Figure, variant: Variant) -> str:
        """Name an atom's column after the metric it is, else after its metric with a number."""
        sole = figure.formula.sole_atom
        label = figure.name if sole is not None else self.question.model.atom_names.get(key, atom.label)
        label += variant.suffix
        taken = {*self._cells.values(), *(group.column for group in self.question.groups)}
        name, number = label, 2
        while name in taken:
            name, number = f"{label}_{number}", number + 1
        return name

    def _fact(self, group: FactGroup) -> str:
        keep = group.variant.keep
        top = self._top if self._top is not None and (keep is None or self._top.group in keep) else None
        name = f"{group.base}_totals{group.variant.suffix}"
        rolled = self._from_rollup(group, top)
        if rolled is not None:
            return self.steps.add(name, *rolled)
        fact = Fact(self.question, group, top)
        if group.first.semi_additive is not None:
            query = balance_select(fact, self.steps)
        elif group.first.window is not None:
            query = window_select(fact, self.steps)
        else:
            query = simple_select(fact, period=group.variant.period)
        return self.steps.add(name, query, self._comment(fact, self.question.model.datasets[group.base].grain))

    def _from_rollup(self, group: FactGroup, top: TopMembers | None) -> tuple[exp.Select, str] | None:
        """Return the query over a roll-up that stands in for the base, with its comment."""
        if group.first.semi_additive is not None or group.first.window is not None or self.question.setting.history:
            return None
        found = rolled_select(self.question, group, top)
        if found is None:
            return None
        rollup, query = found
        self.steps.use_rollup(rollup)
        return query, self._comment(Fact(self.question, group, top), f"roll-up {rollup}")

    def _comment(self, fact: Fact, of: str) -> str:
        by = ", ".join(each.column for each in fact.groups)
        which = f" ({fact.group.variant.name.replace('_', ' ')})" if fact.group.variant.name else ""
        return f"{of}, totalled {'by ' + by if by else 'over all'}{which}"
