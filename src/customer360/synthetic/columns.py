"""Make Arrow columns from NumPy arrays without a Python loop: numbered ids, money, words, moments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customer360.synthetic.company import START
from customer360.synthetic.draws import Floats, Integers

_FOUR_DIGITS = np.array([f"{n:04d}" for n in range(10_000)], dtype="S4").view(np.uint32)
_START_DAYS = (np.datetime64(START, "D") - np.datetime64("1970-01-01", "D")).astype(int)
_DAY_MICROSECONDS = 86_400_000_000

Mask = npt.NDArray[np.bool_]


def numbered(prefix: str, numbers: Integers, digits: int, *, missing: Mask | None = None) -> pa.Array:
    """Return ids such as ``CUST000001``: a prefix and a zero-padded number of 1 to 12 digits."""
    count, head = len(numbers), len(prefix)
    padded = np.empty((count, 12), dtype=np.uint8)
    rest = numbers.astype(np.int64)
    for end in (12, 8, 4):
        rest, four = np.divmod(rest, 10_000)
        padded[:, end - 4 : end] = _FOUR_DIGITS[four].view(np.uint8).reshape(count, 4)
    text = np.empty((count, head + digits), dtype=np.uint8)
    text[:, :head] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    text[:, head:] = padded[:, 12 - digits :]
    offsets = np.arange(count + 1, dtype=np.int32) * (head + digits)
    return pa.Array.from_buffers(pa.string(), count, [_validity(missing), pa.py_buffer(offsets), pa.py_buffer(text)])


def money(cents: Integers, *, precision: int = 10, missing: Mask | None = None) -> pa.Array:
    """Return whole cents as DECIMAL(precision, 2)."""
    wide = np.empty((len(cents), 2), dtype=np.int64)
    wide[:, 0] = cents
    wide[:, 1] = np.where(cents < 0, -1, 0)
    return pa.Array.from_buffers(pa.decimal128(precision, 2), len(cents), [_validity(missing), pa.py_buffer(wide)])


def words(indexes: Integers, vocabulary: Sequence[str], *, missing: Mask | None = None) -> pa.Array:
    """Return the words at these places of a vocabulary, as plain strings."""
    places = pa.array(indexes.astype(np.int32), mask=missing)
    return pa.array(list(vocabulary), pa.string()).take(places)


def dates(days: Integers | Floats, *, missing: Mask | None = None) -> pa.Array:
    """Return DATEs from days since START."""
    whole = np.floor(days).astype(np.int32) + np.int32(_START_DAYS)
    return pa.array(whole, pa.int32(), mask=missing).view(pa.date32())


def moments(days: Floats, *, missing: Mask | None = None, unit_seconds: int = 1) -> pa.Array:
    """Return TIMESTAMPs (UTC, without zone) from days since START, cut to whole seconds."""
    seconds = np.floor(np.where(np.isfinite(days), days, 0.0) * (86_400 / unit_seconds)).astype(np.int64) * unit_seconds
    micro = seconds * 1_000_000 + int(_START_DAYS) * _DAY_MICROSECONDS
    return pa.array(micro, pa.int64(), mask=missing).view(pa.timestamp("us"))


def integers(values: Integers, kind: pa.DataType | None = None, *, missing: Mask | None = None) -> pa.Array:
    """Return whole numbers, INTEGER unless said otherwise."""
    return pa.array(values, mask=missing).cast(kind or pa.int32())


def _validity(missing: Mask | None) -> pa.Buffer | None:
    if missing is None or not missing.any():
        return None
    return pa.py_buffer(np.packbits(~missing, bitorder="little"))
