"""Turn what Spark says into errors of ours. Never its own words about rows: they hold values of people."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from customer360.errors import C360Error, ExtensionMissing, StatementFailed, WarehouseError

_ROWS = {
    "CAST_INVALID_INPUT": ("A value cannot be cast to the type that is asked for.", "Use TRY_CAST, or mend the rows."),
    "CANNOT_PARSE_TIMESTAMP": ("A text is not the moment that its format says.", "Use TRY_CAST, or mend the rows."),
    "CAST_OVERFLOW": ("A value is too big for the type that it is cast to.", "Choose a bigger type."),
    "ARITHMETIC_OVERFLOW": ("A computed number is too big for its type.", "Cast the operands to a bigger type."),
    "NUMERIC_VALUE_OUT_OF_RANGE": ("A number is too big for its DECIMAL.", "Choose a wider DECIMAL."),
    "SCALAR_SUBQUERY_TOO_MANY_ROWS": ("A subquery for one value yields several rows.", "Add an aggregate to it."),
    "DIVIDE_BY_ZERO": ("A number is divided by zero.", "Divide by nullif(x, 0)."),
    "INVALID_ARRAY_INDEX": ("A list has no element at the place that is asked for.", "Ask for its length first."),
}
_FILES = {
    "PATH_NOT_FOUND",
    "FAILED_READ_FILE",
    "FILE_NOT_EXIST",
    "CANNOT_READ_FILE_FOOTER",
    "TASK_WRITE_FAILED",
    "UNABLE_TO_INFER_SCHEMA",
}
UNSEEN = "Spark and this machine do not see the same files of the warehouse."
SHARE = "Mount the folder `data` (under engine: in c360.yaml) on every Spark machine under the same path, writable."
NO_DUCKDB, OTHER_DUCKDB = "c360: no DuckDB.", "c360: another DuckDB:"
"""What our functions say on Spark's machines."""
_AWAY = (
    "UNAVAILABLE",
    "Connection refused",
    "Socket closed",
    "RETRIES_EXCEEDED",
    "DEADLINE_EXCEEDED",
    "UNAUTHENTICATED",
    "INVALID_HANDLE",
    "closed channel",
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of ours for what Spark and the way to it raise in the block."""
    from grpc import RpcError
    from pyspark.errors import PySparkException

    logging.getLogger("SQLQueryContextLogger").disabled = True  # it would print rows' values to the terminal
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")  # said once, by us
            yield
    except (PySparkException, RpcError, ConnectionError) as error:
        raise translation(error) from error


def translation(error: Exception) -> C360Error:
    """Return the error of ours that says what an error of Spark means."""
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    condition = (error.getCondition() or "") if isinstance(error, PySparkException) else ""
    kind = condition.partition(".")[0]
    lacking = _lacking(str(error), kind)
    if lacking is not None:
        return lacking
    if kind in _ROWS:
        sentence, step = _ROWS[kind]
        return StatementFailed(sentence, next_step=step)
    if kind in _FILES:
        return WarehouseError(UNSEEN, next_step=SHARE)
    if isinstance(error, ParseException):
        return StatementFailed("Spark cannot read this SQL.", next_step="Tell us: a rule of ours wrote it wrongly.")
    if isinstance(error, AnalysisException):  # names and types, no rows
        first = str(error).partition("SQLSTATE")[0].partition("\n")[0].partition("] ")[2].strip()
        return StatementFailed(f"Spark says: {first or condition or 'the query cannot be planned.'}")
    if kind and kind != "SPARK_JOB_CANCELLED":
        return StatementFailed(f"Spark could not finish a statement ({condition}).")
    if _is_away(error):
        return WarehouseError(
            "The Spark server does not answer, or went away while it worked.",
            next_step="Nothing was published. See whether it runs, and its log; then run again.",
        )
    return StatementFailed("Spark could not finish a statement.", next_step="Spark's own log says why.")


def _lacking(text: str, kind: str) -> ExtensionMissing | None:
    """Return what to say of machines whose Python cannot compute for us; None when it is not that."""
    import platform

    import duckdb

    if kind == "PYTHON_VERSION_MISMATCH" or "PYTHON_VERSION_MISMATCH" in text:
        found = "run another Python than this machine"
    elif NO_DUCKDB in text:
        found = "have no DuckDB in their Python"
    elif OTHER_DUCKDB in text:
        version = text.partition(OTHER_DUCKDB)[2].split()[0]
        found = f"have DuckDB {version} in their Python, and this machine {duckdb.__version__}"
    else:
        return None
    python = ".".join(platform.python_version_tuple()[:2])
    return ExtensionMissing(
        f"Spark's machines {found}. Nothing was published.",
        next_step=f"Give them Python {python} with duckdb=={duckdb.__version__} and pyarrow (PYSPARK_PYTHON of the"
        " Connect server names it), or take `identity: cluster` out of engine: in c360.yaml.",
    )


def _is_away(error: Exception) -> bool:
    text = str(error)
    return any(word in text for word in _AWAY)
