"""Read ``product.odps.yaml``: who owns a data product, what it reads and offers, who may have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from customer360.errors import nearest
from customer360.project.contract_checks import STATUSES, check_dates
from customer360.project.odps import DataProduct, InputPortShape, OutputPortShape
from customer360.project.secrets import refuse_secrets
from customer360.project.spec import Access, InputPort, OutputPort, Product
from customer360.project.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from customer360.project.problems import Problems

FILE_NAMES = ("product.odps.yaml", "product.odps.yml")
_ACCESS = ("unrestricted", "restricted", "private")
_TYPES = ("source", "processing", "consumer", "exploration", "audience")


def read_product(path: Path, root: Path, problems: Problems) -> Product | None:
    """Return the product of a folder, or None after noting what is wrong."""
    schema = path.parent.name
    with problems.caught():
        file = read_yaml(path, root)
        if _is_ours(file, problems):
            shape = problems.checked(DataProduct, file)
            if shape is not None:
                return _product(shape, schema, file, problems)
        problems.broken("product id", str(file.root.get("id")))
    problems.broken("product", schema)
    return None


def _is_ours(file: YamlFile, problems: Problems) -> bool:
    """Tell the Bitol standard from the other one that is also called ODPS."""
    if "product" not in file.root or "apiVersion" in file.root:
        return True
    what = (
        "This is an Open Data Product Specification file (opendataproducts.org), "
        "not one of Bitol's Open Data Product Standard."
    )
    details = file.root["product"].get("details") if isinstance(file.root["product"], dict) else None
    first: Any = next(iter(details.values()), None) if isinstance(details, dict) else None
    name = first.get("name") if isinstance(first, dict) else None
    step = "Begin it with `apiVersion: v1.0.0` and `kind: DataProduct`" + (f", and `name: {name}`." if name else ".")
    problems.add(what, file.place("product"), step)
    return False


def _product(shape: DataProduct, schema: str, file: YamlFile, problems: Problems) -> Product:
    custom = {p.property: p.value for p in shape.custom_properties}
    if shape.status not in STATUSES:
        problems.not_among("status", shape.status, STATUSES, file.place("status"), rule="ODPS-STATUS")
    kind = custom.get("c360Type")
    if kind is not None and kind not in _TYPES:
        problems.not_among("c360Type", str(kind), _TYPES, file.place("customProperties"))
    if not shape.output_ports:
        problems.warn("The product offers nothing. [ODPS-OUT]", file.place(), "Add `outputPorts:`.")
    refuse_secrets(file.root, (), file, problems)
    _check_ports(shape, file, problems)
    return Product(
        id=shape.id,
        schema=schema,
        name=shape.name or schema,
        version=shape.version or "0.0.0",
        status=shape.status,
        domain=shape.domain,
        place=file.place(),
        type=None if kind is None else str(kind),
        owners=_owners(shape, file, problems),
        input_ports=tuple(InputPort(p.name, p.version, p.contract_id) for p in shape.input_ports),
        output_ports=tuple(_output(p, number, file, problems) for number, p in enumerate(shape.output_ports)),
        description=file.root.get("description") or {},
        document=file.root,
    )


def _owners(shape: DataProduct, file: YamlFile, problems: Problems) -> tuple[str, ...]:
    members = shape.team.members if shape.team else []
    owners = tuple(m.username for m in members if (m.role or "").lower() == "owner" and m.date_out is None)
    if not owners:
        problems.add(
            "The product has no owner. [ODPS-OWNER]",
            file.place("team", "members"),
            "Add to team.members: - {username: ..., role: owner}.",
        )
    if members:
        check_dates(file.root["team"]["members"], ("team", "members"), file, problems, rule="ODPS-SCHEMA")
    return owners


def _check_ports(shape: DataProduct, file: YamlFile, problems: Problems) -> None:
    for key, ports in _ports_by_key(shape):
        seen: dict[tuple[str, str], int] = {}
        for position, port in enumerate(ports):
            twin = seen.setdefault((port.name, port.version), position)
            if twin != position:
                problems.add(
                    f"The port '{port.name}' stands here twice in version {port.version}; "
                    f"the first is in line {file.place(key, twin).line}. [ODPS-DUP]",
                    file.place(key, position),
                    "Remove one, or give it a version of its own.",
                )
    inputs = [p.contract_id for p in shape.input_ports]
    for position, output in enumerate(shape.output_ports):
        for number, wanted in enumerate(output.input_contracts):
            if wanted.id not in inputs:
                hit = nearest(wanted.id, inputs)
                problems.add(
                    f"The contract '{wanted.id}' feeds port '{output.name}' but is no input port. [ODPS-INPUT]",
                    file.place("outputPorts", position, "inputContracts", number),
                    f"Did you mean '{hit}'?" if hit else "Add it to `inputPorts:`.",
                )


def _ports_by_key(shape: DataProduct) -> tuple[tuple[str, Sequence[InputPortShape | OutputPortShape]], ...]:
    return (("inputPorts", shape.input_ports), ("outputPorts", shape.output_ports))


def _output(port: OutputPortShape, position: int, file: YamlFile, problems: Problems) -> OutputPort:
    custom = {p.property: p.value for p in port.custom_properties}
    given = custom.get("c360Access", custom.get("AccessType", "restricted"))
    access = "unrestricted" if given == "public" else str(given)
    if access not in _ACCESS:
        problems.not_among("c360Access", access, _ACCESS, file.place("outputPorts", position, "customProperties"))
        access = "restricted"
    _check_duration(custom.get("c360AccessDuration"), port.name, position, file, problems)
    return OutputPort(port.name, port.version, port.contract_id, cast("Access", access), port.description, custom)


def _check_duration(given: Any, port: str, position: int, file: YamlFile, problems: Problems) -> None:
    if given is None:
        return
    place = file.place("outputPorts", position, "customProperties")
    if not isinstance(given, Mapping):
        problems.add(
            f"c360AccessDuration of port '{port}' is no block.", place, "Write {product: permanent, user: 90}."
        )
        return
    for who, days in given.items():
        if who not in ("product", "exploration", "user"):
            problems.unknown("holder of access", who, ["product", "exploration", "user"], place)
        elif days != "permanent" and (not isinstance(days, int) or isinstance(days, bool) or days < 1):
            what = f"c360AccessDuration of port '{port}' cannot be '{days}' for {who}."
            problems.add(what, place, "Write permanent, or a number of days.")
