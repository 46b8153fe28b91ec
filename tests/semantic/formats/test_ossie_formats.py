"""Ossie goes out in two versions and comes in in any, without losing what both sides know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from tests.semantic.shop import AS_OF, Shop, changed, element, shop_model
from tests.semantic.test_tpcds import EXAMPLE, OSSIE, SCHEMA

from customer360.errors import C360Error, ProjectErrors, UnknownName
from customer360.semantic.answer import answer
from customer360.semantic.formats.ossie import ossie, read_ossie
from customer360.semantic.query import MetricQuery
from customer360.semantic.write import to_document


def text_of(exported: Any) -> str:
    (text,) = exported.files.values()
    return str(text)


def parsed(text: str) -> Any:
    return YAML(typ="safe").load(text)


def test_what_is_written_is_read_again_as_the_same(tmp_path: Path) -> None:
    for as_json in (False, True):
        exported = ossie(shop_model(), as_json=as_json)
        assert exported.losses == ()
        path = tmp_path / Path(next(iter(exported.files))).name
        path.write_text(text_of(exported))
        (model,), losses = read_ossie(path)
        assert losses == ()
        assert model.digest == shop_model().digest
        assert list(SCHEMA.iter_errors(parsed(path.read_text()))) == []


def test_the_example_of_the_standard_comes_in_and_goes_out_unchanged(tmp_path: Path) -> None:
    (model,), losses = read_ossie(OSSIE / "tpcds_semantic_model.yaml")
    assert losses == ()
    assert to_document(model) == EXAMPLE
    assert parsed(text_of(ossie(model))) == EXAMPLE
    path = tmp_path / "again.json"
    path.write_text(text_of(ossie(model, as_json=True)))
    (again,), _ = read_ossie(path)
    assert to_document(again) == EXAMPLE


OLD_VENDORS = ["COMMON", "SNOWFLAKE", "SALESFORCE", "DBT", "DATABRICKS", "GOODDATA"]


def old_schema() -> Draft202012Validator:
    """Version 0.1.1 as it was: this version's schema with its own version, dialects and vendors, and no data types."""
    schema = json.loads((OSSIE / "osi-schema-0.2.0.dev0.json").read_text())
    schema["properties"]["version"]["const"] = "0.1.1"
    found = schema["$defs"]
    found["Dialect"]["enum"] = ["ANSI_SQL", "SNOWFLAKE", "MDX", "TABLEAU", "DATABRICKS", "MAQL"]
    found["CustomExtension"]["properties"]["vendor_name"] = {"enum": OLD_VENDORS}
    for kind in ("Field", "Metric"):
        del found[kind]["properties"]["datatype"]
    return Draft202012Validator(schema)


def test_an_older_reader_gets_what_it_knows_and_the_rest_is_said(tmp_path: Path) -> None:
    def change(model: dict[str, Any]) -> None:
        revenue = element(model, "metrics", "revenue")
        revenue["custom_extensions"].append({"vendor_name": "ACME", "data": "{}"})
        revenue["custom_extensions"].append({"vendor_name": "DBT", "data": '{"x": 1}'})
        dialects = revenue["expression"]["dialects"]
        dialects.append({"dialect": "BIGQUERY", "expression": "SUM(`sales`.net)"})

    model = changed(change)
    exported = ossie(model, version="0.1.1")
    document = parsed(text_of(exported))
    assert list(old_schema().iter_errors(document)) == []
    losses = [str(loss) for loss in exported.losses]
    assert "revenue: its BIGQUERY expression: 0.1.1 does not know the dialect" in losses
    assert "revenue: the extension of ACME: 0.1.1 does not know the vendor" in losses
    assert "net: its data type Decimal: 0.1.1 has none" in losses
    path = tmp_path / "old.yaml"
    path.write_text(text_of(exported))
    (back,), _ = read_ossie(path)
    assert back.c360 == model.c360
    assert [m.c360 for m in back.metrics.values()] == [m.c360 for m in model.metrics.values()]
    assert ("DBT", '{"x": 1}') in back.metrics["revenue"].extensions


def test_a_model_without_data_types_still_answers(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(text_of(ossie(shop.model, version="0.1.1")))
    (back,), _ = read_ossie(path)
    query = MetricQuery.model_validate({"metrics": ["revenue", "tickets"], "dimensions": [{"name": "customer.region"}]})
    rows = answer(shop.session, back, query, as_of=AS_OF).table.to_pylist()  # type: ignore[arg-type]
    ours = answer(shop.session, shop.model, query, as_of=AS_OF).table.to_pylist()  # type: ignore[arg-type]
    named = [{**row, "customer_region": row["customer_region"] or "(none)"} for row in rows]
    assert sorted(named, key=str) == sorted(ours, key=str)


@pytest.mark.parametrize("version", [None, "1.0", "0.1.1"])
def test_files_of_every_age_are_read(tmp_path: Path, version: str | None) -> None:
    document = to_document(shop_model())
    body = {"semantic_model": document["semantic_model"]}
    if version:
        body = {"version": version, "dialects": ["ANSI_SQL"], "vendors": ["COMMON"], **body}
    path = tmp_path / "theirs.yaml"
    YAML().dump(body, path)
    (model,), losses = read_ossie(path)
    assert model.digest == shop_model().digest
    assert len(losses) == (2 if version else 0)


def test_several_models_of_a_file_are_several_models(tmp_path: Path) -> None:
    body = to_document(shop_model())["semantic_model"][0]
    path = tmp_path / "two.json"
    path.write_text(json.dumps({"version": "0.2.0.dev0", "semantic_model": [body, {**body, "name": "other"}]}))
    models, _ = read_ossie(path)
    assert [model.name for model in models] == ["shop", "other"]


def test_what_is_no_model_is_refused_with_its_place(tmp_path: Path) -> None:
    for text, words in (("- 1", "no Ossie document"), ("semantic_model: []", "no semantic model")):
        path = tmp_path / "bad.yaml"
        path.write_text(text)
        with pytest.raises(C360Error, match=words):
            read_ossie(path)
    path.write_text("semantic_model: [{name: x, datasets: [{name: d, sourc: t}]}]")
    with pytest.raises(ProjectErrors, match="Did you mean 'source'"):
        read_ossie(path)
    with pytest.raises(UnknownName, match="Ossie version"):
        ossie(shop_model(), version="3.0")
    with pytest.raises(C360Error, match="cannot be read"):
        read_ossie(tmp_path / "missing.yaml")
