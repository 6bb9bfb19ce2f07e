"""Physics engines that keep to themselves what a person can do nothing about."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(about: type[Warning] = DeprecationWarning) -> Iterator[None]:
    """No warnings of what JAX will change one day, or of another kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", about)
        yield


@contextmanager
def without_log() -> Iterator[None]:
    """MuJoCo writes no MUJOCO_LOG.TXT into the directory that a person happens to be in."""
    import mujoco

    before = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(lambda message: None)
    try:
        yield
    finally:
        mujoco.set_mju_user_warning(before)
