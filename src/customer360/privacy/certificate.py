"""Write down what an erasure did, signed, so that it can be shown later that nobody changed it.

The signature is an HMAC-SHA256 with a key that lies in the project's state: whoever holds that file can verify (and
could sign). The history of governance keeps the digest of each certificate, so a new one cannot be slipped in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from customer360.privacy.failures import CertificateBroken

FORMAT = "customer360 erasure certificate, version 1"
KEY_FILE = Path("state") / "privacy.key"
FOLDER = Path("state") / "certificates"
ALGORITHM = "HMAC-SHA256"
_KEY_BYTES = 32
LIMITS = (
    (
        "The source systems were not written to. What they still hold is kept out of later loads by a salted digest"
        " of the person's ids; it must be erased there too."
    ),
    (
        "Files that were copied or moved after an export, destinations outside of this project that were sent the"
        " person, and backups are not reached. The destinations are listed: tell those that were not told."
    ),
    (
        "Of files, CSV and Parquet in exports/ and where an audience is written now were searched for the person's ids"
        " and addresses, and pictures in exports/dashboards were deleted. Files that were written elsewhere, and files"
        " that hold only a name, are not found. Files that are no CSV or Parquet inside are listed as not verified."
    ),
    "Earlier states of the warehouse were deleted: rollback to before this erasure has ended.",
)
_ANONYMISED = (
    "Rows that count towards totals stay under an id drawn at random. Whoever holds both the project's state and the"
    " source's original ids could still tell which one it is; that ends when the source erases the person."
)


@dataclass(frozen=True)
class Certificate:
    """A signed document and where it was written."""

    document: Mapping[str, Any]
    path: Path

    @property
    def digest(self) -> str:
        """Return the digest that the history keeps."""
        return hashlib.sha256(_canonical(self.document)).hexdigest()


def limits_of(mode: str) -> list[str]:
    """Return what a certificate does not promise."""
    return [*LIMITS, *([_ANONYMISED] if mode == "anonymise" else [])]


def write(root: Path, number: int, document: Mapping[str, Any]) -> Certificate:
    """Sign a document and write it as JSON and HTML."""
    stated = {"format": FORMAT, **document}
    signed = {**stated, "signature": {"algorithm": ALGORITHM, "value": _signature(root, stated)}}
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"erasure-{number:04d}.json"
    path.write_text(json.dumps(signed, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    path.with_suffix(".html").write_text(_html(signed), encoding="utf-8")
    return Certificate(signed, path)


def verify(root: Path, path: Path, digests: Iterable[str]) -> Certificate:
    """Return a certificate that was signed here and is unchanged.

    ``digests``: those that the history holds. Errors: CertificateBroken.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CertificateBroken("This is no certificate that can be read.", place=str(path)) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CertificateBroken("This is no certificate of an erasure.", place=str(path))
    given = document.get("signature")
    stated = {name: value for name, value in document.items() if name != "signature"}
    value = given.get("value") if isinstance(given, dict) else None
    if not isinstance(value, str) or not (root / KEY_FILE).is_file():
        raise CertificateBroken("The certificate cannot be checked: its signature or this project's key is missing.")
    if not hmac.compare_digest(value, _signature(root, stated)):
        raise CertificateBroken("The certificate was changed, or signed by another project.", place=str(path))
    found = Certificate(document, path)
    if found.digest not in set(digests):
        raise CertificateBroken(
            "The signature is right, but the history of this project has no such certificate.", place=str(path)
        )
    return found


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _signature(root: Path, document: Mapping[str, Any]) -> str:
    return hmac.new(_key(root), _canonical(document), hashlib.sha256).hexdigest()


def _key(root: Path) -> bytes:
    path = root / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_hex(_KEY_BYTES), encoding="utf-8")
            with suppress(FileExistsError):  # another process was first, and its key holds
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    try:
        key = bytes.fromhex(path.read_text(encoding="utf-8").strip())
    except ValueError:
        key = b""
    if len(key) < _KEY_BYTES:
        raise CertificateBroken(
            "The key that certificates are signed with is not whole.",
            place=str(path),
            next_step="Bring the file back from a backup; where nothing was ever signed with it, delete it.",
        )
    return key


def _html(document: Mapping[str, Any]) -> str:
    facts = [
        ("Number", document["number"]),
        ("Project", document["project"]),
        ("Mode", document["mode"]),
        ("Asked for by", document["by"]),
        ("Reason", document["reason"] or "not given"),
        ("Begun", document["started_at"]),
        ("Finished", document["finished_at"]),
        ("Records", ", ".join(f"{n} in {system}" for system, n in document["records"].items())),
        ("Ids kept out of later loads", document["suppressed"]),
        *_told(document),
        ("Found again by searching", f"{document['verified']['rows_found']} rows"),
        *_doubts(document["verified"]),
    ]
    removed = [(each["place"], each["action"], f"{each['rows']:,}") for each in document["removed"]]
    return _PAGE.format(
        facts="".join(f"<tr><th>{escape(str(a))}</th><td>{escape(str(b))}</td></tr>" for a, b in facts),
        removed="".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in removed),
        limits="".join(f"<li>{escape(text)}</li>" for text in document["limits"]),
        signature=escape(document["signature"]["value"]),
    )


def _doubts(verified: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where the person is still named, and what could not be searched."""
    named = ", ".join(f"{place} ({times:,})" for place, times in verified.get("still_named_in", {}).items())
    unread = ", ".join(verified.get("not_searched", ()))
    groups = (("Still named in", named), ("Not verified: no table that can be searched", unread))
    return [(label, text) for label, text in groups if text]


def _told(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return who was sent the person before, by what they have been told."""
    told, owed = document.get("told", []), document.get("owed", [])
    rest = [each for each in document.get("sent_to", ()) if each not in {*told, *owed}]
    groups = (("Sent before, told to drop them", told), ("Sent before, told by the next export", owed))
    return [
        *((label, ", ".join(names)) for label, names in groups if names),
        ("Sent before, to be told", ", ".join(rest) or "nobody"),
    ]


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Certificate of erasure</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;border-bottom:1px solid #ccc;padding:.25rem .5rem}}
td:last-child{{overflow-wrap:anywhere}}</style></head><body>
<h1>Certificate of erasure</h1><table>{facts}</table>
<h2>What was removed where</h2>
<table><tr><th>Table or file</th><th>What was done</th><th>Rows</th></tr>{removed}</table>
<h2>What this does not say</h2><ul>{limits}</ul>
<p>Signature (HMAC-SHA256): <code>{signature}</code>. Verify the JSON file beside this page with
<code>c360 privacy verify</code>.</p></body></html>
"""
