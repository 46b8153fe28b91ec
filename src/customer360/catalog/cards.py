"""Describe every output port of a project: owner, version, access, columns, quality, freshness, and what it feeds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from customer360.ask.questionfiles import plain_questions
from customer360.catalog.footing import Footing, footing
from customer360.catalog.graph import LineageGraph
from customer360.catalog.metrics import Named, metrics_of, models_by_name, of_first, shown_on
from customer360.catalog.promises import Promise, promises
from customer360.errors import UnknownName
from customer360.governance.ports import Port, ports_of
from customer360.models.lineage import Edge, column_lineage
from customer360.models.state import CHECK_LOG, STATE
from customer360.names import RAW_PREFIX
from customer360.semantic.describe import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.engines.base import Engine, Session
    from customer360.names import Relation
    from customer360.project.glossary import Term
    from customer360.project.spec import Domain, Project
    from customer360.semantic.model import SemanticModel


MOST_QUESTIONS = 10
"""Verified questions that a port shows."""


@dataclass(frozen=True)
class Quality:
    """How many checks of one dimension held at the last build."""

    dimension: str
    held: int
    failed: int
    not_run: int


@dataclass(frozen=True)
class Built:
    """What the last build says of a table."""

    rows: int | None = None
    as_of: date | None = None
    built_at: datetime | None = None


@dataclass(frozen=True)
class Card:
    """One output port as the catalogue shows it. Tables, metrics and dashboards are named, never their figures."""

    port: Port
    domain: Domain | None
    built: Built
    quality: tuple[Quality, ...]
    reads: tuple[str, ...]
    read_by: tuple[str, ...]
    metrics: tuple[str, ...]
    dashboards: tuple[str, ...]
    terms: tuple[Term, ...] = ()
    """Words of the glossary that name this port, or one of its metrics."""
    audiences: tuple[str, ...] = ()
    """Audiences that stand on it or on one of its metrics."""
    kind: str = ""
    """source-aligned, aggregate or consumer-aligned: what its product reads, and who reads that."""
    promises: tuple[Promise, ...] = ()
    """Service levels of its contract, as the last build found them."""
    questions: tuple[str, ...] = ()
    """Verified questions that its metrics answer; told of one port, not in lists."""

    @property
    def id(self) -> str:
        """What requests and grants call it."""
        return self.port.id

    @property
    def has_personal(self) -> bool:
        """Whether it holds personal columns."""
        return any("pii" in (tag.casefold() for tag in column.tags) for column in self.port.contract.columns)

    @property
    def is_sound(self) -> bool:
        """Whether every check that ran at the last build held."""
        return not any(each.failed for each in self.quality)

    def fits(self, text: str) -> bool:
        """Say whether every word of a search stands in its names, descriptions, columns, metrics or owners."""
        held = " ".join(self._words()).casefold().replace("_", " ")
        return all(word in held for word in text.casefold().replace("_", " ").split())

    def _words(self) -> list[str]:
        port = self.port
        words = [
            port.id,
            port.name,
            port.product.name,
            self.kind,
            port.description or "",
            port.contract.description or "",
        ]
        words += [self.domain.label if self.domain else "", *port.product.owners, *self.metrics, *self.dashboards]
        words += [word for term in self.terms for word in (term.word, *term.synonyms)]
        return words + [f"{column.name} {column.description or ''}" for column in port.contract.columns]


class Catalogue:
    """The catalogue of one project. Files are read once; what builds say is read when asked."""

    def __init__(self, project: Project, model: SemanticModel | None = None, *others: SemanticModel) -> None:
        self._project = project
        self._model = model
        self._models = (model, *others) if model is not None else ()
        self.domains: tuple[Domain, ...] = project.settings.domains

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Which column is made of which."""
        return column_lineage(self._project)

    @cached_property
    def graph(self) -> LineageGraph:
        """What feeds what, to be drawn."""
        return LineageGraph(self._project, self.edges, *self._models)

    @cached_property
    def _ports(self) -> dict[Relation, Port]:
        return ports_of(self._project)

    @cached_property
    def _metrics(self) -> Mapping[str, frozenset[Named]]:
        """Metrics by the table they are computed from."""
        found: dict[str, set[Named]] = defaultdict(set)
        for name, model in models_by_name(self._project, self._models):
            for metric in describe(model):
                for base in metric.bases:
                    if base in model.datasets:
                        found[model.datasets[base].source].add((name, metric.name))
        return {table: frozenset(metrics) for table, metrics in found.items()}

    def metrics_on(self, port: str) -> frozenset[Named]:
        """Return the metrics that are computed from a port."""
        return self._metrics.get(port, frozenset())

    @cached_property
    def _flows(self) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
        """Tables that each table reads, and that read it."""
        reads: dict[str, set[str]] = defaultdict(set)
        read_by: dict[str, set[str]] = defaultdict(set)
        for edge in self.edges:
            if edge.source is not None and edge.source != edge.to:
                reads[str(edge.to)].add(str(edge.source))
                read_by[str(edge.source)].add(str(edge.to))
        return (
            {table: frozenset(names) for table, names in reads.items()},
            {table: frozenset(names) for table, names in read_by.items()},
        )

    def dashboards_of(self, metrics: frozenset[Named]) -> tuple[str, ...]:
        """Return the dashboards that show one of these metrics."""
        return tuple(
            board.name for board in self._project.dashboards.values() if metrics & shown_on(board, self._project)
        )

    @cached_property
    def _footings(self) -> Mapping[str, Footing]:
        """What each audience stands on."""
        if self._model is None:
            return {}
        settings, audiences = self._project.settings, self._project.audiences.values()
        return {each.name: footing(each, settings, self._model) for each in audiences}

    def audiences_on(self, port: str, metrics: frozenset[str], column: str | None = None) -> tuple[str, ...]:
        """Return the audiences that stand on a port (one column of it) or on one of these metrics."""
        return tuple(name for name, each in self._footings.items() if each.stands_on(port, metrics, column))

    def published(self, engine: Engine, *, search: str | None = None) -> tuple[Card, ...]:
        """Return every port (that fits a search) with what the last build says of it, if there was one."""
        if not engine.exists():
            return self.cards(search=search)
        with engine.read() as session:
            return self.cards(session, search=search)

    def published_card(self, engine: Engine, name: str) -> Card:
        """Return one port with what the last build says of it, if there was one. Errors: UnknownName."""
        if not engine.exists():
            return self.card(name)
        with engine.read() as session:
            return self.card(name, session)

    def cards(self, session: Session | None = None, *, search: str | None = None) -> tuple[Card, ...]:
        """Return every port (that fits a search), by domain, product and name; a session tells of the last build."""
        built, quality, kept = _built(session), _quality(session), promises(session)
        cards = (self._card(port, built, quality, kept) for port in self._ports.values())
        found = [card for card in cards if not search or card.fits(search)]
        return tuple(sorted(found, key=lambda card: (card.port.product.domain or "", card.port.product.name, card.id)))

    def card(self, name: str, session: Session | None = None) -> Card:
        """Return one port. Errors: UnknownName."""
        found = {port.id: port for port in self._ports.values()}
        if name not in found:
            raise UnknownName("port", name, list(found))
        card = self._card(found[name], _built(session), _quality(session), promises(session))
        return replace(card, questions=self._questions(self.metrics_on(name)))

    def _questions(self, metrics: frozenset[Named]) -> tuple[str, ...]:
        """Return the verified questions that ask for one of these metrics, as they are asked."""
        found = (each for each in plain_questions(self._project.root) if metrics & metrics_of(each.query))
        return tuple(each.question for each in islice(found, MOST_QUESTIONS))

    def _kind(self, port: Port) -> str:
        """Say what a port's product is: source-aligned (it reads raw tables), aggregate or for consumers."""
        reads, read_by = self._flows
        own = [str(relation) for relation in self._project.models if relation.schema == port.relation.schema]
        if any(source.startswith(RAW_PREFIX) for table in own for source in reads.get(table, ())):
            return "source-aligned"
        feeds = {reader.partition(".")[0] for table in own for reader in read_by.get(table, ())}
        return "aggregate" if feeds - {port.relation.schema} else "consumer-aligned"

    def _card(
        self,
        port: Port,
        built: Mapping[str, Built],
        quality: Mapping[str, tuple[Quality, ...]],
        kept: Mapping[str, tuple[Promise, ...]],
    ) -> Card:
        reads, read_by = self._flows
        metrics = self.metrics_on(port.id)
        names = {name for _, name in metrics}
        return Card(
            port,
            next((domain for domain in self.domains if domain.name == port.product.domain), None),
            built.get(port.id, Built()),
            quality.get(port.id, ()),
            tuple(sorted(reads.get(port.id, ()))),
            tuple(sorted(read_by.get(port.id, ()))),
            tuple(sorted(names)),
            self.dashboards_of(metrics),
            tuple(term for term in self._project.glossary if port.id in term.ports or names.intersection(term.metrics)),
            self.audiences_on(port.id, of_first(metrics)),
            self._kind(port),
            kept.get(port.id, ()),
        )


def _built(session: Session | None) -> dict[str, Built]:
    if session is None or STATE not in session.relations():
        return {}
    rows = session.query(f"SELECT table_schema, table_name, row_count, as_of, built_at FROM {STATE.sql}").to_pylist()
    return {
        f"{row['table_schema']}.{row['table_name']}": Built(row["row_count"], row["as_of"], row["built_at"])
        for row in rows
    }


def _quality(session: Session | None) -> dict[str, tuple[Quality, ...]]:
    """Return the last outcome of every rule, counted by table and dimension."""
    if session is None or CHECK_LOG not in session.relations():
        return {}
    sql = (
        "WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY table_schema, table_name, rule_id, column_name"
        f" ORDER BY started_at DESC) AS place FROM {CHECK_LOG.sql})"
        " SELECT table_schema || '.' || table_name AS port, coalesce(dimension, 'other') AS dimension,"
        " count(*) FILTER (WHERE outcome = 'passed') AS held, count(*) FILTER (WHERE outcome = 'failed') AS failed,"
        " count(*) FILTER (WHERE outcome NOT IN ('passed', 'failed')) AS not_run"
        " FROM ranked WHERE place = 1 GROUP BY ALL ORDER BY 1, 2"
    )
    found: dict[str, list[Quality]] = defaultdict(list)
    for row in session.query(sql).to_pylist():
        found[row["port"]].append(Quality(row["dimension"], row["held"], row["failed"], row["not_run"]))
    return {port: tuple(each) for port, each in found.items()}
