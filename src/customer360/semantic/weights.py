"""Weigh aggregates over rows that a bridge has multiplied: a declared share each, or distinct counts only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import QueryError

if TYPE_CHECKING:
    from customer360.semantic.measure import Atom
    from customer360.semantic.scope import Scope


def weighted(atom: Atom, tree: exp.Expr, scope: Scope) -> exp.Expr:
    """Return the aggregate with each row counted by its share. Raises QueryError where that has no meaning."""
    if atom.kind in ("distinct", "min", "max"):
        return tree
    weight = scope.bridge_weight()
    if weight is None:
        raise QueryError(
            f"{atom.label} would count rows several times: {scope.bridge} links them to many and declares no weight.",
            next_step="Ask for a distinct count, or give the bridge a weight that adds up to 1.",
        )
    share = exp.Coalesce(this=weight, expressions=[exp.Literal.number(1)])
    if atom.kind == "sum":
        return exp.Sum(this=exp.Mul(this=exp.paren(tree.this), expression=share))
    if atom.kind == "count":
        return exp.Sum(this=share) if isinstance(tree.this, exp.Star) else exp.Sum(this=_where_known(tree.this, share))
    if atom.kind == "average":
        total = exp.Sum(this=exp.Mul(this=exp.paren(tree.this), expression=share))
        count = exp.Sum(this=_where_known(tree.this, share.copy()))
        return exp.Div(this=total, expression=exp.Nullif(this=count, expression=exp.Literal.number(0)))
    raise QueryError(
        f"{atom.label} cannot be weighed across {scope.bridge}.", next_step="Ask for a sum, a count or an average."
    )


def _where_known(value: exp.Expr, share: exp.Expr) -> exp.Expr:
    known = exp.not_(value.copy().is_(exp.null()))
    return exp.Case(ifs=[exp.If(this=known, true=share)])
