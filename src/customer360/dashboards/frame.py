"""Hold what a metric query answered, in the shape that charts and tables draw from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from customer360.dashboards import formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.dashboards.formats import NumberStyle
    from customer360.semantic.answer import Answer
    from customer360.semantic.compile import OutputColumn

Role = Literal["dimension", "metric"]


@dataclass(frozen=True)
class Column:
    """A column as it is drawn and written."""

    name: str
    label: str
    role: Role
    unit: str | None = None
    style: NumberStyle | None = None
    """None for texts and dates."""
    grain: str | None = None
    is_time: bool = False
    is_number: bool = False
    asked: str | None = None
    """The name in the query, where it differs from the column's (``customer.segment``)."""
    members: tuple[str, ...] = ()
    """Values in the order that the model gives them; none: it gives them none."""

    @property
    def leads_to(self) -> str | None:
        """The path of the pages of what its values name: a customer's; None for anything else."""
        return "/customers/" if self.role == "dimension" and self.name.endswith("customer_id") else None

    def text(self, value: Any) -> str:
        """Return a cell as people read it."""
        return formats.text(value, self.style, self.grain)


@dataclass(frozen=True)
class Frame:
    """Columns and rows of one answer."""

    columns: tuple[Column, ...]
    table: pa.Table

    @property
    def dimensions(self) -> tuple[Column, ...]:
        """The columns grouped by."""
        return tuple(c for c in self.columns if c.role == "dimension")

    @property
    def metrics(self) -> tuple[Column, ...]:
        """The columns that are figures."""
        return tuple(c for c in self.columns if c.role == "metric")

    @property
    def has_figures(self) -> bool:
        """Whether any metric has any value; a table of NULLs is no data."""
        return any(self.table[c.name].null_count < self.table.num_rows for c in self.metrics)

    def rows(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Return the first rows as Python values."""
        table = self.table if limit is None else self.table.slice(0, limit)
        return list(table.to_pylist())

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return next(c for c in self.columns if c.name == name)

    def replaced(self, table: pa.Table) -> Frame:
        """Return the same columns over other rows."""
        return Frame(self.columns, table)

    def total(self, column: Column) -> float:
        """Return the sum of a metric over the rows (0 when all are NULL)."""
        return float(pc.sum(self.table[column.name]).as_py() or 0)


def frame_of(answer: Answer) -> Frame:
    """Return an answer as a frame."""
    described = zip(answer.columns, answer.table.schema, strict=True)
    return Frame(tuple(_column(column, field.type, answer.table) for column, field in described), answer.table)


def _column(described: OutputColumn, type_: pa.DataType, table: pa.Table) -> Column:
    is_metric = described.kind == "metric"
    is_number = pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_)
    style = None
    if is_number and (is_metric or described.format):  # a store number is a name: no thousands separator
        style = formats.number_style(described.unit, described.format, is_integer=pa.types.is_integer(type_))
    return Column(
        described.name,
        described.label,
        "metric" if is_metric else "dimension",
        described.unit,
        style,
        described.grain,
        pa.types.is_temporal(type_),
        is_number,
        described.asked,
        described.members or _members(described, table),
    )


def _members(described: OutputColumn, table: pa.Table) -> tuple[str, ...]:
    """Return the values of a column whose rows come in the order of its members."""
    if not described.is_sorted:
        return ()
    return tuple(str(value) for value in dict.fromkeys(table[described.name].to_pylist()) if value is not None)


def plain(value: Any) -> Any:
    """Return a cell as JSON and Vega know it: floats for decimals, ISO texts for dates, None for what is not finite."""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as JSON knows it."""
    return {name: plain(value) for name, value in row.items()}
