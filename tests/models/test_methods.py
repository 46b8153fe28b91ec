"""Every registered method is there and takes what a step gives it."""

from __future__ import annotations

import inspect

import pytest

from customer360.errors import UnknownName
from customer360.models.methods import METHODS, ON_CLUSTER, method


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_registered_method_can_be_called_by_a_step(name: str) -> None:
    parameters = inspect.signature(method(name)).parameters
    assert list(parameters) == ["inputs", "parameters", "as_of", *(["cluster"] if name in ON_CLUSTER else [])]
    assert all(parameters[extra].default is None for extra in ("cluster",) if extra in parameters)
    assert parameters["as_of"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["as_of"].default is inspect.Parameter.empty


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'customer_value'"):
        method("customer_valu")
