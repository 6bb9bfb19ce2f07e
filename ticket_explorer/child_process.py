"""How a process of our own is started: this file, by its path, which then becomes the module that is asked for.

`-P` keeps the working directory off the child's path, so that no file there hides a module. By its path, so
that the child's packages are the parent's, however the parent found them.
"""

import sys
from os.path import abspath, dirname

HOME = dirname(dirname(abspath(__file__)))
"""The directory that contains `ticket_explorer`."""

INTERPRETER = sys.executable


def python(module: str, *arguments: str) -> list[str]:
    """The command line of a process that is `python -m module arguments`.

    Args:
        module: One of ours that can be run, `sessions.serving.server`.
        arguments: What it finds in `sys.argv`.
    """
    return [sys.executable, "-P", abspath(__file__), module, *arguments]


def _become(module: str) -> None:
    sys.path.insert(0, HOME)
    from ticket_explorer.siblings import claim

    # Last, for other packages there: with a wheel it is site-packages, which must not come before the standard library.
    del sys.path[0]
    if HOME not in sys.path:
        sys.path.append(HOME)
    claim(module.partition(".")[0])
    import runpy

    del sys.argv[0]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _become(sys.argv[1])
