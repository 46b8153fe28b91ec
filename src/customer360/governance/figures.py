"""Answer metric queries for those who may see figures and no rows: nothing about fewer than so many people.

Each figure is asked a second time as a count of the people behind it, with the same filters, and once for each of its
conditions, as a count of those behind the rows that this one alone leaves out: figures of too few people are withheld,
and so are those that leave too few out, for the difference would tell of them. Nobody is like few, on both sides:
else a refusal would tell that somebody is there. Where one group alone would go, the next smallest goes too. What is
withheld goes wholly, with the names of its groups. Conditions on what tells people apart (``singling``) are refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import exp

from customer360.engines.sessions import named_tables
from customer360.errors import NotPermitted
from customer360.governance.clauses import clauses_of, left_out, names_one_value
from customer360.governance.singling import bare, one_each, singles_out
from customer360.semantic.answer import Answer, answer
from customer360.semantic.compile import compile_query
from customer360.semantic.conditions import members_of, names
from customer360.semantic.measure import Formula, atom_reference
from customer360.semantic.question import locate
from customer360.semantic.resolve import resolve
from customer360.semantic.scope import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from customer360.governance.reading import Seen
    from customer360.project.spec import Project
    from customer360.semantic.answer import Memory
    from customer360.semantic.measure import Atom
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import Filter, MetricQuery

LEAST = 5
"""People behind a figure at least, where ``policies.smallest_group`` says nothing else."""
_KINDS = frozenset({"sum", "count", "distinct", "average"})
"""Aggregates that are of everybody; a smallest or largest value is somebody's own."""
_FORMS = ("having", "compare", "shares", "windows", "top", "summary", "without_filters")
Counts = dict[tuple[Any, ...], list[int]]


def answer_as(
    seen: Seen, project: Project, model: SemanticModel, query: MetricQuery, *, as_of: date, memory: Memory | None
) -> Answer:
    """Answer a query as somebody sees it. Errors: QueryError, NotPermitted."""
    if seen.figures_only:
        sql = compile_query(model, query, as_of=as_of, principal=seen.principal).sql
        if seen.figures_only.intersection(named_tables(sql)):
            least = int(project.settings.policies.get("smallest_group", LEAST))
            return _Withholding(seen, project, model, query, as_of, least).answer()
    kept = memory if seen.may_remember else None
    return answer(seen.session, model, query, as_of=as_of, principal=seen.principal, memory=kept)


def _subject(project: Project, model: SemanticModel) -> exp.Column:
    """Return the column that tells people apart. Errors: NotPermitted where the project does not say."""
    name = project.settings.subject
    if name is None and model.c360.profile is not None:
        name = f"{model.c360.profile.dataset}.{model.c360.profile.key}"
    if name is None:
        raise NotPermitted(
            "You may see figures and no rows, and this project does not say who its customers are.",
            next_step="c360.yaml names them: audiences: {subject: customer_360.customer_id}.",
        )
    field = locate(model, name, ())[1]
    return exp.column(field.name, table=field.dataset)


class _Withholding:
    """One query of somebody who may see figures only."""

    def __init__(
        self, seen: Seen, project: Project, model: SemanticModel, query: MetricQuery, as_of: date, least: int
    ) -> None:
        self._seen = seen
        self._project = project
        self._model = model
        self._query = query
        self._as_of = as_of
        self._subject = _subject(project, model)
        self._least = least

    def answer(self) -> Answer:
        """Return the answer without what is about too few. Errors: NotPermitted."""
        self._check()
        whole = self._query.model_copy(update={"limit": None, "offset": None})
        found = answer(self._seen.session, self._model, whole, as_of=self._as_of, principal=self._seen.principal)
        width = len(whole.dimensions)
        keys = list(zip(*(found.table.column(n).to_pylist() for n in range(width)), strict=True)) if width else [()]
        hidden = self._hidden(keys, whole)
        if len(hidden) == len(keys):  # nothing found and nothing to show are told in the same words
            raise NotPermitted(
                f"Fewer than {self._least} people stand behind this, or behind what its conditions leave out.",
                next_step="Ask for more of them: a longer period, fewer conditions, coarser groups.",
            )
        table = found.table.filter(pa.array([key not in hidden for key in keys])) if hidden else found.table
        if self._query.limit is not None or self._query.offset is not None:
            table = table.slice(self._query.offset or 0, self._query.limit)
        return Answer(table, found.sql, self._query, found.columns, self._as_of, withheld=len(hidden))

    def _check(self) -> None:
        """Raise NotPermitted for questions whose answers are about single people, or tell them apart."""
        form = next((name.replace("_", " ") for name in _FORMS if getattr(self._query, name)), None)
        setting = Setting(self._model, self._as_of, self._seen.principal, "duckdb", self._query.history)
        if form is None and self._query.where is not None and any(members_of(self._query.where)):
            form = "conditions on what each of them did"
        question = resolve(setting, self._query)
        if form is None and question.having:
            form = "conditions on metrics"
        apart = one_each(self._model, self._subject)
        if form is None and any(
            each.field is not None and bare(self._model, each.field) in apart for each in question.groups
        ):
            form = "a line for each person"
        if form is None:
            form = self._singling()
        if form is not None:
            raise NotPermitted(
                f"You may see figures and no rows, so a query cannot have {form}.",
                next_step="Ask for plain figures, or for access to the rows.",
            )
        for name in self._query.metrics:
            formula = self._model.formulas[name]
            atoms = formula.atoms.values()
            if formula.metric.c360.of_total or any(
                atom.kind not in _KINDS or atom.semi_additive or atom.window for atom in atoms
            ):
                raise NotPermitted(
                    f"You may see figures and no rows, and '{name}' may be one person's own value.",
                    next_step="Ask for a sum, a count or an average.",
                )

    def _singling(self) -> str | None:
        """Return which condition tells people apart, None when none does; whom it would find plays no part."""
        for name in names(self._query.where) if self._query.where is not None else ():
            field = locate(self._model, name, [self._model.formulas[each] for each in self._query.metrics])[1]
            if singles_out(self._project, self._model, self._subject, field):
                return f"a condition on {field.qualified}, which tells people apart"
        return None

    def _hidden(self, keys: list[tuple[Any, ...]], query: MetricQuery) -> set[tuple[Any, ...]]:
        """Return the groups to withhold."""
        inside = self._counts(query)
        hidden = {key for key in keys if min(inside.get(key, ()), default=0) < self._least}
        for where, may_be_nobody in self._left_out(query):
            outside = self._counts(query.model_copy(update={"where": where}))
            for key in keys:
                people = outside.get(key, [0])
                if any(0 < each < self._least for each in people) or (0 in people and not may_be_nobody):
                    hidden.add(key)
        behind = {key: min((n for n in inside.get(key, ()) if n), default=0) for key in keys}
        if hidden.intersection(inside) and sum(behind[key] for key in hidden) < self._least:
            others = sorted((key for key in keys if key not in hidden and behind[key]), key=lambda key: behind[key])
            hidden.update(others[:1])
        return hidden

    def _left_out(self, query: MetricQuery) -> Iterator[tuple[Filter, bool]]:
        """Yield the condition of what each clause alone leaves out, and whether that may be nobody.

        A clause on nothing but what the query groups by takes whole groups, or none of them. One that asks for one
        value may leave nobody out: that nobody has another, a group of its own tells as well.
        """
        if query.where is None:
            return
        groups = {each.name for each in query.dimensions if each.grain is None}
        clauses = clauses_of(query.where)
        for number, clause in enumerate(clauses):
            if not groups.issuperset(name for part in clause.values() for name in names(part)):
                yield left_out(clauses, number), names_one_value(clause)

    def _counts(self, query: MetricQuery) -> Counts:
        """Return how many people stand behind each aggregate of each metric, by group."""
        asked = query.model_copy(update={"order": (), "fill": None})
        most = max(len(self._model.formulas[name].atoms) for name in query.metrics)
        counts: Counts = {}
        for number in range(most):
            people = self._counting(number)
            sql = compile_query(people, asked, as_of=self._as_of, principal=self._seen.principal).sql
            table, width = self._seen.session.query(sql), len(query.dimensions)
            for row in zip(*(table.column(n).to_pylist() for n in range(table.num_columns)), strict=True):
                counts.setdefault(row[:width], []).extend(int(n or 0) for n in row[width:])
        return counts

    def _counting(self, number: int) -> SemanticModel:
        """Return the model with each metric asked for as the people behind one of its aggregates."""
        changed = dict(self._model.formulas)
        for name in self._query.metrics:
            changed[name] = _people(self._model.formulas[name], number, self._subject)
        model = replace(self._model)
        model.__dict__["_built"] = {"duckdb": changed}
        return model


def _people(formula: Formula, number: int, subject: exp.Column) -> Formula:
    atoms = list(formula.atoms.values())
    atom: Atom = atoms[min(number, len(atoms) - 1)]
    counted = replace(
        atom, aggregate=exp.Count(this=exp.Distinct(expressions=[subject.copy()])), is_integer=True, null_type="INT"
    )
    return replace(formula, outer=atom_reference(counted.key), atoms={counted.key: counted})
