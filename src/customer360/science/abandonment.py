"""Measure abandoned carts: every rate under its own name, what was lost and what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customer360.names import quoted
from customer360.science.inputs import require_columns, require_input, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import pyarrow as pa

METHOD = "cart_abandonment"
COLUMNS = ("cart_id", "is_abandoned", "cart_value", "recovery_email_sent", "recovery_converted")

RATES = """
SELECT
    {groups}
    count(*) AS carts_created,
    count(*) FILTER (is_abandoned) AS carts_abandoned,
    count(*) FILTER (is_abandoned) / count(*) AS cart_abandonment_rate,
    count(*) FILTER (is_abandoned AND recovery_email_sent) AS recovery_emails_sent,
    count(*) FILTER (is_abandoned AND recovery_converted) AS carts_recovered,
    count(*) FILTER (is_abandoned AND recovery_converted)
        / nullif(count(*) FILTER (is_abandoned AND recovery_email_sent), 0) AS recovery_rate,
    count(*) FILTER (is_abandoned AND NOT coalesce(recovery_converted, false))
        / nullif(count(*) FILTER (is_abandoned), 0) AS unrecovered_rate,
    count(*) FILTER (is_abandoned) / nullif(sum(count(*) FILTER (is_abandoned)) OVER (), 0) AS abandonment_share,
    coalesce(sum(cart_value) FILTER (is_abandoned), 0) AS abandoned_cart_value,
    coalesce(sum(cart_value) FILTER (is_abandoned AND NOT coalesce(recovery_converted, false)), 0) AS lost_revenue
FROM carts
{group_by}
"""


def abandonment(carts: pa.Table, *, by: Sequence[str] = ()) -> pa.Table:
    """Return counts, rates and values of carts, for each value of the ``by`` columns.

    Input: one row per cart (a session with add_to_cart): cart_id, is_abandoned (no purchase in that session),
    cart_value, recovery_email_sent, recovery_converted, and the ``by`` columns. cart_abandonment_rate = abandoned /
    created; recovery_rate = recovered / e-mails sent; unrecovered_rate = not recovered / abandoned; abandonment_share =
    abandoned / all abandoned; abandoned_cart_value includes recovered carts, lost_revenue does not. Rates are NULL when
    there is nothing to divide by.
    """
    require_columns(carts, (*COLUMNS, *by), name="carts")
    columns = ", ".join(quoted(column) for column in by)
    order = f"GROUP BY {columns} ORDER BY {columns}" if by else ""
    return run_sql(RATES.format(groups=f"{columns}," if by else "", group_by=order), carts=carts)


def run(
    inputs: Mapping[str, pa.Table],
    parameters: Mapping[str, Any],
    *,
    as_of: date,  # noqa: ARG001 # every step has it; carts say themselves how they ended
) -> pa.Table:
    """Return ``abandonment`` (step ``cart_abandonment``): input ``carts``, parameter by (columns of it, none)."""
    by = with_defaults(parameters, {"by": ()}, method=METHOD)["by"]
    return abandonment(require_input(inputs, "carts", (*COLUMNS, *by), method=METHOD), by=by)
