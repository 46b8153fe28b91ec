"""Give a server before PostgreSQL 16 the one function of 16 that our SQL calls; newer servers are left alone.

It bears the name of PostgreSQL's own and lies in a schema that sessions search after the server's. So the SQL is the
same on every server, and after an upgrade whatever is made anew takes the server's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.names import quoted

if TYPE_CHECKING:
    from psycopg import Connection

COMPLETE = 160_000
"""PostgreSQL 16: the first that says whether a text can be cast (``pg_input_is_valid``)."""

# parallel unsafe: a part that may fail begins a subtransaction, which a parallel plan forbids
_IS_VALID = """
CREATE FUNCTION {schema}.pg_input_is_valid(string text, type text) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
AS $function$
DECLARE
  a_day pg_catalog.date;
  a_moment timestamp;
  a_whole bigint;
  a_small integer;
  a_real double precision;
BEGIN
  IF type = 'DATE' THEN
    a_day := CAST(string AS pg_catalog.date);
  ELSIF type = 'TIMESTAMP' THEN
    a_moment := CAST(string AS timestamp);
  ELSIF type = 'BIGINT' THEN
    a_whole := CAST(string AS bigint);
  ELSIF type = 'INT' THEN
    a_small := CAST(string AS integer);
  ELSIF type = 'DOUBLE PRECISION' THEN
    a_real := CAST(string AS double precision);
  ELSE
    EXECUTE 'SELECT CAST($1 AS ' || type || ')' USING string;
  END IF;
  RETURN true;
EXCEPTION WHEN data_exception THEN
  RETURN false;
END
$function$
"""


def search_path(connection: Connection[Any], catalog: str) -> str:
    """Return the schemas that a session or procedure searches after the server's own, as SQL: none from 16 on."""
    return "" if connection.info.server_version >= COMPLETE else quoted(f"{catalog}_functions")


def supply(connection: Connection[Any], catalog: str) -> None:
    """Make what the server lacks unless it is there; the role needs CREATE on the database."""
    schema = search_path(connection, catalog)
    if not schema:
        return
    called = f"{schema}.pg_input_is_valid(text, text)"
    row = connection.execute("SELECT to_regprocedure(%s) IS NULL", [called]).fetchone()
    if row and row[0]:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
        connection.execute(_IS_VALID.format(schema=schema).encode())
        connection.execute(f"GRANT EXECUTE ON FUNCTION {called} TO PUBLIC".encode())  # views call it for their readers


def find(connection: Connection[Any], catalog: str) -> None:
    """Let a session find what the server lacks."""
    schema = search_path(connection, catalog)
    if schema:
        connection.execute("SELECT set_config('search_path', %s, false)", [schema])
