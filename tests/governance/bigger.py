"""Put customers, people, and audiences beside the small company's ports, so that every door has something to show.

`hushed` stands in columns that a grant shows, with the country of its customer; personal columns carry the secret words
of the small company.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """apiVersion: v3.1.0
kind: DataContract
version: "1.0.0"
status: active
id: c360:{schema}:{table}
name: {table}
schema:
  - name: {table}
    physicalName: {schema}.{table}
    properties:
"""
PRODUCT = """apiVersion: v1.0.0
kind: DataProduct
id: {schema}
name: {schema}
version: "1.0.0"
status: active
domain: customer
description: {{purpose: "{schema} of the company."}}
outputPorts:
{ports}
team:
  name: Customer data
  members: [{{username: customer-data, role: owner}}]
"""
PORT = """  - name: {table}
    version: "1.0.0"
    contractId: c360:{schema}:{table}
    customProperties: [{{property: c360Access, value: restricted}}]"""
WHO = "FROM crm.customer"
PERSON = "'PERSON' || CAST(1000 + customer_id AS VARCHAR)"
TABLES: dict[str, tuple[str, str]] = {
    "conformed/person_record": (
        (
            "system VARCHAR key, record_id VARCHAR key, first_name VARCHAR pii, last_name VARCHAR pii, email VARCHAR pii,"
            " phone_number VARCHAR pii, full_name VARCHAR pii, city VARCHAR, country VARCHAR"
        ),
        (
            "SELECT 'crm' AS system, CAST(customer_id AS VARCHAR) AS record_id, 'Secretname' AS first_name, full_name AS"
            f" last_name, email, phone AS phone_number, full_name, 'hushed' || country AS city, country,"
            f" {WHO}"
        ),
    ),
    "identity/customer_xref": (
        (
            "system VARCHAR key, record_id VARCHAR key, customer_id VARCHAR, match_rule VARCHAR, confidence DOUBLE,"
            " valid_from DATE, valid_to DATE"
        ),
        (
            "SELECT system, record_id, 'PERSON' || CAST(1000 + CAST(record_id AS INTEGER) AS VARCHAR) AS customer_id,"
            " 'hushed rule' AS match_rule, CAST(0.9 AS DOUBLE) AS confidence, DATE '2024-01-01' AS valid_from,"
            " CAST(NULL AS DATE) AS valid_to FROM conformed.person_record"
        ),
    ),
    "identity/identity_edge": (
        (
            "system_a VARCHAR, record_id_a VARCHAR key, system_b VARCHAR, record_id_b VARCHAR key, kind VARCHAR,"
            " rule VARCHAR, probability DOUBLE, evidence VARCHAR, is_kept BOOLEAN"
        ),
        (
            "SELECT system AS system_a, record_id AS record_id_a, system AS system_b, record_id AS record_id_b, 'rule' AS"
            " kind, 'hushed rule' AS rule, CAST(0.9 AS DOUBLE) AS probability, CAST(NULL AS VARCHAR) AS evidence, TRUE AS"
            " is_kept FROM identity.customer_xref"
        ),
    ),
    "identity/identity_review": (
        (
            "rank BIGINT key, system_a VARCHAR, record_id_a VARCHAR, customer_id_a VARCHAR, system_b VARCHAR,"
            " record_id_b VARCHAR, customer_id_b VARCHAR, reason VARCHAR, probability DOUBLE, evidence VARCHAR,"
            " valid_from DATE, valid_to DATE, outcome VARCHAR"
        ),
        (
            "SELECT CAST(1 AS BIGINT) AS rank, 'crm' AS system_a, '3' AS record_id_a, 'PERSON1003' AS customer_id_a, 'crm' AS"
            " system_b, '6' AS record_id_b, 'PERSON1006' AS customer_id_b, 'hushed doubt' AS reason, CAST(0.5 AS DOUBLE) AS"
            " probability, CAST(NULL AS VARCHAR) AS evidence, DATE '2024-01-01' AS valid_from, CAST(NULL AS DATE) AS"
            " valid_to, CAST(NULL AS VARCHAR) AS outcome FROM identity.customer_xref LIMIT 1"
        ),
    ),
    "identity/identity_figure": (
        "run BIGINT key, figure VARCHAR key, as_of DATE, value DOUBLE",
        (
            "SELECT CAST(1 AS BIGINT) AS run, 'hushed people' AS figure, DATE '2024-11-18' AS as_of,"
            " CAST(COUNT(*) AS DOUBLE) AS value FROM identity.customer_xref"
        ),
    ),
    "identity/identity_alias": (
        "old_id VARCHAR key, new_id VARCHAR",
        "SELECT 'PERSONold' AS old_id, 'PERSON1003' AS new_id FROM identity.customer_xref LIMIT 1",
    ),
    "customer_360/customer_360": (
        (
            "customer_id VARCHAR key, customer_key BIGINT, first_name VARCHAR pii, last_name VARCHAR pii, email VARCHAR pii,"
            " phone_number VARCHAR pii, customer_segment VARCHAR, gold_segment VARCHAR, status VARCHAR,"
            " total_lifetime_value DECIMAL(12,2), total_purchases BIGINT, last_purchase_date DATE, churn_risk_band VARCHAR,"
            " country VARCHAR"
        ),
        (
            f"SELECT {PERSON} AS customer_id, customer_id AS customer_key, full_name AS first_name, full_name AS last_name,"
            " email, phone AS phone_number, 'hushed' || country AS customer_segment, 'VIP' AS gold_segment, 'Active' AS"
            " status, CAST(customer_id AS DECIMAL(12, 2)) AS total_lifetime_value, CAST(3 AS BIGINT) AS total_purchases,"
            f" DATE '2024-10-01' AS last_purchase_date, 'Low' AS churn_risk_band, country {WHO}"
        ),
    ),
    "customer_360/customer_timeline": (
        (
            "customer_key BIGINT key, happened_on DATE, happened_at TIMESTAMP, kind VARCHAR, what VARCHAR, channel VARCHAR,"
            " amount DECIMAL(12,2), source_system VARCHAR, source_id VARCHAR, country VARCHAR"
        ),
        (
            "SELECT customer_id AS customer_key, DATE '2024-10-01' AS happened_on, CAST(NULL AS TIMESTAMP) AS happened_at,"
            " 'purchase' AS kind, 'hushed' || country AS what, 'Online' AS channel, CAST(5 AS DECIMAL(12, 2)) AS amount,"
            f" 'crm' AS source_system, CAST(customer_id AS VARCHAR) AS source_id, country {WHO}"
        ),
    ),
}
BY_COUNTRY = {"conformed.person_record", "customer_360.customer_360", "customer_360.customer_timeline", "crm.customer"}
"""Ports that say whose rows are from where, so that a filter has something to go by."""
AUDIENCE = """label: Everybody here
purpose: offers
channel: email
consent: not_required
owners: [customer-data]
members: {field: country, op: "=", value: US}
destinations:
  file: {kind: csv, path: exports/offer.csv}
"""


def enlarge(root: Path) -> None:
    """Write the further products and an audience into a copy of the small company."""
    schemas: dict[str, list[str]] = {}
    for name, (columns, sql) in TABLES.items():
        schema, table = name.split("/")
        schemas.setdefault(schema, []).append(table)
        folder = root / "products" / schema
        folder.mkdir(exist_ok=True)
        grain = f"-- One row per {columns.split(' ')[0]}."
        (folder / f"{table}.odcs.yaml").write_text(HEAD.format(schema=schema, table=table) + _properties(columns))
        if schema == "conformed":  # an entity: one part a system
            folder = folder / table
            folder.mkdir()
            table = "crm"
        (folder / f"{table}.sql").write_text(f"{grain}\n{sql}\n")
    for schema, tables in schemas.items():
        ports = "\n".join(PORT.format(schema=schema, table=table) for table in tables)
        (root / "products" / schema / "product.odps.yaml").write_text(PRODUCT.format(schema=schema, ports=ports))
    (root / "audiences").mkdir()
    (root / "audiences" / "offer.yaml").write_text(AUDIENCE)
    (root / "audiences" / "other.yaml").write_text(AUDIENCE.replace("value: US", "value: CA"))
    with (root / "c360.yaml").open("a") as file:
        file.write("audiences:\n  subject: customer.customer_id\n  consent: {email: customer.country}\n")


def _properties(columns: str) -> str:
    lines, position = [], 0
    for column in columns.replace("(12,2)", "(12;2)").split(","):
        name, type_, *word = column.split()
        position += word == ["key"]
        key = f", primaryKey: true, primaryKeyPosition: {position}, required: true"
        mask = (
            ", classification: confidential, tags: [pii], customProperties: [{property: c360Mask, value: "
            + ('"null"' if name == "full_name" else "hash")
            + "}]"
        )
        more = {"key": key, "pii": mask}.get(word[0] if word else "", "")
        lines.append(f"      - {{name: {name}, physicalType: '{type_.replace(';', ',')}'{more}}}\n")
    return "".join(lines)
