"""Index the values of dimensions by their words, compactly: hashes in sorted arrays, the texts in Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from customer360.ask.inflect import stems
from customer360.ask.words import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

SMALL = 2_000
"""Values of dimensions with at most so many are offered when a word comes near one."""
_LONGEST = 12  # words
_OF_PLACES = pa.schema([("hash", pa.uint64()), ("place", pa.int64())])
_OF_FIELDS = pa.schema([("field", pa.large_string()), ("values", pa.large_list(pa.large_string()))])
_LONGEST_KEY = b"longest"


@dataclass(frozen=True)
class Listed:
    """The values of one dimension. ``aliases`` are further words for one of them."""

    field: str
    values: Sequence[Any]
    aliases: tuple[tuple[str, Any], ...] = ()


class ValueIndex:
    """Finds which dimensions have a value that is written with given words."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        self.fields: list[str] = []
        self._texts: list[pa.LargeStringArray] = []
        hashes: list[int] = []
        places: list[int] = []
        self.longest = 1
        for each in listed:
            number = len(self.fields)
            self.fields.append(each.field)
            values = list(each.values)
            position = {value: at for at, value in enumerate(values)}
            self._texts.append(_texts(values))
            pairs = [(str(value), at) for at, value in enumerate(values)]
            pairs += [(text, position[value]) for text, value in each.aliases if value in position]
            for text, at in pairs:
                words = stems(phrase(text))
                if words and len(words) <= _LONGEST:
                    self.longest = max(self.longest, len(words))
                    hashes.append(_hash(words))
                    places.append(number << 40 | at)
        order = np.argsort(np.array(hashes, np.uint64), kind="stable")
        self._hashes: npt.NDArray[np.uint64] = np.array(hashes, np.uint64)[order]
        self._places: npt.NDArray[np.int64] = np.array(places, np.int64)[order]

    @classmethod
    def read(cls, data: bytes) -> ValueIndex:
        """Return the index that ``written`` gave. Errors: ArrowInvalid and OSError when it is not one."""
        source = pa.BufferReader(data)
        with pa.ipc.open_stream(source) as reader:
            places = reader.read_all()
        with pa.ipc.open_stream(source) as reader:
            fields = reader.read_all()
        if places.schema.names != _OF_PLACES.names or fields.schema != _OF_FIELDS:
            raise pa.ArrowInvalid("These are no values of dimensions.")
        made = cls(())
        made.longest = int((places.schema.metadata or {})[_LONGEST_KEY])
        made._hashes = _numbers(places.column("hash"), np.uint64)
        made._places = _numbers(places.column("place"), np.int64)
        made.fields = fields.column("field").to_pylist()
        lists = fields.column("values").combine_chunks()
        made._texts = [lists[at].values for at in range(len(made.fields))]
        return made

    def written(self) -> bytes:
        """Return the index as bytes: an Arrow stream of hashes and places, then one of dimensions and values."""
        sink = pa.BufferOutputStream()
        schema = _OF_PLACES.with_metadata({_LONGEST_KEY: str(self.longest).encode()})
        columns = [_array(self._hashes, pa.uint64()), _array(self._places, pa.int64())]
        with pa.ipc.new_stream(sink, schema) as writer:
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
        ends = np.cumsum([0, *map(len, self._texts)], dtype=np.int64)
        texts = pa.concat_arrays([_texts([]), *self._texts])
        lists = pa.LargeListArray.from_arrays(_array(ends, pa.int64()), texts)
        with pa.ipc.new_stream(sink, _OF_FIELDS) as writer:
            writer.write_batch(pa.RecordBatch.from_arrays([_texts(self.fields), lists], schema=_OF_FIELDS))
        return bytes(sink.getvalue())

    @cached_property
    def near(self) -> Mapping[str, tuple[str, ...]]:
        """Values of small dimensions, by dimension."""
        named = zip(self.fields, self._texts, strict=True)
        return {field: tuple(texts.to_pylist()) for field, texts in named if len(texts) <= SMALL}

    def __len__(self) -> int:
        return len(self._hashes)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index holds."""
        return int(self._hashes.nbytes + self._places.nbytes + sum(array.nbytes for array in self._texts))

    def lookup(self, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield dimension and value for every value that is written with these words (stems)."""
        key = np.uint64(_hash(words))
        low = int(np.searchsorted(self._hashes, key, side="left"))
        while low < len(self._hashes) and self._hashes[low] == key:
            place = int(self._places[low])
            field, at = place >> 40, place & (1 << 40) - 1
            text = self._texts[field][at].as_py()
            yield self.fields[field], text
            low += 1


def _hash(words: tuple[str, ...]) -> int:
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "big")


def _texts(values: Sequence[Any]) -> pa.LargeStringArray:
    """Return texts as Arrow. Not by ``pa.array``: from a list that loads pandas where it is installed, 0.3 s."""
    data = [str(value).encode() for value in values]
    ends = np.cumsum([0, *map(len, data)], dtype=np.int64)
    return pa.LargeStringArray.from_buffers(len(data), pa.py_buffer(ends), pa.py_buffer(b"".join(data)))


def _array(numbers: npt.NDArray[Any], type_: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(type_, len(numbers), [None, pa.py_buffer(numbers)])


def _numbers(column: pa.ChunkedArray, type_: type[Any]) -> npt.NDArray[Any]:
    chunk = column.combine_chunks()
    return np.frombuffer(chunk.buffers()[1], type_, len(chunk), chunk.offset * 8) if len(chunk) else np.array([], type_)
