"""Put PDF files of one page each into one file.

Reads what the library that draws a page writes: a cross-reference table, no object streams, no encryption.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_ROOT = re.compile(rb"/Root (\d+) 0 R")
_PAGES = re.compile(rb"/Pages (\d+) 0 R")
_STREAM = b"\nstream"
CATALOGUE, TREE, ABOUT, FIRST = 1, 2, 3, 4
"""Numbers of the objects of the whole file; those of the pages begin at FIRST."""


def joined(files: Sequence[bytes], title: str) -> bytes:
    """Return the pages of these files as one file of that title."""
    objects: dict[int, bytes] = {}
    pages: list[int] = []
    for file in files:
        shift = max(objects, default=FIRST - 1)
        for number, body, is_page in _moved(file, shift):
            objects[number] = body
            pages += [number] if is_page else []
    kids = " ".join(f"{number} 0 R" for number in pages)
    objects[CATALOGUE] = f"<< /Type /Catalog /Pages {TREE} 0 R >>".encode()
    objects[TREE] = f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode()
    name = title.encode("utf-16-be").hex().upper()
    objects[ABOUT] = f"<< /Title <FEFF{name}> /Producer (customer360) >>".encode()
    return _file(objects)


def _moved(file: bytes, shift: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the objects of a file under numbers of their own, and whether each is a page; its tree is left out."""
    objects = dict(_objects(file))
    root = int(_found(_ROOT, file))
    tree = int(_found(_PAGES, objects[root]))

    def renumbered(match: re.Match[bytes]) -> bytes:
        number = int(match[1])
        return b"%d 0 R" % (TREE if number == tree else number + shift)

    for number, body in sorted(objects.items()):
        if number in (root, tree):
            continue
        said, stream, rest = body.partition(_STREAM)
        yield number + shift, _REFERENCE.sub(renumbered, said) + stream + rest, b"/Type /Page\n" in said


def _objects(file: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and body of each object that the cross-reference table lists."""
    begin = int(file[file.rindex(b"startxref") :].split()[1])
    head, *entries = file[begin : file.rindex(b"trailer")].split(b"\n")[1:]
    first = int(head.split()[0])
    for number, entry in enumerate((line for line in entries if line.strip()), first):
        if not entry.rstrip().endswith(b"n"):
            continue
        at = int(entry.split()[0])
        begins = file.index(b"obj", at) + len(b"obj")
        body = file[begins:]
        said, stream, rest = body.partition(_STREAM)
        ends = said.find(b"endobj")
        if ends >= 0:  # the stream belongs to a later object
            yield number, said[:ends].strip()
        else:
            yield number, said.strip() + stream + rest[: rest.index(b"endstream") + len(b"endstream")]


def _found(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    match = pattern.search(text)
    if match is None:
        raise ValueError(f"The drawn page is no PDF of the expected kind: it lacks {pattern.pattern!r}.")
    return match[1]


def _file(objects: dict[int, bytes]) -> bytes:
    parts, places, at = [b"%PDF-1.7\n%\x80\x80\x80\x80\n"], {}, 15
    for number in sorted(objects):
        places[number] = at
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, objects[number]))
        at += len(parts[-1])
    count = max(objects) + 1
    lines = [
        b"%010d 00000 n " % places[number] if number in places else b"0000000000 65535 f " for number in range(count)
    ]
    parts.append(b"xref\n0 %d\n%s\n" % (count, b"\n".join(lines)))
    parts.append(b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\n" % (count, CATALOGUE, ABOUT))
    parts.append(b"startxref\n%d\n%%%%EOF\n" % at)
    return b"".join(parts)
