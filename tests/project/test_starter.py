from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from customer360.errors import ProjectError, UnknownName
from customer360.project.reader import read_project
from customer360.project.starter import create_project, template_names

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("template", template_names())
def test_every_template_is_a_project_without_errors(template: str, tmp_path: Path) -> None:
    create_project(tmp_path / "acme-corp", template=template)
    project = read_project(tmp_path / "acme-corp")
    assert project.settings.name == "acme_corp"
    assert project.models


def test_the_blank_project_has_nothing_doubtful(tmp_path: Path) -> None:
    create_project(tmp_path / "acme", template="blank", name="first_try")
    project = read_project(tmp_path / "acme")
    assert project.warnings == ()
    assert project.settings.name == "first_try"
    assert (tmp_path / "acme/.gitignore").read_text(encoding="utf-8").splitlines()[-1] == "warehouse/"
    text = (tmp_path / "acme/c360.yaml").read_text(encoding="utf-8")
    assert "name: first_try                 # a lower-case word" in text


def test_the_blank_c360_yaml_explains_every_key() -> None:
    from customer360.project.settings import SettingsShape

    text = (ROOT / "src/customer360/templates/blank/c360.yaml").read_text(encoding="utf-8")
    for key in SettingsShape.model_fields:
        assert f"\n{key}:" in text or f"\n# {key}:" in text, key


def test_a_template_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"No template is named 'blnk'\. Did you mean 'blank'\?"):
        create_project(tmp_path / "acme", template="blnk")
    assert not (tmp_path / "acme").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ProjectError, match=r"The folder is not empty; it holds notes.txt\."):
        create_project(tmp_path, template="blank", name="acme")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(ProjectError, match="There is a file where the project's folder belongs"):
        create_project(tmp_path / "notes.txt", template="blank", name="acme")


def test_an_empty_folder_and_a_fresh_repository_are_free(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    create_project(tmp_path, template="blank", name="acme")
    assert read_project(tmp_path).settings.name == "acme"


def test_a_name_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="'Acme Corp' cannot name a project"):
        create_project(tmp_path / "x", template="blank", name="Acme Corp")
    create_project(tmp_path / "2024", template="blank")
    assert read_project(tmp_path / "2024").settings.name == "project_2024"


def two_systems(root: Path) -> None:
    """Give the blank project a second system, ``erp``, that feeds a conformed entity and has a case."""
    create_project(root, template="blank", name="acme")
    for source, target in (
        ("sources/shop.yaml", "sources/erp.yaml"),
        ("sources/shop.orders.odcs.yaml", "sources/erp.orders.odcs.yaml"),
        ("products/shop/product.odps.yaml", "products/erp/product.odps.yaml"),
        ("products/shop/orders.sql", "products/erp/orders.sql"),
        ("products/shop/orders.odcs.yaml", "products/erp/orders.odcs.yaml"),
    ):
        text = (root / source).read_text(encoding="utf-8")
        for old, new in (
            ("source: shop", "source: erp"),
            ("source:shop", "source:erp"),
            ("c360:shop", "c360:erp"),
            ("shop_orders", "erp_orders"),
            ("raw_shop", "raw_erp"),
        ):
            text = text.replace(old, new)
        (root / target).parent.mkdir(exist_ok=True)
        (root / target).write_text(text, encoding="utf-8")
    entity = root / "products/conformed"
    (entity / "sale").mkdir(parents=True)
    contract = (root / "products/shop/orders.odcs.yaml").read_text(encoding="utf-8")
    (entity / "sale.odcs.yaml").write_text(
        contract.replace("c360:shop:orders", "c360:conformed:sale").replace("name: orders", "name: sale")
    )
    for system in ("shop", "erp"):
        (entity / f"sale/{system}.sql").write_text(f"-- One row per sale.\nSELECT * FROM {system}.orders\n")
    path = root / "c360.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("  - shop.orders", "  - erp.orders.order_date\n  - shop.orders")
    )
    path = root / "tests/customer_orders.yaml"
    case = "  - {name: erp too, model: erp.orders, given: {raw_erp.orders: []}, expect: []}\n"
    path.write_text(path.read_text(encoding="utf-8") + case)


def test_systems_that_are_not_wanted_are_taken_out(tmp_path: Path) -> None:
    from customer360.project.systems import keep_systems

    two_systems(tmp_path / "acme")
    before = read_project(tmp_path / "acme")
    assert set(before.sources) == {"shop", "erp"}
    keep_systems(tmp_path / "acme", ["shop"])
    after = read_project(tmp_path / "acme")
    assert set(after.sources) == {"shop"}
    assert {str(r) for r in before.models} - {str(r) for r in after.models} == {"erp.orders"}
    (sale,) = [model for model in after.models.values() if model.is_union]
    assert [part.name for part in sale.parts] == ["shop"]
    assert after.settings.as_of_columns == ("shop.orders.order_date",)
    assert [case.name for case in after.cases] == ["A customer's orders are added up"]
    text = (tmp_path / "acme/c360.yaml").read_text(encoding="utf-8")
    assert "# ISO 4217" in text, "comments stay"


def test_an_unknown_system_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"No system is named 'shp'\. Did you mean 'shop'\?"):
        create_project(tmp_path / "acme", template="blank", systems=["shp"])
    assert not (tmp_path / "acme").exists()


def test_templates_travel_in_the_wheel() -> None:
    from hatchling.builders.wheel import WheelBuilder

    shipped = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    templates = ROOT / "src/customer360/templates"
    wanted = {
        f"customer360/{path.relative_to(templates.parent).as_posix()}"
        for path in templates.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "customer360/templates/blank/data/orders.csv" in wanted
    assert wanted <= shipped


@pytest.mark.parametrize("template", template_names())
def test_a_new_project_keeps_people_and_secrets_out_of_version_control(template: str, tmp_path: Path) -> None:
    root = tmp_path / "acme"
    create_project(root, template=template)
    made = (
        "state/governance.sqlite",
        "state/privacy.key",
        "exports/dashboards/a/2024-11-30.pdf",
        ".cache/x",
        "warehouse/x",
    )
    for name in made:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a person")
    git = shutil.which("git")
    assert git is not None
    subprocess.run([git, "init", "-q", root], check=True)
    subprocess.run([git, "-C", root, "add", "-A"], check=True)
    staged = subprocess.run([git, "-C", root, "ls-files"], check=True, capture_output=True, text=True).stdout.split(
        "\n"
    )
    assert "c360.yaml" in staged
    assert [name for name in staged if name in made] == []
