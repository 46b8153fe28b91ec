"""A project of two systems with four records, and the identity product."""

from __future__ import annotations

from pathlib import Path

from customer360.identity.starter import add_identity

PEOPLE = {
    "shop": "record_id,first_name,last_name,email\n1,Elizabeth,Abbott,liz@mail.example.com\n2,Ruth,Moreno,ruth.m@mail.example.com\n",
    "crm": "record_id,first_name,last_name,email\n1,Liz,Abbott,liz@mail.example.com\n2,R,Morena,rm@post.example.org\n",
}
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: c360:{schema}:{table}
name: {table}
version: "1.0.0"
status: active
schema:
  - name: {table}
    physicalType: table
    properties:
"""
PERSON = ("system", "record_id", "first_name", "last_name", "email")
OTHERS = ("full_name", "phone_number", "city", "country", "source_segment", "status", "loyalty_tier", "age_band")
OTHERS += ("income_band", "household_size")


FIELDS = "".join(
    f"    - name: {name}\n      expression: {{dialects: [{{dialect: ANSI_SQL, expression: {name}}}]}}\n      datatype: String\n"
    for name in ("customer_id", "first_name", "email")
)
SEMANTIC = f"""version: 0.2.0.dev0
semantic_model:
- name: acme
  description: People.
  datasets:
  - name: people
    source: identity.golden_customer
    primary_key: [customer_id]
    fields:
{FIELDS}  custom_extensions:
  - {{vendor_name: C360, data: '{{"v": 1, "profile": {{"dataset": "people", "key": "customer_id"}}}}'}}
"""


def contract(schema: str, table: str, columns: dict[str, str], key: tuple[str, ...]) -> str:
    text = CONTRACT.format(schema=schema, table=table)
    for name, kind in columns.items():
        text += f"      - {{name: {name}, logicalType: {kind}"
        text += (
            f", required: true, primaryKey: true, primaryKeyPosition: {key.index(name) + 1}}}\n"
            if name in key
            else "}\n"
        )
    return text


def small_project(tmp_path: Path) -> Path:
    """Write a project of two systems into a folder and return it."""
    (tmp_path / "c360.yaml").write_text(
        "name: acme\nlabel: Acme\nas_of: 2024-11-30\ndomains: {customer: {label: Customer}}\n"
    )
    (tmp_path / "sources").mkdir()
    for system, text in PEOPLE.items():
        (tmp_path / f"{system}.csv").write_text(text)
        (tmp_path / "sources" / f"{system}.yaml").write_text(
            f"source: {system}\nkind: files\ntables:\n  people: {{location: {system}.csv, format: csv, key: [record_id]}}\n"
        )
    folder = tmp_path / "products" / "conformed"
    (folder / "person_record").mkdir(parents=True)
    for system in PEOPLE:
        (folder / "person_record" / f"{system}.sql").write_text(
            f"-- One row per person.\nSELECT '{system}' AS system, record_id, first_name, last_name, email"
            f" FROM raw_{system}.people\n"
        )
    columns = {**dict.fromkeys((*PERSON, *OTHERS), "string"), "date_of_birth": "date", "registration_date": "date"}
    person = contract("conformed", "person_record", columns, PERSON[:2])
    (folder / "person_record.odcs.yaml").write_text(person)
    add_identity(tmp_path)
    (tmp_path / "semantic").mkdir()
    (tmp_path / "semantic" / "acme.yaml").write_text(SEMANTIC)
    return tmp_path
