"""Find which records are one person: the whole way from a table of records to people, in memory of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from customer360.clock import stopwatch
from customer360.identity import answers, given, stable_ids
from customer360.identity.blocking import block
from customer360.identity.guard import guard
from customer360.identity.linking import judge, link
from customer360.identity.model import Model
from customer360.identity.normalise import normalise, normalised
from customer360.identity.overrides import NO_OVERRIDES, Overrides
from customer360.identity.roles import roles_of
from customer360.identity.scoring import compare, know, remembered
from customer360.identity.settings import Settings
from customer360.identity.training import train

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Memory:
    """What a run knew, for the next: normalised records, compared pairs, the model.

    With it a run reads and compares only what is new, and weighs all else as before.
    """

    records: pa.Table
    pairs: pa.Table
    model: Model


@dataclass(frozen=True)
class Resolution:
    """What one run found.

    ``people``: record_id, person_id, records, linked_by, confidence. ``edges``: record_a, record_b, kind, rule,
    probability, weight, evidence, is_kept. ``review``: record_a, record_b, reason, probability, evidence.
    ``aliases``: old person id -> new one. ``dropped``: kind, reason, identifiers, records. ``seconds`` by phase.
    ``memory`` is there when it was asked for.
    """

    people: pa.Table
    edges: pa.Table
    review: pa.Table
    dropped: pa.Table
    aliases: Mapping[str, str]
    model: Model
    seconds: Mapping[str, float] = field(default_factory=dict)
    memory: Memory | None = None


def resolve(
    records: pa.Table,
    *,
    mapping: Mapping[str, str] | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
) -> pa.Table:
    """Return one row per record, in the records' order: record_id, person_id, records, linked_by, confidence.

    Records of one person share a ``person_id``; ``records`` counts them, ``linked_by`` names the rule (or
    ``probability``) of the record's strongest link, ``confidence`` is that link's probability (1 for a record alone).
    ``mapping`` gives columns their roles ({"given_name": "first_name"}); without it columns named like roles are
    used. ``records`` may be anything that yields an Arrow stream, such as a pandas or Polars frame. The answer does not
    depend on the order of records. Errors: RecordsMalformed, UnknownName, IdentityError.
    """
    records = given.table_of(records)
    found = run(records, mapping=mapping, settings=settings).people
    if found.num_rows == 0:
        return found
    wanted = pa.table({"record_id": given.ids(records), "place": np.arange(records.num_rows)})
    return wanted.join(found, "record_id").sort_by("place").drop_columns(["place"])


def run(
    records: pa.Table,
    *,
    mapping: Mapping[str, str] | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    known: pa.Table | None = None,
    overrides: Overrides = NO_OVERRIDES,
    model: Model | None = None,
    memory: Memory | None = None,
    remember: bool = False,
) -> Resolution:
    """Resolve with everything a pipeline needs: ids ``known`` from before, people's ``overrides``, a kept ``model``.

    ``known``: record_id, person_id, is_current. ``memory``: of an earlier run (made with ``remember``); its model is
    used unless another is given. Errors as in ``resolve``.
    """
    settings, records = Settings.of(settings), given.table_of(records)
    roles = roles_of(records, mapping)
    model = model or (memory.model if memory else None)
    watch = _Watch()
    with in_memory() as connection:
        normalise(connection, records, roles, settings, memory.records if memory else None)
        kept = normalised(connection) if remember else None
        watch("normalise")
        guard(connection, settings, overrides)
        watch("guard")
        know(connection, memory.pairs if memory else None, model)
        block(connection, settings)
        watch("block")
        if model is None:
            model = train(connection, settings)
            watch("train")
        compare(connection, model)
        pairs = remembered(connection, model) if remember else None
        judge(connection, model, settings)
        watch("score")
        link(connection, model, settings, overrides, _before(known))
        watch("cluster")
        people, aliases = _people(connection, settings, known)
        watch("ids")
        edges, review = answers.edges(connection, model, settings), answers.review(connection, model, settings)
        dropped = connection.execute("SELECT * FROM dropped ORDER BY ALL").to_arrow_table()
        watch("evidence")
    found = Memory(kept, pairs, model) if kept is not None and pairs is not None else None
    return Resolution(people, edges, review, dropped, aliases, model, watch.seconds, found)


def _before(known: pa.Table | None) -> Callable[[], pa.Table] | None:
    return None if known is None else lambda: known.filter(known["is_current"]).select(["record_id", "person_id"])


@contextmanager
def in_memory() -> Iterator[DuckDBPyConnection]:
    """Open a connection of one's own; what does not fit in memory goes to the system's folder for temporary files."""
    import tempfile

    import duckdb

    with tempfile.TemporaryDirectory() as folder, duckdb.connect(":memory:") as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET temp_directory = '{folder}'")
        yield connection


class _Watch:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = stopwatch()

    def __call__(self, phase: str) -> None:
        now = stopwatch()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._since
        self._since = now


def _people(
    connection: DuckDBPyConnection, settings: Settings, known: pa.Table | None
) -> tuple[pa.Table, Mapping[str, str]]:
    """Return people by record, and aliases."""
    members = connection.execute("SELECT record_id, label FROM member_of").to_arrow_table()
    given, aliases = stable_ids.assign(members, known)
    connection.register("given_ids", given)
    people = answers.people(connection, settings)
    connection.unregister("given_ids")
    return people, aliases
