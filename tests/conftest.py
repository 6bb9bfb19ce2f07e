"""What all tests share: patience with a busy machine, and for those of the science checked shapes and a fast XLA."""

from collections.abc import Iterator

import hypothesis
import jax
import pytest
from jaxtyping import config, install_import_hook

hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")

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
