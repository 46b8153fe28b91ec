"""Know which keys each kind of server of a contract needs and allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import nearest

if TYPE_CHECKING:
    from customer360.project.problems import Problems
    from customer360.project.yamlfile import Block, YamlFile

_COMMON = ("id", "server", "type", "description", "environment", "roles", "customProperties")
# keys a kind must have | keys it may have
_KINDS = {
    "api": "location|",
    "athena": "stagingDir schema|catalog regionName",
    "azure": "location format|delimiter",
    "bigquery": "project dataset|",
    "clickhouse": "host port database|",
    "databricks": "catalog schema|host",
    "denodo": "host port|database",
    "dremio": "host port|schema",
    "duckdb": "database|schema",
    "glue": "account database|location format",
    "cloudsql": "host port database schema|",
    "db2": "host port database|schema",
    "hive": "host database|port",
    "impala": "host database|port",
    "informix": "host database|port",
    "kafka": "host|format",
    "kinesis": "|region format",
    "local": "path format|",
    "mysql": "host port database|",
    "oracle": "host port serviceName|",
    "postgres": "host port database schema|",
    "postgresql": "host port database schema|",
    "presto": "host|catalog schema",
    "pubsub": "project|",
    "redshift": "database schema|host region account",
    "s3": "location|endpointUrl format delimiter",
    "sftp": "location|format delimiter",
    "snowflake": "account database schema|host port warehouse",
    "sqlserver": "host database schema|port",
    "synapse": "host port database|",
    "trino": "host port catalog schema|",
    "vertica": "host port database schema|",
    "zen": "host database|port",
    "custom": "|account catalog database dataset delimiter endpointUrl format host location path port project region "
    "regionName schema serviceName stagingDir warehouse stream",
}
_LATER_KINDS = ("hana", "exasol", "teradata", "iceberg")  # v3.2; their keys are kept unchecked


def check_server(server: Block, path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> None:
    """Note an unknown kind, a missing key, a key the kind does not have."""
    kind = server["type"]
    if kind in _LATER_KINDS:
        return
    if kind not in _KINDS:
        hit = nearest(kind, list(_KINDS))
        hint = f"Did you mean '{hit}'?" if hit else "Use `type: custom` for what the standard does not list."
        problems.add(f"There is no kind of server '{kind}'. [ODCS-SERVER]", file.place(*path, "type"), hint)
        return
    needed, _, allowed = _KINDS[kind].partition("|")
    known = [*_COMMON, *needed.split(), *allowed.split()]
    for key in needed.split():
        if key not in server:
            problems.add(
                f"A server of type {kind} needs the key '{key}'. [ODCS-SERVER]", file.place(*path), f"Add `{key}:`."
            )
    for key in server:
        if key not in known:
            hit = nearest(key, known)
            hint = f"Did you mean '{hit}'?" if hit else f"Known keys here: {', '.join(known)}."
            problems.add(f"A server of type {kind} has no key '{key}'. [ODCS-SERVER]", file.place(*path, key), hint)
