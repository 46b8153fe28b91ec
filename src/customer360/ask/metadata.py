"""Answer questions about metrics and data: what they mean, where they come from, how fresh they are, what there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from customer360.ask.inflect import stems
from customer360.ask.lineage import relations_of, sources_behind
from customer360.ask.metaforms import Asked
from customer360.ask.reply import Definition, Reply
from customer360.ask.subject import Subject, subject_of
from customer360.semantic.describe import describe, describe_dimensions
from customer360.semantic.members import members_among_sql
from customer360.semantic.outputs import OutputColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from customer360.ask.edition import Edition
    from customer360.engines.base import Session
    from customer360.project.spec import Project

_SHOWN = 12
"""Names that a sentence lists; the table has all."""


@dataclass(frozen=True)
class Told:
    """The parts of a reply about the data."""

    text: str
    rows: tuple[dict[str, Any], ...] = ()
    definitions: tuple[Definition, ...] = ()


class Metadata:
    """Answers about one state of the data."""

    def __init__(self, project: Project, edition: Edition, session: Session) -> None:
        self._project = project
        self._edition = edition
        self._session = session

    def told(self, asked: Asked) -> Told | None:
        """Return the answer; None when what is asked about has no answer of this form. Names must be known before."""
        subject = subject_of(self._edition, asked.words)
        forms: dict[str, Callable[[Subject], Told | None]] = {
            "definition": self._definition,
            "freshness": self._freshness,
            "coverage": self._coverage,
            "lineage": self._lineage,
            "owner": self._owner,
            "catalogue": self._catalogue,
            "dimensions": self._dimensions,
            "values": self._values,
            "rows": self._rows,
        }
        return forms[asked.form](subject) if subject.is_known else None

    def _definition(self, subject: Subject) -> Told | None:
        found = [self._edition.definition(name) for name in subject.metrics]
        found += [self._of_field(name) for name in subject.fields]
        texts = [f"{each.label}: {each.description or 'no description.'}" for each in found]
        for name, value in subject.values:
            each = self._of_field(name)
            found.append(each)
            texts.append(f"{value} is a value of {each.label}. {each.label}: {each.description or 'no description.'}")
        if not found and not subject.is_everything:
            for name in subject.datasets:
                dataset = self._edition.model.datasets[name]
                texts.append(
                    f"{dataset.source}: {dataset.description or 'no description.'} {dataset.grain.capitalize()}."
                )
        rows = tuple({"name": each.name, "meaning": each.description, "formula": each.formula} for each in found)
        return Told(" ".join(dict.fromkeys(texts)), rows, tuple(found)) if texts else None

    def _of_field(self, name: str) -> Definition:
        field = self._edition.vocabulary.field(name)
        assert field is not None  # noqa: S101 -- names of the vocabulary are fields of the model
        source = self._edition.model.datasets[field.dataset].source
        expression = field.expression.text("ANSI_SQL")
        return Definition(name, field.title, field.description, expression, None, (source,), None, str(field.place))

    def _freshness(self, subject: Subject) -> Told | None:
        rows = self._extents(subject)
        newest = max((row["last_day"] for row in rows if row["last_day"]), default=None)
        as_of = f"Figures stand on {self._edition.as_of} (snapshot {self._session.snapshot})."
        if newest is None:
            return Told(f"No dates are kept for {subject.text}. {as_of}", tuple(rows))
        return Told(f"The newest day of {subject.text} is {newest}. {as_of}", tuple(rows))

    def _coverage(self, subject: Subject) -> Told | None:
        rows = [row for row in self._extents(subject) if row["first_day"]]
        if not rows:
            return Told(f"No dates are kept for {subject.text}.")
        first, last = min(row["first_day"] for row in rows), max(row["last_day"] for row in rows)
        return Told(f"{subject.text.capitalize()}: {first} to {last}.", tuple(rows))

    def _extents(self, subject: Subject) -> list[dict[str, Any]]:
        rows = []
        for name in subject.datasets:
            dataset = self._edition.model.datasets[name]
            axis = dataset.c360.time_field or dataset.c360.freshness_field
            if axis is None or axis not in dataset.fields:
                continue
            extent = self._edition.extent(self._session, name, axis)
            rows.append(
                {"table": dataset.source, "first_day": extent.low, "last_day": extent.high, "rows": extent.rows}
            )
        return rows

    def _rows(self, subject: Subject) -> Told | None:
        rows = [{"table": row["table"], "rows": row["rows"]} for row in self._extents(subject)]
        if not rows:
            return None
        return Told("; ".join(f"{row['table']}: {row['rows']:,} rows" for row in rows) + ".", tuple(rows))

    def _lineage(self, subject: Subject) -> Told | None:
        datasets = [self._edition.model.datasets[name].source for name in subject.datasets]
        tables = tuple(dict.fromkeys(str(each) for source in datasets for each in relations_of(source)))
        sources = sources_behind(self._project, tables)
        named = ", ".join(f"{source} ({', '.join(names)})" for source, names in sources.items())
        rows = tuple({"source": source, "table": name} for source, names in sources.items() for name in names)
        told = f" It is fed by {named}." if named else ""
        found = tuple(self._edition.definition(name) for name in subject.metrics)
        return Told(f"{subject.text.capitalize()} comes from {', '.join(tables)}.{told}", rows, found)

    def _owner(self, subject: Subject) -> Told | None:
        found = [self._edition.definition(name) for name in subject.metrics]
        owned = [each for each in found if each.owner]
        if not owned:
            return Told(f"No owner is named for {subject.text}.") if found else None
        rows = tuple({"name": each.name, "owner": each.owner} for each in owned)
        return Told(" ".join(f"{each.label} is owned by {each.owner}." for each in owned), rows, tuple(owned))

    def _catalogue(self, _subject: Subject) -> Told:
        known = describe(self._edition.model)
        rows = tuple({"metric": m.label, "name": m.name, "unit": m.unit, "meaning": m.description} for m in known)
        return Told(f"There are {len(rows)} metrics, such as {_some([m.label for m in known])}.", rows)

    def _dimensions(self, subject: Subject) -> Told:
        reached = {name for d in describe(self._edition.model) if d.name in subject.metrics for name in d.dimensions}
        every = [d for d in describe_dimensions(self._edition.model) if not reached or d.name in reached]
        rows = tuple({"dimension": d.label, "name": d.name, "meaning": d.description} for d in every)
        about = f" for {subject.text}" if reached else ""
        return Told(f"There are {len(rows)} dimensions{about}, such as {_some([d.label for d in every])}.", rows)

    def _kind(self, name: str, text: str) -> tuple[str, str] | None:
        """Return the one value of another dimension of the same things that a word for them names too."""
        owner = name.rpartition(".")[0]
        lookup = self._edition.values.lookup(stems(tuple(text.split())))
        found = [(field, value) for field, value in lookup if field != name and field.rpartition(".")[0] == owner]
        return found[0] if len(found) == 1 else None

    def _members(self, name: str, kind: tuple[str, str]) -> list[Any]:
        edition = self._edition
        field, other = edition.vocabulary.field(name), edition.vocabulary.field(kind[0])
        assert field is not None and other is not None  # noqa: S101, PT018 -- names of the vocabulary
        sql = members_among_sql(
            edition.model,
            field,
            (other, kind[1]),
            as_of=edition.as_of,
            dialect=edition.dialect,
            principal=edition.principal,
        )
        return sorted(str(value) for value in self._session.query(sql).column("member").to_pylist())

    def _values(self, subject: Subject) -> Told | None:
        told: list[str] = []
        rows: list[dict[str, Any]] = []
        for name in subject.fields:
            known: Sequence[Any] | None = self._edition.values.near.get(name)
            if known is None or self._edition.vocabulary.is_key(name):
                continue
            label = self._edition.vocabulary.title(name)
            kind = self._kind(name, subject.text)
            if kind is not None:  # which warehouses: a word for all places, and the kind of some
                known, label = self._members(name, kind), kind[1]
            told.append(f"{label} has {len(known)} values: {_some([str(value) for value in known])}.")
            rows += [{"dimension": label, "value": value} for value in known]
        return Told(" ".join(told), tuple(rows)) if told else None


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def as_reply(question: str, told: Told, edition: Edition, session: Session) -> Reply:
    """Return a reply about the data."""
    table = pa.Table.from_pylist(list(told.rows)) if told.rows else None
    columns = () if table is None else tuple(_column(name) for name in table.column_names)
    return Reply(
        question,
        "answered",
        told.text,
        table=table,
        columns=columns,
        chart="table" if table is not None else None,
        definitions=told.definitions,
        trust="metadata",
        as_of=edition.as_of,
        snapshot=session.snapshot,
    )


def _column(name: str) -> OutputColumn:
    return OutputColumn(name, name, name.replace("_", " ").capitalize(), "dimension")
