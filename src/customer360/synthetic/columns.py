"""Make Arrow columns from NumPy arrays without a Python loop: numbered ids, money, words, moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from customer360.synthetic.company import START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.synthetic.draws import Floats, Integers

_FOUR_DIGITS = np.array([f"{n:04d}" for n in range(10_000)], dtype="S4").view(np.uint32)
_START_DAYS = (np.datetime64(START, "D") - np.datetime64("1970-01-01", "D")).astype(int)
_DIGITS_OF_32_BITS = 9
DAY_SECONDS = 86_400

Mask = npt.NDArray[np.bool_]


def numbered(prefix: str, numbers: Integers, digits: int, *, missing: Mask | None = None) -> pa.Array:
    """Return ids such as ``CUST000001``: a prefix and a zero-padded number, with more digits where it needs them."""
    count, head = len(numbers), len(prefix)
    if count and numbers.max() >= 10**digits:
        padded = pc.utf8_lpad(pa.array(numbers, mask=missing).cast(pa.string()), digits, "0")
        return pc.binary_join_element_wise(prefix, padded, "")
    text = np.empty((count, head + digits), dtype=np.uint8)
    text[:, :head] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rest: Integers = numbers.astype(np.int64 if digits > _DIGITS_OF_32_BITS else np.uint32)
    for end in range(digits, 0, -4):
        above = rest // 10_000  # numpy's divmod is several times slower than division by a constant
        four = _FOUR_DIGITS[np.subtract(rest, above * 10_000)].view(np.uint8).reshape(count, 4)
        width = min(4, end)
        text[:, head + end - width : head + end] = four[:, 4 - width :]
        rest = above
    offsets = np.arange(count + 1, dtype=np.int32) * (head + digits)
    return pa.Array.from_buffers(pa.string(), count, [_validity(missing), pa.py_buffer(offsets), pa.py_buffer(text)])


def coded(places: Integers, vocabulary: pa.Array, *, missing: Mask | None = None) -> pa.DictionaryArray:
    """Return entries of a vocabulary without copying their text: dictionary-encoded, a string to whoever reads it."""
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32), mask=missing), vocabulary)


def plain(table: pa.Table) -> pa.Table:
    """Return a table with its dictionary-encoded columns as plain strings, the types that the sources document."""
    columns = [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names)


def money(cents: Integers, *, precision: int = 10, missing: Mask | None = None) -> pa.Array:
    """Return whole cents as DECIMAL(precision, 2)."""
    wide = np.empty((len(cents), 2), dtype=np.int64)
    wide[:, 0] = cents
    wide[:, 1] = np.where(cents < 0, -1, 0)
    return pa.Array.from_buffers(pa.decimal128(precision, 2), len(cents), [_validity(missing), pa.py_buffer(wide)])


def words(indexes: Integers, vocabulary: Sequence[str], *, missing: Mask | None = None) -> pa.DictionaryArray:
    """Return the words at these places of a vocabulary, dictionary-encoded.

    A dictionary must not hold a word twice: Arrow's Parquet writer then writes bytes that differ from run to run.
    """
    place = {word: number for number, word in enumerate(dict.fromkeys(vocabulary))}
    if len(place) < len(vocabulary):
        indexes = np.array([place[word] for word in vocabulary])[indexes]
    return coded(indexes, pa.array(list(place), pa.string()), missing=missing)


def dates(days: Integers | Floats, *, missing: Mask | None = None) -> pa.Array:
    """Return DATEs from days since START."""
    whole = np.floor(days).astype(np.int32) + np.int32(_START_DAYS)
    return pa.array(whole, pa.int32(), mask=missing).view(pa.date32())


def dates_of(days: Integers) -> pa.Array:
    """Return DATEs from days since 1970-01-01."""
    return pa.array(days.astype(np.int32), pa.int32()).view(pa.date32())


def moments(days: Floats, *, missing: Mask | None = None) -> pa.Array:
    """Return TIMESTAMPs (UTC, without zone) from days since START, cut to whole seconds."""
    return instants(whole_seconds(days), missing=missing)


def whole_seconds(days: Floats) -> Integers:
    """Return whole seconds since START; 0 where a moment is infinite."""
    return np.asarray(np.floor(np.where(np.isfinite(days), days, 0.0) * DAY_SECONDS).astype(np.int64))


def instants(seconds: Integers, *, missing: Mask | None = None) -> pa.Array:
    """Return TIMESTAMPs (UTC, without zone) from whole seconds since START."""
    micro = (seconds + int(_START_DAYS) * DAY_SECONDS) * 1_000_000
    return pa.array(micro, pa.int64(), mask=missing).view(pa.timestamp("us"))


def integers(values: Integers, kind: pa.DataType | None = None, *, missing: Mask | None = None) -> pa.Array:
    """Return whole numbers, INTEGER unless said otherwise."""
    return pa.array(values, mask=missing).cast(kind or pa.int32())


def _validity(missing: Mask | None) -> pa.Buffer | None:
    if missing is None or not missing.any():
        return None
    return pa.py_buffer(np.packbits(~missing, bitorder="little"))
