"""Write the last SELECT: figures made of atoms, empty members named, conditions on figures, order and page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sqlglot import exp

from customer360.errors import UnknownName
from customer360.semantic.conditions import NONE_MEMBER, Conditions
from customer360.semantic.expression import named
from customer360.semantic.facts import OTHER_MEMBER, restricted
from customer360.semantic.identifiers import identifier
from customer360.semantic.outputs import Output, output_names, outputs
from customer360.semantic.question import as_query_error, is_axis_name
from customer360.semantic.scope import Scope
from customer360.semantic.shares import part_variant, total_variant
from customer360.semantic.steps import column, grouped, table
from customer360.semantic.values import Typed

if TYPE_CHECKING:
    from customer360.semantic.combine import Totals
    from customer360.semantic.question import Figure, GroupBy, Question
    from customer360.semantic.totals import Totaller

_COMMENT = "the figures asked for"


def last_select(totaller: Totaller, source: Totals, comment: str | None = _COMMENT) -> exp.Select:
    """Return the figures of a question from the step that has all its atoms."""
    question = totaller.question
    shown = [named(_member(group), identifier(group.column)) for group in question.groups]
    shown += [named(_value(totaller, output), identifier(output.name)) for output in outputs(question)]
    hidden = [named(_figure(totaller, figure, ""), identifier(figure.name)) for figure in question.hidden]
    result = exp.select(*shown, *hidden).from_(table(source.step))
    if question.having:
        inner = totaller.steps.add("figures", result, "every figure, also those only compared with")
        visible = [*(group.column for group in question.groups), *output_names(question)]
        result = exp.select(*(column(name) for name in visible)).from_(table(inner))
        result = restricted(result, _having(question))
    if comment is not None:
        result.add_comments([comment])
    return _paged(_ordered(totaller, result), question)


def _member(group: GroupBy) -> exp.Expr:
    member = column(group.column)
    if group.field is None or group.field.datatype != "String":
        return member
    return exp.Coalesce(this=member, expressions=[exp.Literal.string(NONE_MEMBER)])


def _value(totaller: Totaller, output: Output) -> exp.Expr:
    question = totaller.question
    main = _figure(totaller, output.figure, "")
    if output.form == "value":
        return main
    if output.has_part:
        part = _figure(totaller, output.figure, part_variant(question, output).name)
        part = exp.Coalesce(this=part, expressions=[exp.Literal.number(0)])
        return part if output.form == "part" else exp.Div(this=part, expression=_not_zero(main))
    if output.form == "share":
        total = _figure(totaller, output.figure, total_variant(question, output.within).name)
        return exp.Div(this=_operand(main), expression=_not_zero(total))
    assert question.comparison is not None  # noqa: S101 -- the other forms come with one
    other = _figure(totaller, output.figure, question.comparison.name)
    if output.form == "compared":
        return other
    change = exp.Sub(this=_operand(main), expression=_operand(other))
    return change if output.form == "change" else exp.Div(this=exp.paren(change), expression=_not_zero(other.copy()))


def _figure(totaller: Totaller, figure: Figure, variant: str) -> exp.Expr:
    """Return a figure's arithmetic over the columns of its atoms. Counts of nothing are 0, sums of nothing empty."""
    atoms = figure.formula.atoms
    zero_filled = totaller.question.query.fill == "zero"

    def replaced(node: exp.Expr) -> exp.Expr:
        atom = atoms.get(node.name) if isinstance(node, exp.Column) else None
        if atom is None:
            return node
        value = column(totaller.cell(node.name, variant))
        if atom.kind in ("count", "distinct") or (zero_filled and atom.is_additive):
            return exp.Coalesce(this=value, expressions=[exp.Literal.number(0)])
        return value

    tree = figure.formula.outer.transform(replaced)
    return exp.cast(tree, "BIGINT") if figure.formula.metric.datatype == "Integer" else tree


def _operand(tree: exp.Expr) -> exp.Expr:
    return exp.paren(tree) if isinstance(tree, exp.Binary) else tree


def _not_zero(tree: exp.Expr) -> exp.Expr:
    return exp.Nullif(this=tree, expression=exp.Literal.number(0))


def _having(question: Question) -> list[exp.Expr]:
    metrics = question.model.metrics

    def lookup(name: str) -> tuple[exp.Expr, Typed]:
        datatype = metrics[name].datatype if name in metrics else None
        return column(name), Typed(name, datatype or "Decimal")

    conditions = Conditions(lookup, question.setting.as_of, question.calendar)
    return [conditions.build(part) for part in question.having]


def _ordered(totaller: Totaller, result: exp.Select) -> exp.Select:
    """Order as asked, ties by the dimensions, so that equal queries give equal pages."""
    question = totaller.question
    orders = [(_order_column(question, order.by), order.descending) for order in question.query.order]
    chosen = {name for name, _ in orders}
    orders += [(group.column, False) for group in question.groups if group.column not in chosen]
    top = question.query.top
    rest = question.group_named(top.dimension).column if top is not None and top.other else None
    for name, descending in orders:
        if name == rest:
            is_rest = exp.If(this=column(name).eq(OTHER_MEMBER), true=exp.Literal.number(1))
            last = exp.Case(ifs=[is_rest], default=exp.Literal.number(0))
            result = result.order_by(exp.Ordered(this=last, nulls_first=False), copy=False)
        by, result = _sort_key(totaller, name, result)
        result = result.order_by(exp.Ordered(this=by, desc=descending, nulls_first=False), copy=False)
    return result


def _sort_key(totaller: Totaller, name: str, result: exp.Select) -> tuple[exp.Expr, exp.Select]:
    """Return what a column is sorted by: itself, or the position that another field gives its members."""
    question = totaller.question
    group = next((group for group in question.groups if group.column == name), None)
    field = group.field if group else None
    if group is None or field is None:
        return column(name), result
    if field.c360.ordered and field.c360.sort_by is None:
        return _place(name, [value.value for value in field.c360.values]), result
    if field.c360.sort_by is None:
        return column(name), result
    rows = Scope(question.setting, field.dataset)
    member, position = rows.column(field.dataset, field.name), rows.column(field.dataset, field.c360.sort_by)
    outputs = [exp.alias_(member, "member"), exp.alias_(exp.Min(this=position), "position")]
    members = grouped(rows.select().select(*outputs, copy=False), 1)
    step = totaller.steps.add(f"{name}_order", members, f"the order of the members: by {field.c360.sort_by}")
    source = result.args["from_"].this.name
    condition = column(name, source).eq(column("member", step))
    return column("position", step), result.join(exp.Join(this=table(step), on=condition, side="LEFT"), copy=False)


def _place(name: str, members: list[object]) -> exp.Case:
    """Return the place of a column's value among its members; what is none of them comes after."""
    ifs = [
        exp.If(this=column(name).eq(exp.convert(member)), true=exp.Literal.number(place))
        for place, member in enumerate(members)
    ]
    return exp.Case(ifs=ifs, default=exp.Literal.number(len(members)))


def _order_column(question: Question, by: str) -> str:
    wanted = "time" if is_axis_name(by) else by
    for group in question.groups:
        if wanted in (group.column, group.asked.name, f"{group.owner}.{group.name}"):
            return group.column
    names = output_names(question)
    return by if by in names else _unknown(by, [*names, *(group.asked.name for group in question.groups)])


def _unknown(name: str, known: list[str]) -> NoReturn:
    raise as_query_error(UnknownName("metric or dimension of the query", name, known))


def _paged(result: exp.Select, question: Question) -> exp.Select:
    query = question.query
    if query.limit is not None:
        result = result.limit(query.limit, copy=False)
    return result.offset(query.offset, copy=False) if query.offset is not None else result
