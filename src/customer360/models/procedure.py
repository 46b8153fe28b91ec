"""Write the build of a project as one procedure that its database runs by itself.

The procedure makes what ``build`` makes, by the same code for every kind of model: a draft takes the place of the
publication. Tables that methods make (Python) stay as the last build left them; so do raw tables.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from customer360.engines.base import Drafts
from customer360.errors import BuildFailed, ProjectErrors, WarehouseError
from customer360.models.as_of import newest_days
from customer360.models.build import index_keys
from customer360.models.graph import Graph
from customer360.models.kinds import KINDS, Work, incremental, scd2
from customer360.models.lint import lint_graph
from customer360.models.methods import method_in_sql
from customer360.models.plan import definition_of
from customer360.models.quality.check import Check, checks_of
from customer360.models.quality.run import measure
from customer360.models.quality.verdict import condition, described
from customer360.models.render import literal
from customer360.models.state import BUILD_LOG, STATE, read_state
from customer360.names import STATE_SCHEMA, Relation, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.engines.base import Draft, Engine
    from customer360.models.graph import Node
    from customer360.project.spec import Project

NAME = "cdp_procedure"
_LINE = 112
_MADE_BY = "by the procedure"


def procedure(engine: Engine, project: Project, *, name: str = NAME) -> str:
    """Return the SQL that creates ``c360.<name>(as_of date DEFAULT NULL)`` in the project's warehouse.

    Raises WarehouseError when the warehouse is no database that runs procedures, ProjectErrors (the linter's findings)
    and BuildFailed when a model is not built as the project has it now.
    """
    if not isinstance(engine, Drafts):
        raise WarehouseError(
            f"A warehouse on {engine.name} cannot run procedures.",
            place=project.settings.place,
            next_step="Move it to PostgreSQL first: c360 migrate --to postgres.",
        )
    graph = Graph.lenient(project)
    if errors := lint_graph(project, graph):
        raise ProjectErrors(errors)
    nodes = [graph.nodes[relation] for relation in graph.order]
    with engine.draft() as draft:
        _require_built(draft, nodes)
        for node in nodes:
            if _runs_there(node):
                _make(draft, node)
        _check(draft, project, nodes)
        _remember(draft)
        called = Relation(STATE_SCHEMA, name)
        return draft.text(called, _header(called, nodes, draft.made), _as_of(draft, project))


def _runs_there(node: Node) -> bool:
    """Say whether the database can make a table by itself."""
    return node.model.step is None or method_in_sql(node.model.step.method) is not None


def _require_built(draft: Draft, nodes: Sequence[Node]) -> None:
    """Refuse a project that is not built as it is now, and let the procedure refuse one that was changed since."""
    state = read_state(draft, draft.relations())
    values = []
    for node in nodes:
        built = state.get(node.relation)
        if built is None or (_runs_there(node) and built.definition != definition_of(node)):
            raise BuildFailed(
                f"{node.relation} is not built as the project has it now.",
                place=node.model.place,
                next_step="Run `c360 run` first: the procedure is written from what is published.",
            )
        if _runs_there(node):
            values.append(f"('{node.relation.schema}', '{node.relation.table}', '{built.definition}')")
    draft.comment("The models are those that were built last.")
    draft.refuse(
        f"EXISTS (SELECT 1 FROM (VALUES {', '.join(values)}) AS here (s, t, d) LEFT JOIN {STATE.sql} AS built"
        " ON built.table_schema = here.s AND built.table_name = here.t AND built.definition = here.d"
        " WHERE built.table_name IS NULL)",
        "The project was changed since this procedure was written, so nothing was published.",
        "Write it anew: c360 export procedure.",
    )


def _make(draft: Draft, node: Node) -> None:
    """Write down how one table is brought up to date."""
    draft.comment(f"{node.relation}: {node.model.grain}")
    work = Work(draft, "duckdb", node, draft.as_of, from_zero=False, exists=True)
    if node.config.kind == "incremental":
        incremental.go_on(work, _window(draft, node))
    elif node.config.kind == "scd2":
        since = quoted(node.config.valid_from)
        draft.refuse(
            f"(SELECT MAX({since}) FROM {node.relation.sql}) > DATE '{draft.as_of.isoformat()}'",
            f"The history {node.relation} goes up to a later day than the as-of date.",
            "CALL the procedure with a later date.",
        )
        scd2.go_on(work)
    elif node.model.step is not None:
        in_sql = method_in_sql(node.model.step.method)
        assert in_sql is not None  # noqa: S101 - only what runs there is made
        select = in_sql(node.model.step.inputs, node.model.step.parameters)
        draft.create_table_as(node.relation, select, types=work.types)
    else:
        KINDS[node.config.kind](work)
    if node.contract is not None:
        index_keys(draft, node.contract)


def _window(draft: Draft, node: Node) -> str | None:
    """Return the condition that a row is inside the window of late rows, None without a time column."""
    column, back = node.config.time_column, node.config.lookback
    if column is None:
        return None
    type_ = next(found.type for found in draft.columns(node.relation) if found.name == column)
    if isinstance(back, timedelta):
        # a day moves back by whole days, as dates of Python do
        seconds = back.days * 86_400 if type_ == "DATE" else int(back.total_seconds())
        moved = f"interval '{seconds} seconds'" if seconds else None
    else:
        moved = literal(back) if back else None
    since = draft.since(node.relation, column, moved)
    return f"({quoted(column)} >= {since} OR {quoted(column)} IS NULL OR {since} IS NULL)"


def _check(draft: Draft, project: Project, nodes: Sequence[Node]) -> None:
    """Write down every check of every table but service levels.

    What blocks a build blocks the procedure; of tables that it takes as they are, it warns: a build renews those.
    """
    for node in nodes:
        if node.contract is None:
            continue
        every = checks_of(node.contract, project, draft.as_of)
        runnable = [check for check in every if check.how != "none" and check.type != "sla"]
        for blocks in (True, False):
            chosen = [check for check in runnable if (check.severity == "error") is blocks]
            alone = [check for check in chosen if check.own_query]
            together = [check for check in chosen if not check.own_query]
            for checks in (together, *([check] for check in alone)):
                if checks:
                    draft.comment(f"checks of {node.relation}: {', '.join(c.rule_id for c in checks)}"[:_LINE])
                    draft.check(_asked(checks), len(checks), blocks=blocks and _runs_there(node))


def _asked(checks: Sequence[Check]) -> str:
    """Return a query of one row that says what is wrong, NULL where nothing is."""
    relation = checks[0].contract.relation
    measured = ", ".join(f"{measure(check)} AS c{number}" for number, check in enumerate(checks))
    said = []
    for number, check in enumerate(checks):
        value = f"found.c{number}"
        if check.unit == "percent" and not check.own_query:
            value = f"(CASE WHEN found.total = 0 THEN 0 ELSE 100.0 * {value} / found.total END)"
        sign, limit = described(check.operators)
        words = f" (it {sign} {limit})".replace("'", "''")
        said.append(
            f"CASE WHEN NOT COALESCE({condition(value, check.operators)}, FALSE) THEN '{relation}: {check.rule_id}"
            f" yields ' || COALESCE(CAST({value} AS VARCHAR), 'nothing') || '{words}' END AS said{number}"
        )
    source = f"SELECT COUNT(*) AS total, {measured} FROM {relation.sql} AS child"
    if checks[0].own_query:
        source = f"SELECT ({checks[0].sql}) AS c0"
    return f"SELECT {', '.join(said)} FROM ({source}) AS found"


def _remember(draft: Draft) -> None:
    """Write down that the state and the log of builds say what was made; the next build makes these tables again."""
    made = sorted(draft.made)
    tables = " UNION ALL ".join(
        f"SELECT '{relation.schema}' AS s, '{relation.table}' AS t, (SELECT COUNT(*) FROM {relation.sql}) AS n"
        for relation in made
    )
    draft.comment("What was made is remembered.")
    draft.execute(f"CREATE TEMP TABLE c360_made AS {tables}")
    draft.execute(
        f"UPDATE {STATE.sql} AS old SET version = '{_MADE_BY}', checked = '', row_count = made.n,"
        " as_of = c360_as_of, built_at = c360_started, build_id = c360_build_id"
        " FROM c360_made AS made WHERE old.table_schema = made.s AND old.table_name = made.t"
    )
    draft.insert_select(
        BUILD_LOG,
        "SELECT c360_build_id AS a, made.s AS b, made.t AS c, built.kind AS d, 'built' AS e, made.n AS f,"
        " 0.0 AS g, c360_as_of AS h, c360_started AS i"
        f" FROM c360_made AS made JOIN {STATE.sql} AS built"
        " ON built.table_schema = made.s AND built.table_name = made.t",
    )
    draft.execute("DROP TABLE c360_made")


def _as_of(draft: Draft, project: Project) -> str:
    """Return a query that yields the as-of date of a call that names none."""
    if project.settings.as_of != "latest":
        return f"SELECT DATE '{project.settings.as_of.isoformat()}' AS day"
    listed = " UNION ALL ".join(f"SELECT {day} AS day FROM {r.sql}" for r, day in newest_days(draft, project))
    return f"SELECT MAX(day) AS day FROM ({listed}) AS days"


def _header(called: Relation, nodes: Sequence[Node], made: frozenset[Relation]) -> list[str]:
    """Return what stands above the procedure."""
    steps = [str(node.relation) for node in nodes if not _runs_there(node)]
    views = [str(node.relation) for node in nodes if _runs_there(node) and node.relation not in made]
    written = len([node for node in nodes if node.relation in made])
    return [
        f"The build of this project as one procedure: {written} tables and views, checked, published all or nothing.",
        f"Written by `c360 export procedure`. Run this file once with psql, then: CALL {called}();",
        "Call it as the role that customer360 builds with: the tables are that role's.",
        "",
        "Taken as they are: raw tables (`c360 load` fills them)"
        + ("," if steps or views else ".")
        + (" tables made by methods in Python (`c360 build` renews them)" if steps else ""),
        *_wrapped(steps),
        *(["and views that read nothing but raw tables:"] if views else []),
        *_wrapped(views),
        "Service levels are left to `c360 check`; results of checks are not kept in c360.check_log.",
    ]


def _wrapped(names: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) < _LINE:
            lines[-1] += f", {name}"
        else:
            lines.append(f"  {name}")
    return lines
