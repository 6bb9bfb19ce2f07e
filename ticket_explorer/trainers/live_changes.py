"""What hyper-parameters may become while a round runs; no JAX is imported here."""

from collections.abc import Callable, Collection, Mapping
from math import isfinite

from ticket_explorer.errors import InvalidValue, UnknownName

RANGES: Mapping[str, tuple[Callable[[float], bool], str]] = {
    "learning_rate": (lambda value: value > 0, "a number above 0"),
    "learning_rate_decay": (lambda value: 0 < value <= 1, "a number in (0, 1]"),
    "learning_rate_limit": (lambda value: value >= 0, "a number of at least 0"),
    "std": (lambda value: value > 0, "a number above 0"),
    "std_decay": (lambda value: 0 < value <= 1, "a number in (0, 1]"),
    "std_limit": (lambda value: value >= 0, "a number of at least 0"),
    "mean_decay": (lambda value: 0 <= value < 1, "a number in [0, 1)"),
    "weight_decay": (lambda value: value >= 0, "a number of at least 0"),
    "score_learning_rate": (lambda value: value > 0, "a number above 0"),
    "score_learning_rate_decay": (lambda value: 0 < value <= 1, "a number in (0, 1]"),
    "score_learning_rate_limit": (lambda value: value >= 0, "a number of at least 0"),
    "penalty": (lambda value: value >= 0, "a number of at least 0"),
}
"""What the hyper-parameters that are not evosax's own may be while a round runs."""


def check_changes(algorithm: str, changes: Mapping[str, float], known: Collection[str]) -> None:
    """Check the hyper-parameters that are to change between two generations.

    Raises:
        UnknownName: if one is not among `known`.
        InvalidValue: if a value is not finite, or out of range.
    """
    for name, value in changes.items():
        path = f"$.trainer.{name}"
        if name not in known:
            raise UnknownName(f"hyper-parameter of a running {algorithm}", name, known, path)
        if not isfinite(value):
            raise InvalidValue(path, value, "a finite number")
        allowed, words = RANGES.get(name, (isfinite, "a finite number"))
        if not allowed(value):
            raise InvalidValue(path, value, words)
