"""Close row policies over a principal: who they apply to, and their attributes as literals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.errors import NotPermitted
from customer360.semantic.names import USER
from customer360.semantic.values import Typed, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.semantic.extensions import RowPolicy
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.principal import Principal


def policies_for(model: SemanticModel, principal: Principal) -> Iterator[tuple[str, exp.Expr]]:
    """Yield dataset and predicate of every policy that applies: the model's own and those of the principal.

    Raises NotPermitted when a policy needs an attribute that the principal does not have.
    """
    if principal.owns_everything:
        return
    granted = ((policy, model.policy_predicate(policy)) for policy in principal.row_policies)
    for policy, predicate in (*model.policies, *granted):
        if not policy.roles or principal.roles.intersection(policy.roles):
            yield policy.dataset, _closed(predicate, policy, principal)


def seen_as(model: SemanticModel, principal: Principal) -> str:
    """Return a text that differs whenever what a principal sees of a model may differ."""
    own = any("name" in each.expression for each in (*model.c360.row_policies, *principal.row_policies))  # user.name
    return f"{principal.digest}/{principal.user}" if own and not principal.owns_everything else principal.digest


def _closed(predicate: exp.Expr, policy: RowPolicy, principal: Principal) -> exp.Expr:
    tree = predicate.copy()
    for column in list(tree.find_all(exp.Column)):
        if column.table.casefold() != USER:
            continue
        value = _attribute(column.name, policy, principal)
        if isinstance(value, list | tuple | set | frozenset):
            if not isinstance(column.parent, exp.In) or column.arg_key != "expressions":
                raise NotPermitted(
                    f"Row policy '{policy.id}' compares with a list.", next_step="Write `IN (user.<attribute>)`."
                )
            column.parent.set("expressions", [_constant(item) for item in value] or [exp.null()])
        else:
            column.replace(_constant(value))
    return tree


def _attribute(name: str, policy: RowPolicy, principal: Principal) -> Any:
    if name == "name":
        return principal.user
    if name not in principal.attributes:
        raise NotPermitted(
            policy.deny_message or f"Row policy '{policy.id}' needs the attribute '{name}', which you do not have."
        )
    return principal.attributes[name]


def _constant(value: Any) -> exp.Expr:
    return literal(value, Typed("a user attribute", None))
