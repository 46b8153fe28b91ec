"""Describe loads and builds as OpenLineage events: runs, jobs, datasets, columns, checks. Never a row's value.

Format: OpenLineage 2-0-2, an event per job and state of its run; facets in the versions named beside each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from uuid import NAMESPACE_URL, uuid5

from customer360.models.lineage import ROWS, column_lineage
from customer360.names import raw_relation

if TYPE_CHECKING:
    from customer360.models.lineage import Edge
    from customer360.models.report import BuildReport, CheckResult, NodeResult
    from customer360.names import Relation
    from customer360.project.spec import Model, Project, SourceTable
    from customer360.raw.report import LoadReport, TableLoad

Event = dict[str, Any]
State = Literal["START", "COMPLETE", "FAIL"]

PRODUCER = "https://customer360.example/c360"
_SPEC = "https://openlineage.io/spec"
_VERSIONS = {
    "SchemaDatasetFacet": "1-1-1",
    "ColumnLineageDatasetFacet": "1-2-0",
    "DocumentationDatasetFacet": "1-0-1",
    "DataQualityAssertionsDatasetFacet": "1-0-1",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "ParentRunFacet": "1-1-0",
    "ErrorMessageRunFacet": "1-0-1",
    "JobTypeJobFacet": "2-0-3",
    "SQLJobFacet": "1-0-1",
    "OwnershipJobFacet": "1-0-1",
}
_HOW = {"copied": "IDENTITY", "computed": "TRANSFORMATION", "step": "TRANSFORMATION"}


@dataclass(frozen=True)
class Run:
    """One load or build: ``id`` is its own, every table's run is a child of it."""

    job: str
    id: str
    began: datetime


def facet(kind: str, **content: Any) -> dict[str, Any]:
    """Return a facet of a kind with its schema's address."""
    return {
        "_producer": PRODUCER,
        "_schemaURL": f"{_SPEC}/facets/{_VERSIONS[kind]}/{kind}.json#/$defs/{kind}",
        **content,
    }


class Events:
    """Makes the events of one project."""

    def __init__(self, project: Project, namespace: str | None = None) -> None:
        self._project = project
        self.namespace = namespace or f"c360://{project.settings.name}"

    # ---- whole runs -------------------------------------------------------------------------------------------

    def of_run(self, run: Run, state: State, at: datetime, *, error: str | None = None) -> Event:
        """Return an event of a whole load or build."""
        facets: dict[str, Any] = {}
        if error is not None:
            facets["errorMessage"] = facet("ErrorMessageRunFacet", message=error, programmingLanguage="SQL")
        job = {"namespace": self.namespace, "name": run.job, "facets": {"jobType": _job_type("PIPELINE")}}
        return self._event(state, at, {"runId": run.id, "facets": facets}, job, [], [])

    def of_load(self, run: Run, report: LoadReport, at: datetime) -> Iterator[Event]:
        """Yield START and COMPLETE (or FAIL) of every table that was read."""
        for table in report.tables:
            if table.status in ("skipped", "unchanged"):
                continue
            state: State = "FAIL" if table.status == "failed" else "COMPLETE"
            yield from self._of_table(run, table, state, at)

    def of_build(self, run: Run, report: BuildReport, at: datetime) -> Iterator[Event]:
        """Yield START and COMPLETE of every table that was made, with its columns, checks and size."""
        checks: dict[Relation, list[CheckResult]] = defaultdict(list)
        for check in report.checks:
            checks[check.relation].append(check)
        for node in report.nodes:
            if node.action in ("built", "view"):
                yield from self._of_node(run, node, checks[node.relation], at)

    def static(self, at: datetime) -> Iterator[Event]:
        """Yield one JobEvent for each table of the project: what reads what, without a run."""
        for relation, model in self._project.models.items():
            yield {
                **self._base(at, "JobEvent"),
                "job": self._job(model),
                "inputs": [self._dataset(each) for each in self._inputs(relation)],
                "outputs": [self._dataset(relation, outputs=True)],
            }

    # ---- parts ------------------------------------------------------------------------------------------------

    def _of_table(self, run: Run, table: TableLoad, state: State, at: datetime) -> Iterator[Event]:
        source = self._project.sources[table.source].tables[table.table]
        relation = raw_relation(table.source, table.table)
        name = f"load.{table.source}.{table.table}"
        job = {"namespace": self.namespace, "name": name, "facets": {"jobType": _job_type("LOAD")}}
        inputs, output = [self._source(source)], self._dataset(relation)
        output["outputFacets"] = {
            "outputStatistics": facet("OutputStatisticsOutputDatasetFacet", rowCount=table.rows_landed)
        }
        yield self._event("START", run.began, self._child(run, name), job, inputs, [])
        ended = self._child(run, name)
        if table.error is not None:
            ended["facets"]["errorMessage"] = facet(
                "ErrorMessageRunFacet", message=table.error.what, programmingLanguage="PYTHON"
            )
        yield self._event(state, at, ended, job, inputs, [output] if state == "COMPLETE" else [])

    def _of_node(self, run: Run, node: NodeResult, checks: Sequence[CheckResult], at: datetime) -> Iterator[Event]:
        model = self._project.models[node.relation]
        job, inputs = self._job(model), [self._dataset(each) for each in self._inputs(node.relation)]
        output = self._dataset(node.relation, outputs=True)
        assertions = [_assertion(check) for check in checks if check.outcome in ("passed", "failed")]
        if assertions:
            output["facets"]["dataQualityAssertions"] = facet(
                "DataQualityAssertionsDatasetFacet", assertions=assertions
            )
        size = {"rowCount": node.rows, "size": node.bytes}
        known = {key: value for key, value in size.items() if value is not None}
        output["outputFacets"] = {"outputStatistics": facet("OutputStatisticsOutputDatasetFacet", **known)}
        child = self._child(run, str(node.relation))
        began = max(run.began, at - timedelta(seconds=node.seconds))
        yield self._event("START", began, child, job, inputs, [])
        yield self._event("COMPLETE", at, child, job, inputs, [output])

    def _event(
        self,
        state: State,
        at: datetime,
        run: Mapping[str, Any],
        job: Mapping[str, Any],
        inputs: list[Any],
        outputs: list[Any],
    ) -> Event:
        return {
            **self._base(at, "RunEvent"),
            "eventType": state,
            "run": dict(run),
            "job": dict(job),
            "inputs": inputs,
            "outputs": outputs,
        }

    def _base(self, at: datetime, kind: str) -> Event:
        return {
            "eventTime": at.isoformat(),
            "producer": PRODUCER,
            "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/{kind}",
        }

    def _child(self, run: Run, job: str) -> dict[str, Any]:
        parent = {"run": {"runId": run.id}, "job": {"namespace": self.namespace, "name": run.job}}
        facets = {"parent": facet("ParentRunFacet", **parent)}
        return {"runId": str(uuid5(NAMESPACE_URL, f"{run.id}/{job}")), "facets": facets}

    def _job(self, model: Model) -> dict[str, Any]:
        kind = "STEP" if model.step else "MODEL"
        facets = {"jobType": _job_type(kind)}
        if model.parts:
            sql = "\nUNION ALL BY NAME\n".join(part.sql for part in model.parts)
            facets["sql"] = facet("SQLJobFacet", query=sql)
        product = self._project.products.get(model.relation.schema)
        if product is not None and product.owners:
            owners = [{"name": name, "type": "OWNER"} for name in product.owners]
            facets["ownership"] = facet("OwnershipJobFacet", owners=owners)
        return {"namespace": self.namespace, "name": str(model.relation), "facets": facets}

    def _source(self, table: SourceTable) -> dict[str, Any]:
        return {"namespace": f"{self.namespace}/sources/{table.source}", "name": table.location}

    def _dataset(self, relation: Relation, *, outputs: bool = False) -> dict[str, Any]:
        contract = self._project.contract_of(relation)
        facets: dict[str, Any] = {}
        if contract is not None:
            fields = [_field(column.name, column.type, column.description) for column in contract.columns]
            facets["schema"] = facet("SchemaDatasetFacet", fields=fields)
            if contract.description:
                facets["documentation"] = facet("DocumentationDatasetFacet", description=contract.description)
        if outputs and (lineage := self._columns(relation)):
            facets["columnLineage"] = facet("ColumnLineageDatasetFacet", fields=lineage)
        return {"namespace": self.namespace, "name": str(relation), "facets": facets}

    def _columns(self, relation: Relation) -> dict[str, Any]:
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for edge in self._edges.get(relation, ()):
            if edge.source is not None and edge.source_column not in (None, ROWS):
                how = {"type": "DIRECT", "subtype": _HOW[edge.how], "masking": False}
                read = {"namespace": self.namespace, "name": str(edge.source), "field": edge.source_column}
                found[edge.to_column].append({**read, "transformations": [how]})
        return {column: {"inputFields": inputs} for column, inputs in found.items()}

    def _inputs(self, relation: Relation) -> list[Relation]:
        sources = {edge.source for edge in self._edges.get(relation, ()) if edge.source and edge.source != relation}
        return sorted(sources)

    @cached_property
    def _edges(self) -> Mapping[Relation, Sequence[Edge]]:
        found: dict[Relation, list[Edge]] = defaultdict(list)
        for edge in column_lineage(self._project):
            found[edge.to].append(edge)
        return found


def _field(name: str, type_: str, description: str | None) -> dict[str, str]:
    return {"name": name, "type": type_, **({"description": description} if description else {})}


def _job_type(kind: str) -> dict[str, Any]:
    return facet("JobTypeJobFacet", processingType="BATCH", integration="CUSTOMER360", jobType=kind)


def _assertion(check: CheckResult) -> dict[str, Any]:
    found: dict[str, Any] = {"assertion": check.rule_id, "success": check.outcome == "passed"}
    return {**found, "column": check.column} if check.column else found
