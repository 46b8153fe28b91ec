"""Make a table by a registered method: Arrow tables in, one Arrow table out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import BuildFailed
from customer360.models.methods import method_of
from customer360.names import quoted

if TYPE_CHECKING:
    import pyarrow as pa

    from customer360.models.kinds.work import Work

_RESULT = "c360_step_result"


def build(work: Work) -> int | None:
    """Run the method on its inputs and create the table, typed by the contract where there is one.

    An input that names the step's own table gets what was published last, and is left out the first time.
    """
    step = work.node.model.step
    assert step is not None  # noqa: S101 - the kind of a model is `step` exactly when it has one
    run = method_of(step, work.publication)
    own = work.node.relation
    readable = {name: r for name, r in step.inputs.items() if r != own or work.exists}
    inputs = {name: work.publication.query(f"SELECT * FROM {r.sql}") for name, r in readable.items()}
    result = run(inputs, step.parameters, as_of=work.as_of)
    work.publication.register(_RESULT, result)
    try:
        select = f"SELECT {_listed(work, result)} FROM {_RESULT}"
        return work.publication.create_table_as(work.node.relation, select, types=work.types)
    finally:
        work.publication.unregister(_RESULT)


def _listed(work: Work, result: pa.Table) -> str:
    contract = work.node.contract
    if contract is None:
        return "*"
    declared = [column.name for column in contract.columns]
    made = result.column_names
    if set(declared) != set(made):
        missing, extra = sorted(set(declared) - set(made)), sorted(set(made) - set(declared))
        parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has {', '.join(extra)} too many"] * bool(extra)
        raise BuildFailed(
            f"The step {work.node.relation} does not yield what its contract declares: it {' and '.join(parts)}.",
            place=work.node.model.place,
            next_step=f"Change the contract {contract.place.file} or the step.",
        )
    return ", ".join(f"CAST({quoted(c.name)} AS {c.type}) AS {quoted(c.name)}" for c in contract.columns)
