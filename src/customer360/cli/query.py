"""Ask the warehouse: metric queries and read-only SQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer360.cli.options import (
    HERE,
    AsOfOption,
    Format,
    FormatOption,
    OutOption,
    ProjectOption,
    SnapshotOption,
    opened,
)
from customer360.cli.output import note, write_table
from customer360.cli.query_words import Words, json_query
from customer360.errors import C360Error

if TYPE_CHECKING:
    from customer360.cli.grid import Write
    from customer360.semantic.answer import Answer
    from customer360.semantic.model import SemanticModel

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
MetricsArgument = Annotated[
    list[str] | None, typer.Argument(help="Names of metrics; without any, all that can be asked is listed.")
]
HavingOption = Annotated[list[str] | None, typer.Option(help="Keep results: 'revenue > 1000'.")]
SinceOption = Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD.")]
UntilOption = Annotated[str | None, typer.Option("--to", help="Last day (included), YYYY-MM-DD.")]
LimitOption = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most so many rows.")]
CompareOption = Annotated[
    str | None,
    typer.Option("--compare", help="'previous period', 'same period last year', or another range: '2023'."),
]
CompareWhereOption = Annotated[
    str | None, typer.Option("--compare-where", help="Compare with other filters: \"segment = 'New'\".")
]
ShareOption = Annotated[
    list[str] | None, typer.Option("--share", help="Share of the total: revenue; within a dimension: revenue:region.")
]
WindowOption = Annotated[
    list[str] | None,
    typer.Option("--window", help="revenue:cumulative, revenue:trailing:3:month or revenue:to-date:year."),
]
TopOption = Annotated[
    str | None, typer.Option("--top", help="The largest members, the rest as (other): brand:5, or brand:5:revenue.")
]
FillOption = Annotated[str | None, typer.Option("--fill", help="A row for every period without rows: null or zero.")]
HistoryOption = Annotated[str | None, typer.Option("--history", help="Attributes as-is (today's) or as-was.")]
JsonOption = Annotated[
    str | None, typer.Option("--json", help="The whole query as JSON, - for stdin, in place of the other options.")
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="The semantic model: a file of semantic/.", show_default="the first")
]
ShowSqlOption = Annotated[bool, typer.Option("--show-sql", help="Print the SQL on stderr too.")]


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("query")(query)
    app.command("sql")(sql)


def query(
    metrics: MetricsArgument = None,
    by: ByOption = None,
    where: WhereOption = None,
    having: HavingOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    order: OrderOption = None,
    limit: LimitOption = None,
    compare: CompareOption = None,
    compare_where: CompareWhereOption = None,
    share: ShareOption = None,
    window: WindowOption = None,
    top: TopOption = None,
    fill: FillOption = None,
    history: HistoryOption = None,
    text: JsonOption = None,
    show_sql: ShowSqlOption = False,
    model: ModelOption = None,
    as_of: AsOfOption = None,
    at_snapshot: SnapshotOption = None,
    format_: FormatOption = None,
    out: OutOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Answer a metric query.

    \b
    Examples:
      c360 query average_order_value --by segment --from 2017-06-01
      c360 query revenue --by order_date:month --format csv
      c360 query revenue --period "last month" --compare "same period last year"
      c360 query revenue --by brand --top brand:5 --share revenue
      c360 query expected_revenue --by month --model shopflow_insights
      c360 query
    """
    given = {name: value for name, value in locals().items() if name in Words.__dataclass_fields__}
    if not metrics and text is None:
        _list_names(opened(project, to_answer=True).semantic_model(model), format_, out)
        return
    asked = Words(**given).query() if text is None else json_query(text, given)
    workspace = opened(project, to_answer=True)
    answer = workspace.answer(asked, model=model, at_snapshot=at_snapshot, as_of=as_of)
    if show_sql:
        note(answer.sql)
    write_table(answer.table, format_, out, formats=_formats(answer))
    note(f"As of {answer.as_of}.")
    if answer.withheld:
        note(f"Groups of too few people are withheld: {answer.withheld}.")


def sql(
    text: Annotated[str, typer.Argument(help="One SELECT, or - to read it from stdin.")],
    at_snapshot: SnapshotOption = None,
    format_: FormatOption = None,
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
    write_table(opened(project, to_answer=True).sql(text, at_snapshot=at_snapshot), format_, out)


def _list_names(model: SemanticModel, format_: Format | None, out: Path | None) -> None:
    """Write what may be asked for: two tables for people, one with all its columns for programs."""
    from customer360.semantic.describe import vocabulary_table

    table = vocabulary_table(model)
    if out is not None or format_ not in {None, Format.table}:
        write_table(table, format_, out)
        return
    for kind, heading in (("metric", "Metrics"), ("dimension", "Dimensions, for --by and --where")):
        sys.stdout.write(f"{heading}\n\n")
        sys.stdout.flush()
        those = [row for row in range(table.num_rows) if table["kind"][row].as_py() == kind]
        write_table(table.take(those).select(["name", "type", "dataset", "description"]), format_)
        sys.stdout.write("\n")


def _formats(answer: Answer) -> dict[str, Write]:
    """Return how figures are written: as their metrics say; dates and names stay as one types them."""
    from customer360.dashboards.frame import frame_of

    return {column.name: column.text for column in frame_of(answer).metrics}
