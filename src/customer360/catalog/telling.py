"""Tell a catalogue elsewhere what is loaded and built, while it happens; when it does not listen, the work goes on."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from customer360.clock import now
from customer360.connectors.http_post import UNREACHED, post

if TYPE_CHECKING:
    from customer360.catalog.openlineage import Event
    from customer360.models.report import BuildReport
    from customer360.project.spec import LineageEvents, Project
    from customer360.raw.report import LoadReport

log = logging.getLogger("customer360.catalog")
_SECONDS = 5.0


@contextmanager
def told(project: Project, job: str) -> Iterator[Callable[[LoadReport | BuildReport], None]]:
    """Tell that a load or build begins, and how it ends; give its report to what this returns.

    Does nothing in a project without ``openlineage:``. What cannot be written or sent is a warning in the log.
    """
    settings = project.settings.openlineage
    if settings is None:
        yield _ignored
        return
    from customer360.catalog.openlineage import Events, Run  # it parses SQL, which most loads do without
    from customer360.models.report import BuildReport

    events, run = Events(project, settings.namespace), Run(job, str(uuid4()), now())
    outlet = Outlet(settings, project)
    outlet.send([events.of_run(run, "START", run.began)])
    reports: list[LoadReport | BuildReport] = []
    try:
        yield reports.append
    except BaseException as error:  # also of one that is stopped: whoever listens must not wait for it
        outlet.send([events.of_run(run, "FAIL", now(), error=type(error).__name__)])
        raise
    at, failed = now(), []
    for report in reports:
        if isinstance(report, BuildReport):
            outlet.send(events.of_build(run, report, at))
        else:
            outlet.send(events.of_load(run, report, at))
            failed += list(report.failures)
    said = f"Not loaded: {', '.join(failed)}." if failed else None
    outlet.send([events.of_run(run, "FAIL" if failed else "COMPLETE", at, error=said)])


def _ignored(_report: LoadReport | BuildReport) -> None:
    pass


class Outlet:
    """Where events go: a file, an address, or both. Once the address does not answer it is left alone."""

    def __init__(self, settings: LineageEvents, project: Project) -> None:
        self._path = project.root / settings.file if settings.file else None
        self._url = os.environ.get(settings.url, "") if settings.url else ""
        self._key = os.environ.get(settings.api_key, "") if settings.api_key else ""
        if settings.url and not self._url:
            log.warning("%s is not set, so no lineage events are sent.", settings.url)

    def send(self, events: Iterable[Event]) -> None:
        """Write and send events, one JSON object each."""
        texts = [json.dumps(event, separators=(",", ":")) for event in events]
        if self._path is not None and texts:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.writelines(f"{text}\n" for text in texts)
            except OSError as error:
                log.warning("Lineage events cannot be written to %s: %s.", self._path.name, error.strerror)
        for text in texts if self._url else ():
            if not self._posted(text):
                self._url = ""
                break

    def _posted(self, text: str) -> bool:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        host: str | None = "the address"
        try:
            url = urlsplit(self._url)
            host = url.hostname
            status, _ = post(url, text.encode(), headers, seconds=_SECONDS)
        except UNREACHED as error:
            log.warning("Lineage events cannot be sent to %s: %s.", host, type(error).__name__)
            return False
        if status >= 300:  # noqa: PLR2004 - not taken
            log.warning("Lineage events were refused by %s: status %s.", host, status)
        return status < 300  # noqa: PLR2004 - the same
