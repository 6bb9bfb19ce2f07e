"""What all tests share: a fast XLA, executables on disk, patience with busy machines; array checks for the science.

Tests compile thousands of functions and run each a few times, so XLA optimises little, also in the processes that
tests start: the first lines say so before anything imports JAX.
"""

import os
from importlib.metadata import version
from pathlib import Path

os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
if version("jaxlib").startswith("0.10."):  # XLA ends the process at a flag that it doesn't know
    # Its other emitters compile twice as fast, and to the same bits in the golden sessions.
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_use_fusion_emitters=false"

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


@pytest.fixture(scope="session", autouse=True)
def _executables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What one test or its processes compiled no other compiles again, nor the next run: most of the time is that."""
    cache = getattr(request.config, "cache", None)  # not there with `-p no:cacheprovider`
    directory = str(cache.mkdir("compiled") if cache else tmp_path_factory.mktemp("compiled"))
    jax.config.update("jax_compilation_cache_dir", directory)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", directory)
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--thorough`: whether a run of the whole suite takes in the modules marked `thorough`."""
    parser.addoption("--thorough", action="store_true", help="run modules marked `thorough` too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `--thorough`, modules that are marked so run only where a file is named."""
    is_file_named = any(Path(argument.partition("::")[0]).is_file() for argument in config.args)
    if config.getoption("thorough") or is_file_named:
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Sessions' pytrees also hold replicates, and descriptions of shapes, which the checks would refuse.

    XLA optimises where a test says that its numbers are those of people.
    """
    jax.config.update("jax_disable_most_optimizations", item.get_closest_marker("optimised") is None)
    config.update("jaxtyping_disable", "science" not in item.path.parts)
    try:
        return (yield)
    finally:
        config.update("jaxtyping_disable", False)
