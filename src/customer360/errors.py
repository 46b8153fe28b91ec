"""Name every situation in which customer360 stops, with a sentence, a place and a next step.

C360Error
+-- ProjectError            one thing wrong in a project file
|   +-- UnknownName         a name that nothing in the project carries
+-- ProjectErrors           all things wrong in a project, reported at once
+-- SettingMissing          an environment variable that a source or service needs
+-- WarehouseError          the warehouse cannot do what was asked
|   +-- WarehouseMissing    nothing has been built here yet
|   +-- WriterBusy          another process holds the writer lock
|   +-- CommitFailed        a publish did not go through; readers keep the old state
|   +-- SnapshotMissing     no such snapshot (expired or never made)
|   +-- ExtensionMissing    a DuckDB extension can neither be found nor installed
|   +-- StatementFailed     the warehouse refused or could not finish one SQL statement
+-- SourceError             a source cannot be read
|   +-- SourceUnreachable   server down, wrong password, missing file, no permission
|   +-- SourceMalformed     wrong encoding, broken line, wrong kind of file
|   +-- SchemaDrift         columns are new, gone or retyped and the policy says fail
|   +-- RowsRejected        rows break the contract and the policy says fail
+-- ModelError              a model cannot be parsed, linted, ordered or transpiled
+-- BuildFailed             a model failed while building; nothing was published
+-- ChecksFailed            blocking checks failed; nothing was published
+-- ScienceError            a method of customer science cannot give an answer that holds
|   +-- NotEnoughData       too few rows
|   +-- InputMalformed      columns are absent, lengths differ, values are impossible
+-- QueryError              a metric query that cannot be answered as asked
|   +-- CustomerMissing     nobody (whom the asker may see) has this key
+-- NotPermitted            the principal may not see this
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Place:
    """A spot in a file of the project: ``dashboards/overview.yaml:14``."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class C360Error(Exception):
    """Root of every error raised on purpose.

    ``what`` is a whole sentence, ``place`` says where, ``next_step`` what to do about it.
    None of them ever holds a secret or a personal value.
    """

    def __init__(self, what: str, *, place: Place | str | None = None, next_step: str | None = None) -> None:
        self.what = what
        self.place = place
        self.next_step = next_step
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what]
        if self.place is not None:
            parts.append(f"In {self.place}.")
        if self.next_step:
            parts.append(self.next_step)
        return " ".join(parts)


MOST_NAMED = 8
"""Names that an error lists when none of them is near."""


class ProjectError(C360Error):
    """One thing wrong in a project file."""


def suggestion(name: str, known: Sequence[str]) -> str | None:
    """Return the next step for a name that does not exist: the nearest one, else some of those that do."""
    hit = nearest(name, known)
    if hit:
        return f"Did you mean '{hit}'?"
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"Known: {', '.join(known[:MOST_NAMED])}{more}." if known else None


class UnknownName(ProjectError):
    """A name that nothing carries; offers the nearest one that exists."""

    def __init__(self, kind: str, name: str, known: Sequence[str], *, place: Place | str | None = None) -> None:
        self.kind = kind
        self.name = name
        self.nearest = nearest(name, known)
        super().__init__(f"No {kind} is named '{name}'.", place=place, next_step=suggestion(name, sorted(known)))


class ProjectErrors(C360Error):
    """All errors of a project at once, in file order."""

    def __init__(self, errors: Sequence[C360Error]) -> None:
        self.errors = tuple(errors)
        noun = "error" if len(errors) == 1 else "errors"
        lines = "\n".join(f"  {error}" for error in errors)
        super().__init__(f"The project has {len(errors)} {noun}:\n{lines}")


class SettingMissing(C360Error):
    """An environment variable is not set."""

    def __init__(self, variable: str, *, purpose: str, place: Place | str | None = None) -> None:
        self.variable = variable
        super().__init__(
            f"The environment variable {variable} is not set; it holds {purpose}.",
            place=place,
            next_step=f"Set it and run again: export {variable}=...",
        )


class WarehouseError(C360Error):
    """The warehouse cannot do what was asked."""


class WarehouseMissing(WarehouseError):
    """Nothing has been built here yet."""


class WriterBusy(WarehouseError):
    """Another process holds the writer lock."""


class WarehouseLost(WarehouseError):
    """The server of the warehouse went away, or the network between."""


class CommitFailed(WarehouseError):
    """A publish did not go through; readers keep the old state."""


class SnapshotMissing(WarehouseError):
    """No such snapshot: it expired or was never made."""


class ExtensionMissing(WarehouseError):
    """A DuckDB extension can neither be found among the installed wheels nor downloaded."""


class StatementFailed(WarehouseError):
    """The warehouse refused or could not finish one SQL statement; values of rows are taken out of the message."""


class SourceError(C360Error):
    """A source cannot be read."""


class SourceUnreachable(SourceError):
    """Server down, wrong password, missing file, no permission."""


class SourceMalformed(SourceError):
    """Wrong encoding, broken line, wrong kind of file."""


class SchemaDrift(SourceError):
    """Columns are new, gone or retyped and the source's policy says fail."""


class RowsRejected(SourceError):
    """Rows break the contract and the contract's policy says fail."""


class ModelError(C360Error):
    """A model cannot be parsed, linted, ordered or transpiled."""


class BuildFailed(C360Error):
    """A model failed while building; nothing was published."""


class ChecksFailed(C360Error):
    """Blocking checks failed; nothing was published."""


class ScienceError(C360Error):
    """A method of customer science cannot give an answer that holds."""


class NotEnoughData(ScienceError):
    """Too few rows for a method; says how many there are and how many it takes."""

    def __init__(
        self, method: str, *, found: int, needed: int, what: str = "rows", next_step: str | None = None
    ) -> None:
        self.method = method
        self.found = found
        self.needed = needed
        super().__init__(f"{method} needs at least {needed:,} {what}, and there are {found:,}.", next_step=next_step)


class InputMalformed(ScienceError):
    """Columns are absent, lengths differ or values are impossible."""


class QueryError(C360Error):
    """A metric query that cannot be answered as asked; says what is possible.

    ``typed`` is the next step in the names that queries are written in, for those who write them: command line, API,
    assistants; pages show ``next_step``, which calls things by their labels.
    """

    def __init__(
        self, what: str, *, place: Place | str | None = None, next_step: str | None = None, typed: str | None = None
    ) -> None:
        self.typed = typed
        super().__init__(what, place=place, next_step=next_step)

    def __str__(self) -> str:
        if not self.typed:
            return super().__str__()
        return str(C360Error(self.what, place=self.place, next_step=self.typed))


class CustomerMissing(QueryError):
    """Nobody (whom the asker may see) has this key."""


class NotPermitted(C360Error):
    """The principal may not see this; never shown as an empty answer. ``port`` is what may be asked for."""

    def __init__(
        self, what: str, *, place: Place | str | None = None, next_step: str | None = None, port: str | None = None
    ) -> None:
        self.port = port
        super().__init__(what, place=place, next_step=next_step)


def step_of(error: C360Error) -> str | None:
    """Return an error's next step for those who write names: of a query error in the names of queries."""
    return (error.typed if isinstance(error, QueryError) else None) or error.next_step


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known word most like ``name``, or None when nothing is close."""
    folded = {word.casefold(): word for word in known}
    hits = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[hits[0]] if hits else None
