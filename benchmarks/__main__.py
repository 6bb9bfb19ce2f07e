"""Measure every figure: `uv run python -m benchmarks [NAME ...]`; exits with 1 if one misses its target."""

import os
import sys
from importlib import import_module

NAMES = (
    "engine_speed",
    "population_forward",
    "sparse_generation",
    "landscapes",
    "hessian",
    "whole_run",
    "first_view",
    "session_list",
    "gradient_update",
    "gpu",
    "terminal",
    "charts",
    "control",
    "box2d_living",
    "first_generation",
    "notebook",
    "replay_page",
    "broadcast",
    "own_network",
    "gymnasium_pool",
    "plug_ins",
    "study",
    "study_workers",
    "several_devices",
)


def main() -> int:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # subprocesses start as they do for users, from compiled bytecode
    missed = 0
    for name in sys.argv[1:] or NAMES:
        for figure in import_module(f"benchmarks.{name}").measure():
            print(figure, flush=True)
            missed += not figure.is_reached
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
