"""Contracts and products come out as they went in: every section of ODCS and ODPS, and keys that nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from customer360.cli import app
from customer360.project.starter import create_project
from customer360.project.writer import same, write_contract, write_product
from customer360.project.yamlfile import parse_yaml, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "parts-42", "version": "1.0.0", "status": "active"}
PRODUCT = {"apiVersion": "v1.0.0", "kind": "DataProduct", "id": "parts", "status": "active"}
ODCS = {
    "nothing more": "{}",
    "fundamentals": "{name: Parts, tenant: yard, domain: stores, dataProduct: parts, contractCreatedTs: '2025-02-01T10:00:00Z'}",
    "description": "{description: {purpose: What lies in store., limitations: No returns., usage: Read once a day.}}",
    "foreign keys of a description": "{description: {purpose: p, house: brown, floors: [1, 2.0, null]}}",
    "tags": "{tags: [stores, 'yes', '007', '1.0']}",
    "definitions": "{authoritativeDefinitions: [{type: tutorial, url: 'https://yard.example/a?b=c#d'}]}",
    "a table": "{schema: [{name: part, physicalName: yard.part, physicalType: table, properties: [{name: no, logicalType: integer}]}]}",
    "keys and options": "{schema: [{name: part, properties: [{name: no, logicalType: string, primaryKey: true, primaryKeyPosition: 1, logicalTypeOptions: {minLength: 2, maxLength: 8, pattern: '^[A-Z]{2}\\d+$'}}]}]}",
    "numbers": "{schema: [{name: part, properties: [{name: w, logicalType: number, logicalTypeOptions: {minimum: 0, exclusiveMaximum: 1.5, multipleOf: 0.25}}]}]}",
    "dates": "{schema: [{name: part, properties: [{name: d, logicalType: date, logicalTypeOptions: {format: yyyy-MM-dd, minimum: '2020-01-01'}}]}]}",
    "partitions": "{schema: [{name: part, properties: [{name: d, logicalType: date, partitioned: true, partitionKeyPosition: -1}]}]}",
    "transforms": "{schema: [{name: part, properties: [{name: s, logicalType: number, transformSourceObjects: [a.b], transformLogic: 'x + y', transformDescription: Sum.}]}]}",
    "examples": "{schema: [{name: part, properties: [{name: s, logicalType: string, examples: ['1', 1, 1.0, true, null, '', ' ']}]}]}",
    "nested": "{schema: [{name: part, properties: [{name: o, logicalType: object, properties: [{name: i, logicalType: array, items: {logicalType: string}}]}]}]}",
    "classes": "{schema: [{name: part, properties: [{name: m, logicalType: string, classification: confidential, criticalDataElement: true, encryptedName: m_x}]}]}",
    "quality of the library": "{schema: [{name: part, quality: [{id: few, metric: rowCount, mustBeBetween: [1, 900], severity: warning, dimension: completeness}]}]}",
    "quality by SQL": "{schema: [{name: part, quality: [{type: sql, query: 'SELECT COUNT(*) FROM {object}', mustBe: 0, schedule: 0 6 * * 1, scheduler: cron}]}]}",
    "quality in words": "{schema: [{name: part, quality: [{type: text, description: 'Counted twice: by hand, then by scale.'}]}]}",
    "quality of others": "{schema: [{name: part, quality: [{type: custom, engine: scales, implementation: {kind: weigh, off: 0.5, who: [a, b]}}]}]}",
    "references": "{schema: [{name: part, properties: [{name: box, logicalType: string, relationships: [{to: box.no}, {to: 'boxes.odcs.yaml#/schema/box/properties/no'}]}]}]}",
    "references of several columns": "{schema: [{name: part, relationships: [{from: [part.a, part.b], to: [box.a, box.b], type: foreignKey}]}]}",
    "roles": "{roles: [{role: reader, access: read, firstLevelApprovers: Store lead, secondLevelApprovers: Yard lead}]}",
    "team": "{team: {name: Stores, members: [{username: sue@yard.example, role: owner, dateIn: '2024-01-01', replacedByUsername: tom@yard.example}]}}",
    "team as a list": "{team: [{username: sue, role: owner}, {username: tom, role: steward}]}",
    "servers": "{servers: [{server: lake, type: local, path: ./data/*.parquet, format: parquet, environment: prod}, {server: db, type: postgres, host: db.yard.example, port: 5432, database: yard, schema: s}]}",
    "service levels": "{slaProperties: [{property: latency, value: 4, unit: d, element: part.d}, {property: retention, value: 3, unit: y, driver: regulatory}]}",
    "support": "{support: [{channel: stores, url: 'https://chat.yard.example', tool: other, scope: interactive}]}",
    "price": "{price: {priceAmount: 9.95, priceCurrency: USD, priceUnit: megabyte}}",
    "properties of one's own": "{customProperties: [{property: c360Retention, value: {days: 30}}, {property: deep, value: [[1, [2]], {a: {b: [~]}}]}]}",
    "keys that nobody knows": "{x-yard: {colour: blue, n: 1e3, list: [on, off, 'no']}, newSection: [{a: 1}, {a: '1'}]}",
    "an older version": "{apiVersion: v3.0.2, schema: [{name: part, quality: [{rule: duplicateCount, mustBe: 0}]}]}",
    "long texts": "{description: {purpose: \"Two lines\\nand a tab\\tand 'quotes', #no comment, {no: block}\"}}",
}
ODPS = {
    "nothing more": "{}",
    "fundamentals": "{name: Parts, version: 1.0.0, domain: stores, tenant: yard, productCreatedTs: '2025-02-01T10:00:00Z'}",
    "ports": "{inputPorts: [{name: boxes, version: 1.0.0, contractId: b}], outputPorts: [{name: parts, type: tables, version: 2.1.0, contractId: p, sbom: [{type: external, url: 'https://y.example'}], inputContracts: [{id: b, version: 1.0.0}]}]}",
    "management": "{managementPorts: [{name: m, content: observability, type: rest, url: 'https://m.example', channel: c}]}",
    "people": "{team: {name: Stores, members: [{username: sue, role: owner}]}, support: [{channel: stores, url: 'https://chat.yard.example'}]}",
    "keys that nobody knows": "{x-yard: {colour: blue}, customProperties: [{property: p, value: [1, '1', 1.0, true]}]}",
}


def cases() -> list[Any]:
    kinds: list[tuple[str, dict[str, str], dict[str, Any], Callable[..., None]]] = [
        ("odcs", ODCS, CONTRACT, write_contract),
        ("odps", ODPS, PRODUCT, write_product),
    ]
    return [
        pytest.param({**base, **parse_yaml(text)}, write, id=f"{kind}: {name}")
        for kind, examples, base, write in kinds
        for name, text in examples.items()
    ]


@pytest.mark.parametrize(("document", "write"), cases())
def test_what_is_written_reads_back_equal(document: dict[str, Any], write: Callable[..., None], tmp_path: Path) -> None:
    path = tmp_path / "standard.yaml"
    write(path, document)
    again = read_yaml(path, tmp_path).root
    assert same(again, document)
    text = path.read_text(encoding="utf-8")
    write(path, again)
    assert path.read_text(encoding="utf-8") == text  # a second time changes nothing
    write(path, {**again, "status": "deprecated"})
    assert same(read_yaml(path, tmp_path).root, {**document, "status": "deprecated"})


def test_there_are_thirty_of_them() -> None:
    assert len(ODCS) >= 30


@pytest.mark.parametrize("kind", ["odcs", "odps"])
def test_an_export_holds_every_file_of_the_project(kind: str, tmp_path: Path) -> None:
    root = tmp_path / "acme"
    create_project(root, template="blank", name="acme")
    done = CliRunner().invoke(app, ["export", kind, "--project", str(root), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    originals = sorted(root.rglob(f"*.{kind}.yaml"))
    assert originals
    for path in originals:
        name = path.relative_to(root)
        assert same(read_yaml(tmp_path / "out" / name, tmp_path).root, read_yaml(path, root).root)
    assert len(list((tmp_path / "out").rglob("*.yaml"))) == len(originals)
