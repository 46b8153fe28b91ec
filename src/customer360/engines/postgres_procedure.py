"""Hold the PL/pgSQL around a build: who may run it now, how its tables become the next state, what is kept.

It does what ``postgres_writer.py`` and ``postgres_public.py`` do, inside the server. Names of ours begin with
``c360_``; where a column has such a name too, the column is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from customer360.engines.postgres_versions import Versions
from customer360.names import Relation, quoted

_TEXT = """\
{header}
CREATE OR REPLACE PROCEDURE {name}(as_of date DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = {search_path}
SET "TimeZone" = 'UTC'
SET "DateStyle" = 'ISO, YMD'
SET "IntervalStyle" = 'postgres'
SET jit = off
SET application_name = '{label}'
AS {quote}
#variable_conflict use_column
DECLARE
  c360_as_of date;
  c360_number bigint;
  c360_build_id text := replace(gen_random_uuid()::text, '-', '');
  c360_started timestamp := clock_timestamp() AT TIME ZONE 'UTC';
  c360_deadline timestamptz;
  c360_row record;
  c360_text text;
  c360_said text;
  c360_failed text := '';
  c360_warned text := '';
  c360_expired bigint[];
{variables}BEGIN
{begin}
{body}
{end}
END
{quote};
"""
_BEGIN = """\
IF current_setting('transaction_isolation') <> 'read committed' THEN
  RAISE EXCEPTION 'The procedure has to see what others publish.'
    USING HINT = 'CALL it in a transaction of its own, with isolation level READ COMMITTED.';
END IF;
IF NOT pg_try_advisory_xact_lock({lock}, 0) THEN
  SELECT a.application_name || ', since ' || to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS') || ' UTC' INTO c360_said
  FROM pg_locks AS l
  JOIN pg_stat_activity AS a ON a.pid = l.pid
  JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()
  WHERE l.locktype = 'advisory' AND l.granted AND l.classid = {lock_bits}::bigint::oid AND l.objid = 0;
  RAISE EXCEPTION 'The warehouse is being written by %.', coalesce(c360_said, 'another process')
    USING HINT = 'CALL the procedure again when that is done; readers are not affected.';
END IF;
SELECT max(id) + 1 INTO c360_number FROM {states};
c360_as_of := coalesce(as_of, {as_of});
IF c360_as_of IS NULL THEN
  RAISE EXCEPTION 'The as-of date cannot be found: the tables it comes from are empty.'
    USING HINT = 'Load data first, or name a date: CALL {name}(''2024-11-30'').';
END IF;"""
_END = """\
IF c360_warned <> '' THEN
  RAISE WARNING 'Checks warn: %.', c360_warned;
END IF;
IF c360_failed <> '' THEN
  RAISE EXCEPTION 'Blocking checks failed, so nothing was published: %.', c360_failed
    USING HINT = 'Correct the data, the model or the contract, then CALL the procedure again.';
END IF;

-- The new tables become the next state, and the views show it; all of it with the commit.
INSERT INTO {states}
VALUES (c360_number, clock_timestamp(), 'CALL {label}', '{label}, called by ' || session_user);
c360_deadline := clock_timestamp() + interval '{patience} seconds';
FOR c360_row IN
  SELECT * FROM (VALUES
{made}
  ) AS made (schema_name, table_name, working, stem, definition, columns)
LOOP
  c360_text := c360_row.stem || '__v' || c360_number;
  EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', c360_row.schema_name, c360_row.working, c360_text);
  UPDATE {members} SET last_state = c360_number
  WHERE schema_name = c360_row.schema_name AND table_name = c360_row.table_name AND last_state IS NULL;
  INSERT INTO {members}
  VALUES (
    c360_row.schema_name, c360_row.table_name, c360_number, NULL, c360_row.schema_name || '.' || c360_text,
    replace(c360_row.definition, '{placeholder}', c360_as_of::text), c360_row.columns
  );
  LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '200ms', true);
      EXECUTE format(
        'CREATE OR REPLACE VIEW %I.%I AS SELECT * FROM %I.%I',
        c360_row.schema_name, c360_row.table_name, c360_row.schema_name, c360_text
      );
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      IF clock_timestamp() > c360_deadline THEN
        RAISE EXCEPTION 'Another session keeps the view %.% locked, so nothing was published.',
          c360_row.schema_name, c360_row.table_name
          USING HINT = 'End its transaction (pg_stat_activity shows it) and CALL the procedure again.';
      END IF;
      PERFORM pg_sleep(0.1);
    END;
  END LOOP;
END LOOP;

-- States beyond the newest {keep} go, unless somebody reads them.
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);
  SELECT array_agg(old.id) INTO c360_expired
  FROM (SELECT id FROM {states} ORDER BY id DESC OFFSET {keep}) AS old
  WHERE pg_try_advisory_xact_lock({lock}, old.id::integer);
  DELETE FROM {states} WHERE id = ANY (c360_expired);
  FOR c360_row IN
    WITH gone AS (
      DELETE FROM {members} AS m
      WHERE m.last_state IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM {states} AS s WHERE s.id >= m.first_state AND s.id < m.last_state)
      RETURNING m.schema_name, m.table_name, m.first_state, m.physical, m.definition
    )
    SELECT
      CASE WHEN definition IS NULL THEN 'TABLE' ELSE 'VIEW' END AS kind,
      string_agg(DISTINCT
        format('%I.%I', split_part(physical, '.', 1), substr(physical, strpos(physical, '.') + 1)), ', '
      ) AS names
    FROM gone
    WHERE NOT EXISTS (
      SELECT 1 FROM {members} AS m
      WHERE m.physical = gone.physical
        AND (m.schema_name, m.table_name, m.first_state) NOT IN (SELECT schema_name, table_name, first_state FROM gone)
    )
    GROUP BY kind
    ORDER BY kind DESC
  LOOP
    EXECUTE format('DROP %s IF EXISTS %s', c360_row.kind, c360_row.names);
  END LOOP;
EXCEPTION WHEN lock_not_available OR dependent_objects_still_exist THEN
  RAISE NOTICE 'Old states are dropped the next time: somebody looks at them.';
END;
PERFORM set_config('lock_timeout', '0', true);"""
_QUOTE = "$procedure$"


@dataclass(frozen=True)
class Made:
    """A table or view that the procedure makes."""

    relation: Relation
    working: str
    """Its name while it is being made."""
    stem: str
    """What the number of its version is put behind."""
    definition: str | None
    columns: str


@dataclass(frozen=True)
class Procedure:
    """What a procedure consists of beside its statements."""

    name: Relation
    header: Sequence[str]
    versions: Versions
    keep: int
    patience: float
    as_of: str
    """SQL (PostgreSQL's) of the as-of date where the caller names none."""
    placeholder: str
    variables: Sequence[tuple[str, str]]
    made: Sequence[Made]
    search_path: str
    """Schema of the functions that the server lacks, quoted for SQL; empty when it lacks none."""

    def text(self, statements: Sequence[str]) -> str:
        """Return the statement that creates it."""
        words = {
            "name": self.name.sql,
            "label": self.name.table,
            "lock": self.versions.lock_class,
            "lock_bits": self.versions.lock_class % 2**32,
            "states": f"{quoted(self.versions.schema)}.states",
            "members": f"{quoted(self.versions.schema)}.members",
            "keep": self.keep,
            "patience": f"{self.patience:g}",
            "placeholder": self.placeholder,
            "as_of": self.as_of,
            "search_path": self.search_path or "''",
            "made": ",\n".join(f"    ({_listed(made)})" for made in self.made),
        }
        return _TEXT.format(
            header="\n".join(f"-- {line}".rstrip() for line in self.header),
            quote=_QUOTE,
            variables="".join(f"  {name} {type_};\n" for name, type_ in self.variables),
            begin=_BEGIN.format(**words),
            body="\n".join(statements),
            end=_END.format(**words),
            **words,
        )


def constant(text: str | None) -> str:
    """Return a text as a constant of PostgreSQL."""
    if text is None:
        return "NULL::text"
    return "'" + text.replace("'", "''") + "'" if "\\" not in text else "E'" + _escaped(text) + "'"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def _listed(made: Made) -> str:
    values = (
        made.relation.schema,
        made.relation.table,
        made.working,
        made.stem,
        made.definition,
        made.columns,
    )
    return ", ".join(constant(value) for value in values)
