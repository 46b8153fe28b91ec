"""Lay Arrow data out as text: a table where it fits, one record below the other or fewer columns where it does not."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Write = Callable[[Any], str]
"""How a cell of one column is written."""

SHOWN_ROWS = 1_000
"""Rows that are written; the other formats give all."""
RECORD_ROWS = 20
"""So few rows stand one below the other when their columns do not fit side by side; of more, columns are left out."""
_LEAST = 16
"""Characters that a column of texts keeps when it is made narrower."""
_BETWEEN = 3
_SMALL = 0.001


@dataclass(frozen=True)
class _Column:
    """One column as it will be written."""

    name: str
    cells: tuple[str, ...]
    is_number: bool

    @property
    def widest(self) -> int:
        return max(map(_length, (self.name, *self.cells)))

    @property
    def least(self) -> int:
        """The width below which it cannot be read any more."""
        return self.widest if self.is_number else max(_length(self.name), min(self.widest, _LEAST))


def as_text(table: pa.Table, *, width: int, formats: Mapping[str, Write] | None = None, is_screen: bool = False) -> str:
    """Return the first rows as text at most so wide. ``formats`` says how cells of a column are written, by name."""
    columns = _columns(table.slice(0, SHOWN_ROWS), formats or {})
    notes = []
    if table.num_rows > SHOWN_ROWS:
        notes.append(f"... {table.num_rows - SHOWN_ROWS:,} more rows; use --format csv for all.")
    if _width(columns, least=True) <= width:
        text = _grid(columns, min(width, _width(columns)), is_screen)
    elif table.num_rows <= RECORD_ROWS:
        text = _records(columns, table.num_rows, width)
    else:
        shown = _fitting(columns, width)
        text = _grid(shown, width, is_screen)
        hidden = len(columns) - len(shown)
        notes.insert(0, f"... {hidden} more columns do not fit; name the ones you want, or use --format csv for all.")
    return text + "".join(f"{note}\n" for note in notes)


def _columns(table: pa.Table, formats: Mapping[str, Write]) -> list[_Column]:
    """Return the columns in order; names may repeat, as those of a join do."""
    return [
        _Column(
            field.name,
            tuple(map(formats.get(field.name, written), table.column(index).to_pylist())),
            _is_numeric(field.type),
        )
        for index, field in enumerate(table.schema)
    ]


def _width(columns: list[_Column], *, least: bool = False) -> int:
    return sum(c.least if least else c.widest for c in columns) + _BETWEEN * (len(columns) - 1)


def _fitting(columns: list[_Column], width: int) -> list[_Column]:
    """Return the first columns that fit, at least one."""
    number = len(columns)
    while number > 1 and _width(columns[:number], least=True) > width:
        number -= 1
    return columns[:number]


def _grid(columns: list[_Column], width: int, is_screen: bool) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(show_edge=False, pad_edge=False)
    for column in columns:
        grid.add_column(
            Text(column.name),
            justify="right" if column.is_number else "left",
            no_wrap=column.is_number,
            min_width=column.least,
            overflow="fold",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        grid.add_row(*map(Text, row))
    console = Console(width=max(width, 1), force_terminal=is_screen or False)
    with console.capture() as captured:
        console.print(grid)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _records(columns: list[_Column], rows: int, width: int) -> str:
    """Return each row as a block of lines: name and value."""
    label = max(_length(column.name) for column in columns)
    lines = []
    for number in range(rows):
        lines.append(f"{f'─ row {number + 1} ':─<{min(width, label + _BETWEEN + _LEAST)}}")
        for column in columns:
            value = textwrap.wrap(column.cells[number], max(width - label - _BETWEEN, _LEAST)) or [""]
            lines += [f"{column.name:<{label}} │ {value[0]}".rstrip()]
            lines += [f"{'':<{label}} │ {more}" for more in value[1:]]
    return "\n".join(lines) + "\n"


def written(value: Any) -> str:
    """Return a cell as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    return f"{value:,}" if isinstance(value, Decimal) else str(value)


def _float(value: float) -> str:
    if not math.isfinite(value) or 0 < abs(value) < _SMALL:
        return f"{value:.4g}"  # four decimals would make a zero of it
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def _is_numeric(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _length(text: str) -> int:
    from rich.cells import cell_len

    return max((cell_len(line) for line in text.splitlines()), default=0)
