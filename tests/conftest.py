"""While the tests of the science run, and only then, shapes are checked, and XLA compiles fast instead of well."""

from collections.abc import Iterator

import jax
import pytest
from jaxtyping import config, install_import_hook

install_import_hook("ticket_explorer", "beartype.beartype").__enter__()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Sessions' pytrees also hold replicates, and descriptions of shapes, which the checks would refuse.

    The science compiles hundreds of small functions and runs each a few times.
    """
    is_science = "science" in item.path.parts
    config.update("jaxtyping_disable", not is_science)
    jax.config.update("jax_disable_most_optimizations", is_science)
    try:
        return (yield)
    finally:
        config.update("jaxtyping_disable", False)
