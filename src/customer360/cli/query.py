"""Ask the warehouse: metric queries and read-only SQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from customer360.cli.options import (
    HERE,
    AsOfOption,
    Format,
    FormatOption,
    OutOption,
    ProjectOption,
    SnapshotOption,
    day_of,
    opened,
)
from customer360.cli.output import note, write_table
from customer360.errors import C360Error

ByOption = Annotated[
    list[str] | None, typer.Option("--by", "-b", help="Group by a dimension; time takes a grain: order_date:month.")
]
WhereOption = Annotated[
    list[str] | None, typer.Option("--where", "-w", help="Keep rows: \"segment = 'VIP'\". Several mean AND.")
]
PeriodOption = Annotated[str | None, typer.Option("--period", help="'last 12 months', 'this year', 'last month' ...")]
OrderOption = Annotated[
    list[str] | None, typer.Option("--order", help="Sort by a column; '-revenue' is largest first.")
]


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("query")(query)
    app.command("sql")(sql)


def query(
    metrics: Annotated[list[str] | None, typer.Argument(help="Names of metrics; without any, all are listed.")] = None,
    by: ByOption = None,
    where: WhereOption = None,
    having: Annotated[list[str] | None, typer.Option(help="Keep results: 'revenue > 1000'.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day (included), YYYY-MM-DD.")] = None,
    period: PeriodOption = None,
    order: OrderOption = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most so many rows.")] = None,
    show_sql: Annotated[bool, typer.Option("--show-sql", help="Print the SQL on stderr too.")] = False,
    as_of: AsOfOption = None,
    at_snapshot: SnapshotOption = None,
    format_: FormatOption = Format.table,
    out: OutOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Answer a metric query.

    \b
    Examples:
      c360 query average_order_value --by segment --from 2017-06-01
      c360 query revenue --by order_date:month --format csv
    """
    workspace = opened(project)
    if not metrics:
        from customer360.semantic.describe import metric_table

        write_table(metric_table(workspace.semantic_model()), format_, out)
        return
    asked = _query_parts(metrics, by or (), where or (), having or (), order or ())
    if since or until or period:
        asked["time"] = {"start": since, "end": until, "relative": period}
    if limit:
        asked["limit"] = limit
    answer = workspace.answer(asked, at_snapshot=at_snapshot, as_of=day_of(as_of))
    if show_sql:
        note(answer.sql)
    write_table(answer.table, format_, out)
    note(f"As of {answer.as_of}.")


def sql(
    text: Annotated[str, typer.Argument(help="One SELECT, or - to read it from stdin.")],
    at_snapshot: SnapshotOption = None,
    format_: FormatOption = Format.table,
    out: OutOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Run one SELECT over the published tables (read-only).

    \b
    Examples:
      c360 sql "SELECT count(*) FROM gold.gold_sales_fact"
      c360 sql - --format parquet --out sales.parquet < query.sql
    """
    if text == "-":
        text = sys.stdin.read()
    elif text.endswith(".sql") and Path(text).is_file():
        raise C360Error(f"'{text}' is a file, not SQL.", next_step=f"Run: c360 sql - < {text}")
    write_table(opened(project).sql(text, at_snapshot=at_snapshot), format_, out)


def _query_parts(metrics: Any, by: Any, where: Any, having: Any, order: Any) -> dict[str, Any]:
    from customer360.semantic.filter_text import parse_filter

    asked: dict[str, Any] = {"metrics": list(metrics)}
    asked["dimensions"] = [dict(zip(("name", "grain"), each.split(":", 1), strict=False)) for each in by]
    if where:
        asked["where"] = parse_filter(" AND ".join(f"({each})" for each in where))
    if having:
        asked["having"] = parse_filter(" AND ".join(f"({each})" for each in having))
    asked["order"] = [{"by": each.lstrip("-"), "descending": each.startswith("-")} for each in order]
    return asked
