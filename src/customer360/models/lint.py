"""Find what is wrong in models before anything runs, all of it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.engines.dialect import LABELS, TARGETS, Gap, gaps, line_of, named
from customer360.errors import C360Error, ModelError, UnknownName, nearest
from customer360.models.columns import Misnamed, misnamed
from customer360.models.graph import Graph, Node
from customer360.models.known import Known
from customer360.models.lineage import narrowed_fractions
from customer360.models.lint_contract import rule_errors, shape_errors
from customer360.models.methods import METHODS
from customer360.models.purity import impurities
from customer360.models.render import RenderedPart, line_in
from customer360.names import QUARANTINE_SCHEMA, RAW_PREFIX, STATE_SCHEMA, Relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from customer360.project.spec import Project


def lint(project: Project) -> list[C360Error]:
    """Return everything that is wrong with a project's models, in file order."""
    return lint_graph(project, Graph.lenient(project))


def lint_graph(project: Project, graph: Graph) -> list[C360Error]:
    """Return everything that is wrong with models that are parsed already, in file order."""
    known = Known(project, graph)
    errors = list(graph.errors)
    for relation in sorted(graph.nodes):
        node = graph.nodes[relation]
        errors += _place_in_project(node)
        errors += shape_errors(node)
        errors += _step(node, known)
        for part in node.parts:
            errors += lint_part(part, known)
        errors += rule_errors(node, project, known.readable)
    return sorted(errors, key=_file_order)


def lint_part(part: RenderedPart, known: Known) -> Iterator[C360Error]:
    """Yield what is wrong with one SQL text."""
    impure = list(impurities(part.tree))
    for node, problem, hint in impure:
        yield ModelError(f"The model {problem}.", place=line_in(part.place, line_of(node)), next_step=hint)
    yield from _projection(part)
    unknown = list(_tables(part, known))
    yield from unknown
    aliases: list[Gap] = []
    for found in misnamed(part.tree, known.columns):
        if found.problem == "alias":
            aliases.append(_alias_gap(found))
        else:
            yield _misnamed_error(part, found)
    gaps_found = [*aliases, *(_narrowing_gap(*found) for found in narrowed_fractions(part, known))]
    yield from _unportable(part, {named(node) for node, _, _ in impure}, gaps_found)


def _place_in_project(node: Node) -> Iterator[C360Error]:
    relation, place = node.relation, node.model.place
    if not node.model.grain and not node.model.is_union:
        yield ModelError(
            f"The model {relation} does not say its grain.",
            place=place,
            next_step="Say what one row is in the first line: -- One row per customer.",
        )
    if relation.schema in {STATE_SCHEMA, QUARANTINE_SCHEMA} or relation.schema.startswith(RAW_PREFIX):
        yield ModelError(
            f"The schema {relation.schema} is reserved.",
            place=place,
            next_step=f"Use another name; {STATE_SCHEMA}, {QUARANTINE_SCHEMA} and {RAW_PREFIX}* are taken.",
        )


def _projection(part: RenderedPart) -> Iterator[C360Error]:
    """Yield stars, nameless and twice-named columns of the final SELECT."""
    seen: set[str] = set()
    for number, item in enumerate(part.tree.selects, start=1):
        place = line_in(part.place, line_of(item))
        if item.is_star or isinstance(item, exp.Columns):
            yield ModelError(
                "The final SELECT of a model names its columns; a star would change with its inputs.",
                place=place,
                next_step="Name the columns (a star inside WITH is fine).",
            )
        elif not item.alias_or_name:
            yield ModelError(f"Column {number} has no name.", place=place, next_step="Add `AS name`.")
        elif item.alias_or_name.lower() in seen:
            yield ModelError(f"The column {item.alias_or_name} is there twice.", place=place, next_step="Rename one.")
        seen.add(item.alias_or_name.lower())


def _tables(part: RenderedPart, known: Known) -> Iterator[C360Error]:
    own = {cte.alias.lower() for cte in part.tree.find_all(exp.CTE)}
    for table in part.tree.find_all(exp.Table):
        place = line_in(part.place, line_of(table))
        if not isinstance(table.this, exp.Identifier):
            continue
        if table.catalog:
            yield ModelError(f"'{table.sql('duckdb')}' names a database; a model reads <schema>.<table>.", place=place)
        elif table.db:
            if Relation(table.db, table.name) not in known.readable:
                yield UnknownName("table", f"{table.db}.{table.name}", [str(r) for r in known.readable], place=place)
        elif table.name.lower() not in own:
            yield _without_schema(table, known, place)


def _without_schema(table: exp.Table, known: Known, place: object) -> C360Error:
    same = sorted(str(r) for r in known.readable if r.table == table.name)
    near = same[0] if same else nearest(table.name, [r.table for r in known.readable])
    return UnknownName("table or WITH part", table.name, same or ([near] if near else []), place=str(place))


def _misnamed_error(part: RenderedPart, found: Misnamed) -> C360Error:
    kind = "column" if found.problem == "column" else "table in FROM"
    name = found.name.rpartition(".")[2]
    place = line_in(part.place, line_of(found.node))
    error = UnknownName(kind, name, found.known, place=place)
    if found.problem == "column" and "." in found.name:
        error = UnknownName(f"column of {found.name.rpartition('.')[0]}", name, found.known, place=place)
    return error


def _alias_gap(found: Misnamed) -> Gap:
    hint = "Repeat the expression, or name it in a WITH part first."
    return Gap(line_of(found.node), f"Using the alias '{found.name}' in the SELECT that makes it", "postgres", hint)


def _narrowing_gap(node: exp.Cast, column: str, type_: str) -> Gap:
    written = node.to.sql("duckdb")
    what = f"Casting {column} ({type_}) to {written} without rounding"
    return Gap(
        line_of(node), what, "spark", f"Write CAST(ROUND({column}) AS {written}): Spark cuts off, DuckDB rounds."
    )


def _unportable(part: RenderedPart, told: set[str], more: Sequence[Gap]) -> Iterator[C360Error]:
    """Yield each construct without a rule once, with all engines that lack one."""
    engines: dict[tuple[int, str], list[Gap]] = {}
    for gap in [*(gap for target in TARGETS for gap in gaps(part.tree, target)), *more]:
        if gap.construct not in told:
            engines.setdefault((gap.line, gap.construct), []).append(gap)
    for (line, construct), found in sorted(engines.items()):
        labels = " and ".join(dict.fromkeys(LABELS[gap.engine] for gap in found))
        hint = next((gap.hint for gap in found if gap.hint), None)
        yield ModelError(f"{construct} has no rule for {labels}.", place=line_in(part.place, line), next_step=hint)


def _step(node: Node, known: Known) -> Iterator[C360Error]:
    step = node.model.step
    if step is None:
        return
    if step.method not in METHODS:
        yield UnknownName("method", step.method, list(METHODS), place=step.place)
    for relation in step.inputs.values():
        if relation not in known.readable:
            yield UnknownName("table", str(relation), [str(r) for r in known.readable], place=step.place)


def _file_order(error: C360Error) -> tuple[str, int]:
    file, _, line = str(error.place or "").partition(":")
    return file, int(line) if line.isdigit() else 0
