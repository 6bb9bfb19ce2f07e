"""Physics engines that keep to themselves what a person can do nothing about."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any


@contextmanager
def quiet(about: type[Warning] = DeprecationWarning) -> Iterator[None]:
    """No warnings of what JAX will change one day, or of another kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", about)
        yield


@contextmanager
def without_log() -> Iterator[None]:
    """MuJoCo writes no MUJOCO_LOG.TXT into the directory that a person happens to be in."""
    physics: Any = import_module("mujoco")  # its types leave these two out

    before = physics.get_mju_user_warning()
    physics.set_mju_user_warning(lambda message: None)
    try:
        yield
    finally:
        physics.set_mju_user_warning(before)
