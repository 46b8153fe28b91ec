"""Take what leads nowhere out of a contract or a product: references, rules, ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from customer360.project.yamlfile import Items


def pruned_contract(
    document: Mapping[str, Any], leads_away: Callable[[str], bool], away: Collection[int | None], *, is_empty: bool
) -> dict[str, Any]:
    """Return a contract without the relationships that stand in the lines ``away`` and without rules that lead away.

    ``is_empty``: the table has no rows now, so rules about their number and promises about their age go too.
    """
    made = dict(document)
    made["schema"] = [_table(table, leads_away, away, is_empty=is_empty) for table in document["schema"]]
    if is_empty:
        made.pop("slaProperties", None)
    return made


def _table(
    table: Mapping[str, Any], leads_away: Callable[[str], bool], away: Collection[int | None], *, is_empty: bool
) -> dict[str, Any]:
    made = _element(table, leads_away, away, is_empty=is_empty)
    if "properties" in table:
        made["properties"] = [_element(c, leads_away, away, is_empty=is_empty) for c in table["properties"]]
    return made


def _element(
    element: Mapping[str, Any], leads_away: Callable[[str], bool], away: Collection[int | None], *, is_empty: bool
) -> dict[str, Any]:
    made = dict(element)
    if "relationships" in element:
        links: Items = element["relationships"]
        made["relationships"] = [link for link, line in zip(links, links.lines, strict=True) if line not in away]
    if "quality" in element:
        made["quality"] = [
            rule
            for rule in element["quality"]
            if not leads_away(rule.get("query", ""))
            and not (is_empty and "rowCount" in (rule.get("metric"), rule.get("rule")))
        ]
    return {key: value for key, value in made.items() if value or key not in ("relationships", "quality")}


def pruned_product(document: Mapping[str, Any], kept: Collection[str]) -> dict[str, Any]:
    """Return a product with the ports only whose contract is still there."""
    made = dict(document)
    for key in ("inputPorts", "outputPorts"):
        if key in document:
            made[key] = [port for port in document[key] if port.get("contractId") in kept]
    return {key: value for key, value in made.items() if value or key != "inputPorts"}
