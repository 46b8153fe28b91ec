"""Find which records are one person: the whole way from a table of records to people, in memory of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from customer360.clock import stopwatch
from customer360.identity import evidence, stable_ids
from customer360.identity.blocking import block
from customer360.identity.cluster import MANUAL, Links
from customer360.identity.comparisons import EMAIL, NATIONAL
from customer360.identity.conflict import SURE, Clusters, Families, clusters
from customer360.identity.guard import guard
from customer360.identity.normalise import normalise
from customer360.identity.overrides import NO_OVERRIDES, Overrides
from customer360.identity.probabilistic import Model, present_comparisons, score, train
from customer360.identity.roles import roles_of
from customer360.identity.rules import RULES, VETOES
from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BY_HAND = "manual merge"
BY_WEIGHT = "probability"
REPEATED = "repeated record"


@dataclass(frozen=True)
class Resolution:
    """What one run found.

    ``people``: record_id, person_id, records, linked_by, confidence. ``edges``: record_a, record_b, kind, rule,
    probability, weight, evidence, is_kept. ``review``: record_a, record_b, reason, probability, evidence.
    ``aliases``: old person id -> new one. ``dropped``: kind, reason, identifiers, records. ``seconds`` by phase.
    """

    people: pa.Table
    edges: pa.Table
    review: pa.Table
    dropped: pa.Table
    aliases: Mapping[str, str]
    model: Model | None
    seconds: Mapping[str, float] = field(default_factory=dict)


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
    used. The answer does not depend on the order of records. Errors: RecordsMalformed, UnknownName, IdentityError.
    """
    found = run(records, mapping=mapping, settings=settings).people
    if found.num_rows == 0:
        return found
    wanted = pa.table({"record_id": records["record_id"].cast(pa.string()), "place": np.arange(records.num_rows)})
    return wanted.join(found, "record_id").sort_by("place").drop_columns(["place"])


def run(
    records: pa.Table,
    *,
    mapping: Mapping[str, str] | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    known: pa.Table | None = None,
    overrides: Overrides = NO_OVERRIDES,
    model: Model | None = None,
) -> Resolution:
    """Resolve with everything a pipeline needs: ids ``known`` from before, people's ``overrides``, a kept ``model``.

    ``known``: record_id, person_id, is_current. Errors as in ``resolve``.
    """
    import duckdb

    settings = Settings.of(settings)
    roles = roles_of(records, mapping)
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        return _Run(connection, settings, overrides, model).whole(records, roles, known)


class _Run:
    """One run: the phases share a connection and a clock."""

    def __init__(
        self, connection: DuckDBPyConnection, settings: Settings, overrides: Overrides, model: Model | None
    ) -> None:
        self.connection = connection
        self.settings = settings
        self.overrides = overrides
        self.model = model
        self.evidence = "''"
        self.same_identifier = "false"
        self.seconds: dict[str, float] = {}
        self._since = stopwatch()

    def whole(self, records: pa.Table, roles: Mapping[str, Sequence[str]], known: pa.Table | None) -> Resolution:
        """Run every phase."""
        normalise(self.connection, records, roles, self.settings)
        self._phase("normalise")
        guard(self.connection, self.settings)
        self._phase("guard")
        self._score()
        links, pairs = self._links()
        families = Families(self.model.twins, self.model.namesakes) if self.model else Families()
        found = clusters(self.connection, self._count("rep"), links, pairs, self.settings, families)
        self._phase("cluster")
        people, aliases = self._people(found, known)
        self._phase("ids")
        edges, review = self._edges(found), self._review()
        dropped = self.connection.execute("SELECT * FROM dropped ORDER BY ALL").to_arrow_table()
        self._phase("evidence")
        return Resolution(people, edges, review, dropped, aliases, self.model, self.seconds)

    def _phase(self, name: str) -> None:
        now = stopwatch()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now

    def _count(self, what: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {what}").fetchone()
        return int(row[0]) if row else 0

    def _score(self) -> None:
        """Make ``scored`` (maybe empty) and ``rep_place``: places 0 .. n - 1 of representatives."""
        self.connection.execute(
            "CREATE OR REPLACE TABLE rep_place AS SELECT rid, row_number() OVER (ORDER BY rid) - 1 AS place FROM rep"
        )
        block(self.connection, self.settings)
        self._phase("block")
        present = present_comparisons(self.connection)
        if not present or not self._count("pair"):
            self.connection.execute(
                "CREATE OR REPLACE TABLE scored"
                " (l INTEGER, r INTEGER, weight DOUBLE, rule INTEGER, veto INTEGER, probability DOUBLE)"
            )
            return
        model = self.model or train(self.connection, present, self.settings)
        self._phase("train")
        self.model = score(self.connection, present, model)
        self.evidence = evidence.sql(present, self.model)
        same = [f"gamma_{c.name} = {c.number('exact')}" for c in present if c.name in {EMAIL.name, NATIONAL.name}]
        self.same_identifier = f"({' OR '.join(same)})" if same else "false"
        self._phase("score")

    def _links(self) -> tuple[Links, list[tuple[int, int]]]:
        """Make ``link`` (numbered, ranked) from scores and overrides; return it with the pairs kept apart."""
        self._register_overrides()
        least = self.settings.link_probability if self._count("record") >= self.settings.probabilistic_from else 2.0
        self.connection.execute(
            f"""
            CREATE OR REPLACE TABLE link AS
            WITH accepted AS (
              SELECT l, r, rule, weight, probability,
                CASE WHEN rule > 0 THEN {SURE} + {len(RULES)} - rule + least(greatest(weight, 0), 99) / 100
                  ELSE least(weight, 99) END AS rank
              FROM scored WHERE veto = 0 AND (rule > 0 OR probability >= {least})
            ), by_hand AS (
              SELECT least(a.rep, b.rep) AS l, greatest(a.rep, b.rep) AS r, -1 AS rule, NULL AS weight,
                1.0 AS probability,
                {MANUAL} AS rank
              FROM manual JOIN repeat AS a ON a.rid = manual.l JOIN repeat AS b ON b.rid = manual.r WHERE a.rep <> b.rep
            )
            SELECT row_number() OVER (ORDER BY l, r, rank DESC) - 1 AS number, *
            FROM (FROM accepted UNION ALL BY NAME FROM by_hand)
            """
        )
        table = self.connection.execute(
            "SELECT a.place AS l, b.place AS r, rank FROM link JOIN rep_place AS a ON a.rid = l"
            " JOIN rep_place AS b ON b.rid = r ORDER BY number"
        ).to_arrow_table()
        links = Links(*(table[name].to_numpy() for name in ("l", "r", "rank")))
        never = self.connection.execute(
            "SELECT DISTINCT a.place, b.place FROM kept_apart"
            " JOIN rep_place AS a ON a.rid = l JOIN rep_place AS b ON b.rid = r"
        ).fetchall()
        return links, [(int(one), int(other)) for one, other in never]

    def _register_overrides(self) -> None:
        """Make ``manual`` and ``kept_apart`` of record numbers; records that are gone are passed over."""
        for name, pairs in (("manual", self.overrides.merged), ("kept_apart", self.overrides.apart)):
            left, right = [one for one, _ in pairs], [other for _, other in pairs]
            self.connection.register(
                "given_pairs", pa.table({"a": pa.array(left, pa.string()), "b": pa.array(right, pa.string())})
            )
            self.connection.execute(
                f"CREATE OR REPLACE TABLE {name} AS SELECT x.rid AS l, y.rid AS r FROM given_pairs AS g"
                " JOIN record AS x ON x.record_id = g.a JOIN record AS y ON y.record_id = g.b"
            )
            self.connection.unregister("given_pairs")

    def _people(self, found: Clusters, known: pa.Table | None) -> tuple[pa.Table, Mapping[str, str]]:
        """Return people by record, and aliases."""
        self.connection.register("labelled", pa.table({"place": np.arange(len(found.label)), "label": found.label}))
        self.connection.execute(
            "CREATE OR REPLACE TABLE member_of AS SELECT record.rid, record_id, label, rep FROM record"
            " JOIN repeat USING (rid) JOIN rep_place ON rep_place.rid = rep JOIN labelled USING (place)"
        )
        self.connection.unregister("labelled")
        self.connection.register("cut", pa.table({"number": found.cut}))
        self.connection.execute("CREATE OR REPLACE TABLE cut_link AS SELECT * FROM cut")
        self.connection.unregister("cut")
        members = self.connection.execute("SELECT record_id, label FROM member_of").to_arrow_table()
        given, aliases = stable_ids.assign(members, known)
        self.connection.register(
            "given_ids",
            pa.table(
                {
                    "first_record": pa.array(given.keys(), pa.string()),
                    "person_id": pa.array(given.values(), pa.string()),
                }
            ),
        )
        people = self.connection.execute(_PEOPLE.format(names=_names(RULES))).to_arrow_table()
        self.connection.unregister("given_ids")
        return people, aliases

    def _edges(self, found: Clusters) -> pa.Table:
        self.connection.register("kept_label", pa.table({"place": np.arange(len(found.label)), "label": found.label}))
        self.connection.execute(_LABELS)
        self.connection.unregister("kept_label")
        return self.connection.execute(_EDGES.format(names=_names(RULES), evidence=self.evidence)).to_arrow_table()

    def _review(self) -> pa.Table:
        """Return pairs for people to judge: cut links, pairs between the thresholds, vetoed ones that share an id."""
        sql = _REVIEW.format(
            names=_names(VETOES),
            evidence=self.evidence,
            least=self.settings.review_probability,
            identifier=self.same_identifier,
        )
        return self.connection.execute(sql).to_arrow_table()


def _names(rules: Sequence[Any]) -> str:
    return "[" + ", ".join(f"'{rule.name}'" for rule in rules) + "]"


_PEOPLE = """
WITH best AS (
  SELECT rid, arg_max(rule, (rank, -number)) AS rule, arg_max(probability, (rank, -number)) AS probability FROM (
    SELECT l AS rid, rule, rank, number, probability FROM link ANTI JOIN cut_link USING (number)
    UNION ALL SELECT r, rule, rank, number, probability FROM link ANTI JOIN cut_link USING (number)
  ) GROUP BY rid
), cluster AS (
  SELECT *, min(record_id) OVER (PARTITION BY label) AS first_record, count(*) OVER (PARTITION BY label) AS records,
    count(*) OVER (PARTITION BY rep) AS repeats
  FROM member_of
)
SELECT c.record_id, i.person_id, c.records,
  CASE WHEN best.rule = -1 THEN 'manual merge' WHEN best.rule = 0 THEN 'probability'
    WHEN best.rule > 0 THEN {names}[best.rule] WHEN c.repeats > 1 THEN 'repeated record'
    ELSE 'own record' END AS linked_by,
  CASE WHEN best.rule > 0 THEN greatest(best.probability, 0.95) ELSE coalesce(best.probability, 1.0) END AS confidence
FROM cluster AS c JOIN given_ids AS i USING (first_record) LEFT JOIN best ON best.rid = c.rep
ORDER BY c.rid
"""

_LABELS = """
CREATE OR REPLACE TABLE label_of AS
SELECT rid, record_id, label FROM rep_place JOIN kept_label USING (place) JOIN record USING (rid)
"""

_EDGES = """
WITH weighed AS (
  SELECT l, r, {evidence} AS evidence FROM scored SEMI JOIN link ON link.l = scored.l AND link.r = scored.r
),
told AS (
  SELECT link.*, weighed.evidence, c.number IS NOT NULL AS is_cut
  FROM link LEFT JOIN weighed ON weighed.l = link.l AND weighed.r = link.r
  LEFT JOIN cut_link AS c ON c.number = link.number
), reps AS (
  SELECT p.record_id AS record_a, q.record_id AS record_b,
    CASE WHEN rule > 0 THEN 'deterministic' WHEN rule = 0 THEN 'probabilistic' ELSE 'manual' END AS kind,
    CASE WHEN rule > 0 THEN {names}[rule] WHEN rule = 0 THEN 'probability' ELSE 'manual merge' END AS rule,
    probability, weight, coalesce(evidence, '') AS evidence, p.label = q.label AND NOT is_cut AS is_kept
  FROM told JOIN label_of AS p ON p.rid = told.l JOIN label_of AS q ON q.rid = told.r
), repeated AS (
  SELECT x.record_id, y.record_id, 'deterministic', 'repeated record', 1.0, NULL, 'everything: exact', true
  FROM repeat JOIN record AS x ON x.rid = repeat.rep JOIN record AS y ON y.rid = repeat.rid
  WHERE repeat.rid <> repeat.rep
)
FROM reps UNION ALL FROM repeated ORDER BY record_a, record_b, kind
"""

_REVIEW = """
WITH numbered AS (SELECT l, r, max(number) AS number FROM link WHERE rule >= 0 GROUP BY l, r),
doubt AS (
  SELECT scored.*, c.number IS NOT NULL AS is_cut,
    CASE WHEN c.number IS NOT NULL THEN 'conflict: the link was cut'
      WHEN veto > 0 THEN 'kept apart: ' || {names}[veto]
      WHEN probability < {least} THEN 'shared identifier, too little else' ELSE 'between the thresholds' END AS reason
  FROM (SELECT * FROM scored WHERE probability >= {least} OR rule > 0 OR {identifier}) AS scored
  LEFT JOIN numbered ON numbered.l = scored.l AND numbered.r = scored.r
  LEFT JOIN cut_link AS c ON c.number = numbered.number
  WHERE c.number IS NOT NULL OR (numbered.number IS NULL AND (veto = 0 OR {identifier}))
)
SELECT p.record_id AS record_a, q.record_id AS record_b, reason, probability, weight, {evidence} AS evidence
FROM doubt JOIN label_of AS p ON p.rid = doubt.l JOIN label_of AS q ON q.rid = doubt.r
WHERE p.label <> q.label
ORDER BY NOT is_cut, probability DESC, record_a, record_b
"""
