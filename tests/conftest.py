"""Shapes are checked while the tests of the science run, and only then."""

from collections.abc import Iterator

import pytest
from jaxtyping import config, install_import_hook

install_import_hook("ticket_explorer", "beartype.beartype").__enter__()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Sessions' pytrees also hold replicates, and descriptions of shapes, which the checks would refuse."""
    config.update("jaxtyping_disable", "science" not in item.path.parts)
    try:
        return (yield)
    finally:
        config.update("jaxtyping_disable", False)
