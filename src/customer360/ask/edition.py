"""Hold what asking needs of one published state: words, values, calendar, and which days have data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from customer360.ask.describe import Words
from customer360.ask.interpret import Interpreter
from customer360.ask.kept import kept_values
from customer360.ask.questionfiles import read_questions, read_synonyms
from customer360.ask.reply import Definition
from customer360.ask.valueindex import Listed, ValueIndex
from customer360.ask.verified import Verified
from customer360.ask.vocabulary import Vocabulary
from customer360.errors import NotPermitted
from customer360.semantic.calendar_units import Calendar
from customer360.semantic.conditions import members_of
from customer360.semantic.members import MEMBER, extremes_sql, members_sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from customer360.ask.reading import Reading
    from customer360.engines.base import Session
    from customer360.semantic.elements import SemanticField
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.periods import Period
    from customer360.semantic.principal import Principal
    from customer360.semantic.query import MetricQuery

MOST_VALUES = 1_000_000
"""Values of one dimension that are indexed."""
_OPEN = (None, "public", "internal")
"""Classifications whose values may be named in a question."""


@dataclass(frozen=True)
class Extent:
    """First and last day with rows, and how many rows there are."""

    low: date | None
    high: date | None
    rows: int


@dataclass
class Edition:
    """Everything that reading and answering questions needs of one snapshot, for one principal."""

    model: SemanticModel
    as_of: date
    vocabulary: Vocabulary
    values: ValueIndex
    interpreter: Interpreter
    words: Words
    principal: Principal
    dialect: str
    verified: Verified
    _extents: dict[tuple[str, str], Extent] = field(default_factory=dict)

    def extent(self, session: Session, owner: str, name: str) -> Extent:
        """Return the days on which a time axis has rows; asked once."""
        key = (owner, name)
        if key not in self._extents:
            found = self.model.directory.field(owner, name)
            assert found is not None  # noqa: S101 -- time fields are checked with the model
            sql = extremes_sql(self.model, found, as_of=self.as_of, dialect=self.dialect, principal=self.principal)
            (row,) = session.query(sql).to_pylist()
            self._extents[key] = Extent(_day(row["low"]), _day(row["high"]), int(row["rows"]))
        return self._extents[key]

    def axes(self, query: MetricQuery) -> Iterator[tuple[str, str]]:
        """Yield the time axes of the facts of a query."""
        atoms = (atom for name in query.metrics for atom in self.model.formulas[name].atoms.values())
        yield from dict.fromkeys(atom.time_field for atom in atoms if atom.time_field is not None)

    def rows_behind(self, session: Session, query: MetricQuery) -> int | None:
        """Return how many rows the facts of a query have, None when they have no time axis to ask with."""
        axes = dict(self.axes(query))
        return sum(self.extent(session, owner, name).rows for owner, name in axes.items()) if axes else None

    def missing_days(self, session: Session, query: MetricQuery) -> str | None:
        """Say that no data lie in the range of a query, and which range has some; None when there are."""
        held = members_of(query.where) if query.where is not None else ()
        missing = (self.missing_days(session, each.asked()) for each in held)
        found = next((text for text in missing if text is not None), None)
        period = self.words.days(query.time) if query.time is not None else None
        if period is None or found is not None:
            return found
        for owner, name in self.axes(query):
            extent = self.extent(session, owner, name)
            if extent.low is None or extent.high is None:
                continue
            if (period.start and period.start > extent.high) or (period.end and period.end < extent.low):
                asked = self.words.period(query.time)
                return f"There are no data for {asked}: they run from {extent.low} to {extent.high}."
        return None

    def partial_days(self, session: Session, query: MetricQuery) -> tuple[str, ...]:
        """Say when a range, or the one it is compared with, lies partly outside the data."""
        notes: list[str] = []
        period = self.words.days(query.time) if query.time else None
        for owner, name in self.axes(query):
            extent = self.extent(session, owner, name)
            if period is None or extent.low is None or extent.high is None:
                continue
            if period.start and period.start < extent.low:
                notes.append(f"The data start on {extent.low}.")
            if period.end and period.end > extent.high:
                notes.append(f"The data end on {extent.high}.")
        return (*dict.fromkeys(notes), *self._uneven(query, period))

    def _uneven(self, query: MetricQuery, period: Period | None) -> tuple[str, ...]:
        """Say that a period which still runs is compared with one that is longer."""
        other = self.words.days(query.compare.time) if query.compare and query.compare.time else None
        if period is None or other is None or period.end != self.as_of:
            return ()
        if period.start is None or other.start is None or other.end is None:
            return ()
        own, whole = (self.as_of - period.start).days + 1, (other.end - other.start).days + 1
        if own >= whole * 0.9:  # months are no even lengths
            return ()
        return (f"{own} days so far are compared with {whole}; 'same period last year' compares like with like.",)

    def nothing_found(self, reading: Reading) -> str:
        """Say that an answer is empty, with what the metric's description says about it."""
        titles = ", ".join(self.words.title(name) for name in reading.query.metrics)
        told = [
            d.description for d in self.definitions(reading.query.metrics) if d.description and "mpty" in d.description
        ]
        return " ".join([f"No data: nothing is recorded for {titles} under these conditions.", *told])

    def definitions(self, names: tuple[str, ...]) -> tuple[Definition, ...]:
        """Return what metrics mean."""
        return tuple(self.definition(name) for name in names)

    def definition(self, name: str) -> Definition:
        """Return what a metric means: words, formula, unit, tables, owner."""
        metric = self.model.metrics[name]
        bases = dict.fromkeys(atom.base for atom in self.model.formulas[name].atoms.values())
        return Definition(
            name=name,
            label=metric.title,
            description=metric.description,
            formula=metric.expression.text("ANSI_SQL"),
            unit=metric.c360.unit,
            tables=tuple(self.model.datasets[base].source for base in bases),
            owner=metric.c360.owner,
            place=str(metric.place),
        )


def open_edition(
    model: SemanticModel,
    session: Session,
    *,
    as_of: date,
    principal: Principal,
    dialect: str = "duckdb",
    root: Path | None = None,
) -> Edition:
    """Return an edition with the values of the data indexed, as the principal may see them."""
    further = [(each.word, each.means) for each in read_synonyms(root) if each.status == "approved"] if root else []
    vocabulary = Vocabulary(model, further)
    calendar = Calendar(model.c360.week_start, model.c360.fiscal_year_start_month)
    values = indexed(model, session, as_of=as_of, principal=principal, dialect=dialect, root=root)
    interpreter = Interpreter(vocabulary, values, as_of=as_of, calendar=calendar)
    words = Words(vocabulary, as_of, calendar)
    verified = Verified(read_questions(root) if root else (), values, as_of, calendar)
    return Edition(model, as_of, vocabulary, values, interpreter, words, principal, dialect, verified)


def indexed(
    model: SemanticModel,
    session: Session,
    *,
    as_of: date,
    principal: Principal,
    dialect: str = "duckdb",
    root: Path | None = None,
) -> ValueIndex:
    """Return the values that questions may name, as kept for this very state, else read from it and kept."""
    facts = (session.state, model.digest, as_of, principal.digest, dialect)
    return kept_values(root, facts, lambda: ValueIndex(_listed(model, session, as_of, principal, dialect)))


def is_indexed(found: SemanticField, principal: Principal) -> bool:
    """Say whether the values of a dimension may be named in questions: texts that are no keys and not classified."""
    if not found.is_dimension or found.datatype not in ("String", None) or found.c360.role == "key":
        return False
    if found.c360.value_index is not None:
        return found.c360.value_index
    is_hidden = found.qualified in principal.masks
    return not is_hidden and found.c360.mask is None and found.c360.classification in _OPEN


def _listed(
    model: SemanticModel, session: Session, as_of: date, principal: Principal, dialect: str
) -> Iterator[Listed]:
    """Yield each dimension whose values are indexed, with the values of the data and those the model declares."""
    for dataset in model.datasets.values():
        fields = [each for each in dataset.fields.values() if is_indexed(each, principal)]
        sql = members_sql(model, fields, as_of=as_of, dialect=dialect, principal=principal) if fields else ""
        try:
            members = session.query(sql) if sql else None
        except NotPermitted:  # whoever asks may not read that table: only what the model itself declares is known
            members = None
        for number, found in enumerate(fields):
            column = members.column(MEMBER.format(number)) if members is not None else None
            yield Listed(found.qualified, _values(found, column), _aliases(found))


def _values(found: SemanticField, members: pa.ChunkedArray | None) -> list[str]:
    declared = [str(value.value) for value in found.c360.values]
    texts = [] if members is None else map(str, members.drop_null().slice(0, MOST_VALUES).to_pylist())
    return sorted({*declared, *texts})


def _aliases(found: SemanticField) -> tuple[tuple[str, str], ...]:
    """Return the further words that the model gives for values."""
    declared = [
        (text, str(value.value)) for value in found.c360.values for text in (value.label, *value.synonyms) if text
    ]
    spoken = [(text, value) for value, texts in found.c360.value_words.items() for text in texts]
    return (*declared, *spoken)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
