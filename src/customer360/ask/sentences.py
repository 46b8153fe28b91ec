"""Say an answer in one sentence, with figure, unit, period and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.ask.figures import figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from customer360.ask.describe import Words
    from customer360.ask.reading import Reading
    from customer360.semantic.outputs import OutputColumn

Row = dict[str, Any]


def sentence(reading: Reading, words: Words, columns: Sequence[OutputColumn], rows: Sequence[Row]) -> str:
    """Return the sentence of an answer that has rows."""
    facts = {column.name: column for column in columns}
    figures = [column for column in columns if column.kind == "metric"]
    keys = [column for column in columns if column.kind != "metric"]
    limits = "; ".join(words.limits(reading, inside=True))
    about = f" ({limits})" if limits else ""
    if reading.part is not None:
        return _share(reading, words, facts, rows) + about + "."
    if not keys:
        return "; ".join(_stated(column, rows[0], facts) for column in figures if _is_main(column, facts)) + about + "."
    return _grouped(reading, keys, figures, rows) + about + "."


def _is_main(column: OutputColumn, facts: Mapping[str, OutputColumn]) -> bool:
    """Say whether a column is a figure itself, not its comparison."""
    return not any(
        column.name.startswith(f"{other}_") and facts[other].asked == column.asked
        for other in facts
        if other != column.name
    )


def _stated(column: OutputColumn, row: Row, facts: Mapping[str, OutputColumn]) -> str:
    text = f"{column.label}: {figure(row[column.name], column.unit, column.format)}"
    rate = f"{column.name}_change_rate"
    if rate in facts and row[rate] is not None:
        other = next(
            c
            for c in facts.values()
            if c.asked == column.asked and c.name not in (column.name, rate, f"{column.name}_change")
        )
        direction = "up" if row[rate] > 0 else "down" if row[rate] < 0 else "unchanged"
        by = "" if direction == "unchanged" else f" {figure(abs(row[rate]), 'percent_0_1', '.1%')}"
        text += f", {direction}{by} from {figure(row[other.name], column.unit, column.format)}"
    return text


def _share(reading: Reading, words: Words, facts: Mapping[str, OutputColumn], rows: Sequence[Row]) -> str:
    metric = reading.query.metrics[0]
    whole, share, part = (facts[name] for name in (metric, f"{metric}_share", f"{metric}_part"))
    if reading.query.dimensions:  # each row its own share
        return f"{words.head(reading)}: {len(rows)} rows"
    (row,) = rows
    shown = figure(row[share.name], share.unit, share.format)
    of = " of ".join(figure(row[each.name], each.unit, each.format) for each in (part, whole))
    return f"{words.head(reading)}: {shown}, {of}"


def _grouped(
    reading: Reading, keys: Sequence[OutputColumn], figures: Sequence[OutputColumn], rows: Sequence[Row]
) -> str:
    asked = reading.query.metrics if reading.query.windows else ()
    main = next((column for column in figures if column.asked in asked and column.name not in asked), figures[0])
    known = [row for row in rows if row[main.name] is not None]
    by = " and ".join(_key_label(column) for column in keys)
    start = f"{main.label} by {by}: {len(rows):,} {'row' if len(rows) == 1 else 'rows'}"
    if not known:
        return start
    ordered = sorted(known, key=lambda row: row[main.name], reverse=True)
    highest, lowest = ordered[0], ordered[-1]
    if reading.query.limit is not None and reading.query.order and not reading.query.order[0].descending:
        highest, lowest = lowest, highest
        return f"{start}, lowest {_member(highest, keys, main)}"
    if len(known) == 1:
        return f"{main.label} by {by}: {_member(highest, keys, main)}"
    if reading.query.limit is not None or len(known) > 50:  # noqa: PLR2004 -- nobody asks for the last of many
        return f"{start}, highest {_member(highest, keys, main)}"
    return f"{start}, highest {_member(highest, keys, main)}, lowest {_member(lowest, keys, main)}"


def _key_label(column: OutputColumn) -> str:
    return column.grain.replace("_", " ") if column.grain and column.label == "Time" else column.label


def _member(row: Row, keys: Sequence[OutputColumn], main: OutputColumn) -> str:
    named = " / ".join(_shown(row[column.name], column) for column in keys)
    return f"{named} with {figure(row[main.name], main.unit, main.format)}"


def _shown(value: Any, column: OutputColumn) -> str:
    if value is None:
        return "(none)"
    if column.grain in ("month",) and hasattr(value, "strftime"):
        return f"{value:%b %Y}"
    if column.grain in ("year",) and hasattr(value, "strftime"):
        return f"{value:%Y}"
    return figure(value, None, None) if not isinstance(value, int | float) else str(value)
