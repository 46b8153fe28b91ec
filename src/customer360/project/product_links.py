"""Check data products against the contracts they promise and expect, and against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.errors import Place
from customer360.project.yamlfile import line_of

if TYPE_CHECKING:
    from customer360.project.problems import Problems
    from customer360.project.spec import Contract, InputPort, OutputPort, Product, Project


def check_products(project: Project, problems: Problems) -> None:
    """Note ports without contract, versions that differ, states that contradict, products that read each other."""
    ids: dict[str, Product] = {}
    for product in project.products.values():
        if product.id in ids:
            problems.add(
                f"The product id '{product.id}' is already used in {ids[product.id].place}. [ODPS-DUP]",
                Place(product.place.file, _line(product, "id")),
                "Give one of them another id.",
            )
        ids.setdefault(product.id, product)
        for position, port in enumerate(product.output_ports):
            _check_output(product, port, position, project, problems)
        for position, wanted in enumerate(product.input_ports):
            _check_input(product, wanted, position, project, problems)
    _check_cycle(project, problems)


def _line(product: Product, *path: str | int) -> int:
    return line_of(product.document, path)  # type: ignore[arg-type]  # documents are read from YAML


def _check_output(product: Product, port: OutputPort, position: int, project: Project, problems: Problems) -> None:
    place = Place(product.place.file, _line(product, "outputPorts", position))
    if port.contract_id is None:
        problems.add(
            f"The port '{port.name}' has no contract. [ODPS-CONTRACT]",
            place,
            "Add `contractId:`, the id of its contract.",
        )
        return
    contract = _contract(port.contract_id, product, ("outputPorts", position), project, problems)
    if contract is None:
        return
    _check_version(port, contract, place, problems)
    if contract.relation.schema != product.schema:
        problems.add(
            f"The port '{port.name}' promises {contract.relation}, a table of another product. [ODPS-CONTRACT]",
            place,
            f"Offer tables of {product.schema} only.",
        )
    if product.status == "active" and contract.status in ("draft", "proposed"):
        problems.add(
            f"The product is active, the contract of its port '{port.name}' is {contract.status}. [ODPS-STATUS]",
            place,
            f"Make the contract in {contract.place.file} active, or the product draft.",
        )


def _check_input(product: Product, port: InputPort, position: int, project: Project, problems: Problems) -> None:
    contract = _contract(port.contract_id, product, ("inputPorts", position), project, problems)
    if contract is None:
        return
    place = Place(product.place.file, _line(product, "inputPorts", position))
    _check_version(port, contract, place, problems)
    if product.status == "active" and contract.status == "retired":
        problems.add(
            f"The product is active, but its input '{port.name}' is retired. [ODPS-STATUS]",
            place,
            "Read another table.",
        )


def _contract(
    name: str, product: Product, path: tuple[str | int, ...], project: Project, problems: Problems
) -> Contract | None:
    found = project.contracts.get(name)
    if found is None and not problems.is_broken("contract", name):
        place = Place(product.place.file, _line(product, *path, "contractId"))
        problems.unknown("contract", name, list(project.contracts), place)
    return found


def _check_version(port: InputPort | OutputPort, contract: Contract, place: Place, problems: Problems) -> None:
    if port.version == contract.version:
        return
    what = f"The port '{port.name}' says version {port.version}, its contract {contract.version}. [ODPS-VERSION]"
    step = f'Write version: "{contract.version}".'
    if port.version.split(".")[0] == contract.version.split(".")[0]:
        problems.warn(what, place, step)
    else:
        problems.add(what, place, step)


def _check_cycle(project: Project, problems: Problems) -> None:
    """Note one path per circle of products that read each other through their ports."""
    owner = {
        port.contract_id: product.schema
        for product in project.products.values()
        for port in product.output_ports
        if port.contract_id is not None
    }
    reads = {
        product.schema: [owner[p.contract_id] for p in product.input_ports if p.contract_id in owner]
        for product in project.products.values()
    }
    done: set[str] = set()

    def visit(schema: str, trail: list[str]) -> None:
        if schema in trail:
            circle = [*trail[trail.index(schema) :], schema]
            what = f"Products read each other in a circle: {' -> '.join(circle)}. [ODPS-CYCLE]"
            product = project.products[schema]
            problems.add(what, Place(product.place.file, _line(product, "inputPorts")), "Take one input port away.")
            return
        if schema in done:
            return
        for other in reads.get(schema, []):
            visit(other, [*trail, schema])
        done.add(schema)

    for schema in reads:
        visit(schema, [])
