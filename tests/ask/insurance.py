"""An insurer's model of two facts, claims and premiums: no word of it belongs to a shop."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.semantic.shop import MemorySession, insert

from customer360.ask.edition import Edition, open_edition
from customer360.errors import Place
from customer360.project.spec import SemanticDocument
from customer360.semantic.answer import answer
from customer360.semantic.model import SemanticModel
from customer360.semantic.principal import OWNER

AS_OF = date(2024, 11, 30)
HOLDERS = [(n, f"P{n:03d}", ("Motor", "Home", "Travel")[n % 3], ("North", "South")[n % 2]) for n in range(1, 61)]
CLAIMS = [
    (
        n,
        n % 60 + 1,
        date(2024, 1, 1) + timedelta(days=n * 3 % 330),
        100.0 + n * 7 % 900,
        ("Open", "Settled")[n % 2],
        n % 23,
    )
    for n in range(1, 201)
]
PREMIUMS = [(n, n % 60 + 1, date(2024, n % 11 + 1, 5), 50.0 + n % 40) for n in range(1, 301)]
_TABLES = {
    "holder": ("holder_key INT, holder_id TEXT, line TEXT, area TEXT", HOLDERS),
    "claims": ("claim_id INT, holder_key INT, reported DATE, amount DOUBLE, state TEXT, days INT", CLAIMS),
    "premiums": ("premium_id INT, holder_key INT, due DATE, amount DOUBLE", PREMIUMS),
}


def insurance_session() -> MemorySession:
    session = MemorySession()
    session.connection.execute("CREATE SCHEMA gold")
    for name, (columns, rows) in _TABLES.items():
        session.connection.execute(f"CREATE TABLE gold.{name} ({columns})")
        insert(session, name, [tuple(row) for row in rows])
    return session


def insurance_model() -> SemanticModel:
    document = {
        "version": "0.2.0.dev0",
        "semantic_model": [
            {
                "name": "insurance",
                "datasets": [
                    _dataset("holder", "dimension", "holder_key", [
                        _field("holder_key", "Integer", "Holder key", role="key"),
                        _field("holder_id", "String", "Policyholder", ["insured"], role="key"),
                        _field("line", "String", "Line of business", ["line", "branch"]),
                        _field("area", "String", "Area"),
                    ]),
                    _dataset("claims", "fact", "claim_id", [
                        _field("claim_id", "Integer", "Claim number", role="key"),
                        _field("reported", "Date", "Reported on"),
                        _field("state", "String", "Claim state"),
                        _field("amount", "Float", "Claim amount", role="measure_input"),
                        _field("days", "Integer", "Days of work", role="measure_input"),
                        _field("holder_key", "Integer", "Holder of the claim", role="measure_input"),
                    ], time_field="reported"),
                    _dataset("premiums", "fact", "premium_id", [
                        _field("premium_id", "Integer", "Premium number", role="key"),
                        _field("due", "Date", "Due on"),
                        _field("amount", "Float", "Premium amount", role="measure_input"),
                    ], time_field="due"),
                ],
                "relationships": [_to_holder("claims"), _to_holder("premiums")],
                "metrics": [
                    _metric("claim_count", "COUNT(claims.claim_id)", "claims", "Claims", "count", ",d", plural="claims", verbs=["file", "report"]),
                    _metric("paid_claims", "SUM(claims.amount)", "claims", "Claim payments", "EUR", ",.0f", ["payments", "payouts"]),
                    _metric("days_to_settle", "AVG(claims.days)", "claims", "Days to settlement", "days", ",.1f", ["settlement time"], verbs=["settle", "handle"], better="down", additivity="non_additive", non_additive_over=["*"]),
                    _metric("written_premium", "SUM(premiums.amount)", "premiums", "Written premium", "EUR", ",.0f", ["premium", "premium income"]),
                    _metric("claimants", "COUNT(DISTINCT claims.holder_key)", "claims", "Claimants", "count", ",d", verbs=["turn to service"], type="distinct", additivity="non_additive", non_additive_over=["*"]),
                    _metric("disputes", "COUNT(claims.claim_id)", "claims", "Disputes", "count", ",d", plural="disputes", verbs=["dispute"], filters=["claims.amount > 900"]),
                    _metric("top_ups", "COUNT(premiums.premium_id)", "premiums", "Top-ups", "count", ",d", plural="top-ups", verbs=["top up"]),
                    _metric("policyholders", "COUNT(holder.holder_key)", "holder", "Policyholders", "count", ",d", ["number of insured"]),
                ],
            }
        ],
    }  # fmt: skip
    return SemanticModel.from_document(SemanticDocument("insurance", Place("semantic/insurance.yaml"), document))


def _dataset(name: str, role: str, key: str, fields: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    extension = _c360(role=role, grain={"columns": [key], "text": f"one row of {name}"}, **more)
    return {
        "name": name,
        "source": f"gold.{name}",
        "primary_key": [key],
        "fields": fields,
        "custom_extensions": extension,
    }


def _field(name: str, datatype: str, label: str, synonyms: list[str] | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "datatype": datatype, "label": label, "expression": _text(name)}
    if more.get("role") != "measure_input":
        found["dimension"] = {"is_time": datatype == "Date"}
    if synonyms:
        found["ai_context"] = {"synonyms": synonyms}
    return {**found, "custom_extensions": _c360(**more)} if more else found


def _metric(
    name: str, text: str, base: str, label: str, unit: str, format_: str, synonyms: list[str] | None = None, **more: Any
) -> dict[str, Any]:
    facts = {"type": "simple", "base": base, "additivity": "additive", "label": label, "unit": unit, "format": format_}
    extension = _c360(**{**facts, **more})
    found = {"name": name, "expression": _text(text), "custom_extensions": extension}
    return {**found, "ai_context": {"synonyms": synonyms}} if synonyms else found


def _to_holder(fact: str) -> dict[str, Any]:
    keys = {"from_columns": ["holder_key"], "to_columns": ["holder_key"]}
    return {
        "name": f"{fact}_holder",
        "from": fact,
        "to": "holder",
        **keys,
        "custom_extensions": _c360(cardinality="many_to_one"),
    }


def _text(text: str) -> dict[str, Any]:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": text}]}


def _c360(**keys: Any) -> list[dict[str, str]]:
    import json

    return [{"vendor_name": "C360", "data": json.dumps({"v": 1, **keys})}]


LINE = {key: line for key, _, line, _ in HOLDERS}
AREA = {key: area for key, _, _, area in HOLDERS}


@pytest.fixture(scope="module")
def insurer() -> tuple[Edition, MemorySession]:
    """The insurer's question space over its data."""
    session = insurance_session()
    return open_edition(insurance_model(), session, as_of=AS_OF, principal=OWNER), session


def rows(insurer: tuple[Edition, MemorySession], question: str) -> list[tuple[Any, ...]]:
    """Return the rows of the reading of a question, which has to have one."""
    edition, session = insurer
    found = edition.interpreter.read(question)
    assert found.outcome == "read", f"{question}: {found.outcome} {found.what}"
    table = answer(session, edition.model, found.readings[0].query, as_of=AS_OF).table
    return [tuple(row.values()) for row in table.to_pylist()]
