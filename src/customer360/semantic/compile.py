"""Compile a metric query to one SQL text: each fact aggregated on its own, then put side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.engines.dialect import transpile
from customer360.errors import QueryError
from customer360.semantic.combine import Totals, filled, with_totals
from customer360.semantic.last_step import last_select
from customer360.semantic.outputs import OutputColumn, columns
from customer360.semantic.principal import OWNER, Principal
from customer360.semantic.resolve import resolve
from customer360.semantic.rollups import rollup_tables
from customer360.semantic.scope import Setting
from customer360.semantic.shares import part_variants, share_totals
from customer360.semantic.steps import Steps
from customer360.semantic.summary import folded, folded_columns, without_summary
from customer360.semantic.top import add_top_members
from customer360.semantic.totals import Totaller, Wanted

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlglot import exp

    from customer360.semantic.model import SemanticModel
    from customer360.semantic.query import MetricQuery
    from customer360.semantic.question import Question


@dataclass(frozen=True)
class Compiled:
    """A metric query as SQL, and what its columns mean."""

    sql: str
    columns: tuple[OutputColumn, ...]
    rollups: tuple[str, ...] = ()
    """The roll-ups that stand in for their base."""


def compile_query(
    model: SemanticModel,
    query: MetricQuery,
    *,
    as_of: date,
    dialect: str = "duckdb",
    principal: Principal | None = None,
    rollups: Collection[str] = (),
) -> Compiled:
    """Return the SQL of a metric query and its columns. ``rollups`` may stand in for their base where they have it all.

    Raises QueryError when a name is unknown or the answer could not be right, saying what is possible, and
    NotPermitted when the principal lacks what a policy needs.
    """
    chosen = tuple(t for t in rollup_tables(model, dialect).values() if t.name in rollups) if rollups else ()
    setting = Setting(model, as_of, principal or OWNER, dialect, query.history, chosen)
    question = resolve(setting, without_summary(query))
    steps = Steps((*question.model.datasets, *(table.name for table in chosen)))
    tree = _tree(question, steps)
    if query.summary is None:
        return Compiled(_text(tree, dialect), tuple(columns(question)), steps.rollups)
    tree = folded(question, tree, query)
    return Compiled(_text(tree, dialect), folded_columns(question, query.summary), steps.rollups)


def query_tree(setting: Setting, query: MetricQuery) -> exp.Select:
    """Return a metric query as a tree in DuckDB's words, to stand inside another. Raises QueryError."""
    question = resolve(setting, query)
    return _tree(question, Steps(question.model.datasets))


def _text(tree: exp.Select, dialect: str) -> str:
    """Write the tree for an engine: printed for DuckDB, read back by the portability rules for the others."""
    if dialect == "duckdb":
        return tree.sql(dialect="duckdb", pretty=True)
    return transpile(tree.sql(dialect="duckdb", pretty=True), dialect, pretty=True)


def _tree(question: Question, steps: Steps) -> exp.Select:
    totaller = Totaller(question, steps, add_top_members(question, steps))
    keys = [group.column for group in question.groups]
    wanted: list[Wanted] = [(question.main, question.every_figure)]
    if question.comparison is not None:
        wanted.append((question.comparison, question.figures))
    wanted += part_variants(question)
    source = totaller.totals(wanted, keys)
    if question.query.fill is not None:
        if question.timeline_group is None:
            raise QueryError("`fill` needs a time dimension with a grain.", next_step="Add one, such as time by month.")
        source = Totals(filled(steps, question, keys, source), source.figures)
    shares = share_totals(totaller)
    if shares:
        figures = (*source.figures, *(figure for _, total in shares for figure in total.figures))
        source = Totals(with_totals(steps, keys, source, shares), figures)
    return steps.finished(last_select(totaller, source))


__all__ = ["Compiled", "OutputColumn", "compile_query", "query_tree"]
