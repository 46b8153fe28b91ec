"""What a principal may not see is in no answer: not in rows, not in totals, not through a filter."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import pytest
from tests.semantic.shop import SALT, Shop, element, set_c360
from tests.semantic.test_paths import bridged

from customer360.errors import NotPermitted
from customer360.semantic.extensions import RowPolicy
from customer360.semantic.principal import OWNER, Principal

REGIONAL = {"id": "region", "dataset": "customer", "roles": ["manager"], "expression": "customer.region = user.region"}
EU = Principal("ida", frozenset({"manager"}), {"region": "EU"})
US = Principal("uwe", frozenset({"manager"}), {"region": "US"})


def with_policy(**policy: Any) -> Any:
    def change(model: dict[str, Any]) -> None:
        set_c360(model, row_policies=[{**REGIONAL, **policy}])

    return change


@pytest.fixture(scope="module")
def guarded() -> Shop:
    return Shop(with_policy())


def test_the_owner_of_the_machine_sees_everything(guarded: Shop) -> None:
    assert guarded.ask("revenue", principal=OWNER) == guarded.ask("revenue") == [(Decimal("267.50"),)]


def test_a_manager_sees_the_sales_of_their_region_in_total_and_split(guarded: Shop) -> None:
    assert guarded.ask("revenue", principal=EU) == [(Decimal("107.50"),)]
    assert guarded.ask("revenue", principal=US) == [(Decimal("60.00"),)]
    assert guarded.ask("revenue", by="customer.region", principal=EU) == [("EU", Decimal("107.50"))]
    assert guarded.ask("revenue", by="product.brand", principal=US) == [("Acme", Decimal("60.00"))]


def test_a_policy_reaches_every_fact_of_a_query(guarded: Shop) -> None:
    assert guarded.ask("revenue", "tickets", "lost_item_value", principal=US) == [
        (Decimal("60.00"), 1, Decimal("20.00"))
    ]


def test_a_policy_holds_for_comparisons_shares_tops_windows_and_balances(guarded: Shop) -> None:
    range_ = {"time": {"relative": "this month"}}
    compared = guarded.ask("revenue", compare={"to": "previous period"}, principal=EU, time={"relative": "2024-03"})
    assert compared[0][1] == Decimal("49.50")
    shares = guarded.ask("revenue", by="customer.region", shares=[{"metric": "revenue"}], principal=EU)
    assert shares == [("EU", Decimal("107.50"), 1.0)]
    top = {"dimension": "customer.region", "n": 1, "by": "revenue"}
    assert guarded.ask("revenue", by="customer.region", top=top, principal=US) == [("US", Decimal("60.00"))]
    windows = [{"metric": "revenue", "kind": "cumulative"}, {"metric": "buyers", "kind": "cumulative"}]
    assert guarded.ask("revenue", windows=windows, principal=US, **range_) == [(None, Decimal("60.00"), 1)]


def test_a_policy_without_the_role_does_not_apply_and_without_roles_applies_to_all(guarded: Shop) -> None:
    clerk = Principal("carl", frozenset({"clerk"}))
    assert guarded.ask("revenue", principal=clerk) == [(Decimal("267.50"),)]
    everybody = Shop(with_policy(roles=[], expression="customer.region = 'US'"))
    assert everybody.ask("revenue", principal=clerk) == [(Decimal("60.00"),)]


def test_several_policies_must_all_hold() -> None:
    def change(model: dict[str, Any]) -> None:
        both = [REGIONAL, {"id": "no hats", "dataset": "product", "expression": "product.category <> 'Hats'"}]
        set_c360(model, row_policies=both)

    assert Shop(change).ask("revenue", principal=EU) == [(Decimal("98.00"),)]


def test_a_policy_of_governance_is_added_to_those_of_the_model(guarded: Shop) -> None:
    only_vip = RowPolicy(id="vip", dataset="customer", expression="customer.segment = 'VIP'")
    principal = Principal("ida", frozenset({"manager"}), {"region": "EU"}, (only_vip,))
    assert guarded.ask("revenue", principal=principal) == [(Decimal("79.50"),)]


def test_an_attribute_may_be_a_list() -> None:
    shop = Shop(with_policy(expression="customer.region IN (user.regions)"))
    both = Principal("lea", frozenset({"manager"}), {"regions": ["EU", "US"]})
    none = Principal("leo", frozenset({"manager"}), {"regions": []})
    assert shop.ask("revenue", principal=both) == [(Decimal("167.50"),)]
    assert shop.ask("revenue", principal=none) == [(None,)]
    with pytest.raises(NotPermitted, match="compares with a list"):
        Shop(with_policy(expression="customer.region = user.regions")).ask("revenue", principal=both)


def test_a_missing_attribute_denies_with_the_policys_words() -> None:
    nobody = Principal("max", frozenset({"manager"}))
    with pytest.raises(NotPermitted, match="needs the attribute 'region'"):
        Shop(with_policy()).ask("revenue", principal=nobody)
    with pytest.raises(NotPermitted, match="Ask the sales desk"):
        Shop(with_policy(deny_message="Ask the sales desk.")).ask("revenue", principal=nobody)


def test_an_attribute_is_a_value_and_never_sql() -> None:
    sly = Principal("sly", frozenset({"manager"}), {"region": "US' OR '1'='1"})
    assert Shop(with_policy()).ask("lines", principal=sly) == [(0,)]


def test_a_policy_may_name_the_user() -> None:
    shop = Shop(with_policy(expression="customer.customer_id = user.name"))
    assert shop.ask("revenue", principal=Principal("bob", frozenset({"manager"}))) == [(Decimal("60.00"),)]


def test_a_policy_holds_across_a_bridge() -> None:
    def change(model: dict[str, Any]) -> None:
        bridged("share")(model)
        policy = {"id": "shoes", "dataset": "product", "expression": "product.category = 'Shoes'"}
        set_c360(model, row_policies=[policy])

    rows = Shop(change).ask("lost_revenue", by="product.category", principal=Principal("eve"))
    assert rows == [("Shoes", pytest.approx(40.0))]


def test_answers_of_one_principal_are_not_kept_for_another(guarded: Shop) -> None:
    assert guarded.ask("revenue", principal=EU) != guarded.ask("revenue", principal=US)
    assert guarded.answer("revenue", principal=EU).sql == guarded.answer("revenue", principal=EU).sql


# ---- masks --------------------------------------------------------------------------------------------------------

CLERK = Principal("carl", frozenset({"clerk"}))
HASHED = hashlib.sha256(f"{SALT}ann@example.com".encode()).hexdigest()[:32]


def test_a_masked_field_is_masked_for_all_but_the_owner_and_the_cleared(shop: Shop) -> None:
    seen = {row[0] for row in shop.ask("revenue", by="customer.email", principal=CLERK)}
    assert HASHED in seen
    assert not any("@" in str(value) for value in seen)
    cleared = Principal("clea", clearances=frozenset({"confidential"}))
    for principal in (OWNER, cleared):
        assert "ann@example.com" in {row[0] for row in shop.ask("revenue", by="customer.email", principal=principal)}


def test_a_filter_on_a_masked_field_works_on_what_is_seen(shop: Shop) -> None:
    probe = {"field": "customer.email", "value": "ann@example.com"}
    assert shop.ask("lines", where=probe, principal=CLERK) == [(0,)]
    assert shop.ask(
        "lines", where={"field": "customer.email", "op": "starts with", "value": "ann"}, principal=CLERK
    ) == [(0,)]
    assert shop.ask("lines", where={"field": "customer.email", "value": HASHED}, principal=CLERK) == [(3,)]


MASKS = {
    "null": ("customer.customer_id", {None: Decimal("267.50")}),
    "last4": (
        "customer.customer_id",
        {"***ann": Decimal("79.50"), "***bob": Decimal("60.00"), "***cy": Decimal("28.00")},
    ),
    "bucket:10": ("customer.age", {30: Decimal("79.50"), 50: Decimal("60.00")}),
    "something else": ("customer.customer_id", {None: Decimal("267.50")}),
}


@pytest.mark.parametrize("mask", MASKS)
def test_a_mask_hides_what_it_says(shop: Shop, mask: str) -> None:
    field, expected = MASKS[mask]
    rows = shop.ask("revenue", by=field, principal=Principal("m", masks={field: mask}))
    found = {None if row[0] == "(none)" else row[0]: row[1] for row in rows}
    assert expected.items() <= found.items()


def test_a_year_mask_leaves_the_year(shop: Shop) -> None:
    rows = shop.ask("tickets", by="tickets.created_at", principal=Principal("m", masks={"tickets.created_at": "year"}))
    assert [(str(row[0]), row[1]) for row in rows] == [("2024-01-01", 5)]


def test_masked_amounts_are_not_summed_but_masked_keys_still_count(shop: Shop) -> None:
    principal = Principal("m", masks={"sales.net": "null", "sales.customer_key": "null"})
    assert shop.ask("revenue", "buyers", principal=principal) == [(None, 4)]


def test_a_wrong_policy_is_an_error_of_the_model() -> None:
    from customer360.errors import ProjectErrors

    with pytest.raises(ProjectErrors, match="Did you mean 'region'"):
        Shop(with_policy(expression="customer.regio = 'EU'"))
    with pytest.raises(ProjectErrors, match="holds a query"):
        Shop(with_policy(expression="customer.region IN (SELECT 'EU')"))


def test_hidden_fields_are_no_dimension() -> None:
    def hide(model: dict[str, Any]) -> None:
        set_c360(element(element(model, "datasets", "customer"), "fields", "age"), role="hidden")

    from customer360.errors import QueryError

    with pytest.raises(QueryError, match="is not a dimension"):
        Shop(hide).ask("revenue", by="customer.age")


def test_a_policy_holds_along_the_usual_way_and_every_way_that_is_asked_for() -> None:
    only_vip = RowPolicy(id="vip", dataset="customer", expression="customer.segment = 'VIP'")
    principal = Principal("ida", row_policies=(only_vip,))
    shop = Shop()
    assert shop.ask("revenue", principal=principal) == [(Decimal("79.50"),)]
    was = shop.ask("revenue", by="customer.segment", history="as_was", principal=principal)
    assert was == [("VIP", Decimal("30.00"))]


def test_a_policy_over_undecided_roles_holds_for_all_of_them() -> None:
    def undecided(model: dict[str, Any]) -> None:
        set_c360(element(model, "relationships", "sales_order_date"), default=False)
        policy = {"id": "days", "dataset": "calendar", "expression": "calendar.day < DATE '2024-03-02'"}
        set_c360(model, row_policies=[policy])

    shop = Shop(undecided)
    assert shop.ask("revenue", principal=Principal("eve")) == [(Decimal("49.50"),)]
