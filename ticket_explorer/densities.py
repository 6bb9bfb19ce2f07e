"""Densities and ratios of layers, where not all are pruned alike. No JAX is imported here.

Frankle & Carbin (2019) prune their networks' output layers at half the ratio of the others, and Conv-6's
convolutions at 15% where dense layers lose 20%. A ratio is given for a kind of layer, or for leaves by a pattern
of their names; the most particular one counts. Where a ratio is given, weights are ranked among those that share it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from math import prod
from typing import Literal, Protocol, TypeVar, runtime_checkable

Density = float | Mapping[str, float]
"""The share of prunable weights that is kept, in [0, 1]: of all leaves, or of each by its name."""
Scope = Literal["global", "layer"] | tuple[tuple[str, ...], ...]
"""Which weights are ranked together: all, those of a leaf, or those of a group of leaves, by their names."""

LAYER_KINDS = ("convolution", "dense", "output")
"""Kinds of layers: the output layer is the last dense one by its name, and no other dense one."""


@runtime_checkable
class Named(Protocol):
    """What is known of a leaf, with or without its network."""

    @property
    def name(self) -> str:
        """Path joined by slashes, `dense_0/kernel`."""
        ...

    @property
    def shape(self) -> Sequence[int]:
        """Of the array."""
        ...

    @property
    def prunable(self) -> bool:
        """Whether its weights may be pruned."""
        ...


AnyLeaf = TypeVar("AnyLeaf", bound=Named)


def ratios_of(ratio: float, ratios: Mapping[str, float], leaves: Sequence[Named]) -> dict[str, float]:
    """The ratio of each prunable leaf: the share of its kept weights that a pruning removes.

    Args:
        ratio: Where none is given.
        ratios: By kinds of layers, or patterns of leaves' names.
        leaves: All leaves of the network.
    """
    return {name: ratio if key is None else ratios[key] for name, key in _keys(ratios, leaves).items()}


def scope_of(scope: Literal["global", "layer"], ratios: Mapping[str, float], leaves: Sequence[Named]) -> Scope:
    """Which weights are ranked together: with a scope of `global`, those that share an entry of `ratios`."""
    if scope == "layer" or not ratios:
        return scope
    groups: dict[str | None, list[str]] = {}
    for name, key in _keys(ratios, leaves).items():
        groups.setdefault(key, []).append(name)
    return tuple(tuple(names) for names in groups.values())


def unused(ratios: Mapping[str, float], leaves: Sequence[Named]) -> list[str]:
    """The entries of `ratios` that no prunable leaf is meant by."""
    prunable = [leaf for leaf in leaves if leaf.prunable]
    output = _output(leaves)
    return [key for key in ratios if not any(_means(key, leaf, output) for leaf in prunable)]


def after(
    density: Density, ratio: float, ratios: Mapping[str, float], leaves: Sequence[Named], rounds: int = 1
) -> Density:
    """What is left of a density after some prunings; one number for all leaves while one rule prunes them all."""
    if not ratios and not isinstance(density, Mapping):
        return density * (1 - ratio) ** rounds
    own = ratios_of(ratio, ratios, leaves)
    before = density if isinstance(density, Mapping) else dict.fromkeys(own, density)
    return {name: before[name] * (1 - share) ** rounds for name, share in own.items()}


def overall(density: Density, leaves: Iterable[Named]) -> float:
    """The density of some prunable leaves together; exactly theirs where all have the same."""
    if not isinstance(density, Mapping):
        return density
    sizes = {leaf.name: prod(leaf.shape) for leaf in leaves}
    shares = {density[name] for name in sizes}
    if len(shares) == 1:
        return shares.pop()
    return sum(density[name] * size for name, size in sizes.items()) / sum(sizes.values())


def finer(scope: Scope, other: Scope, leaves: Sequence[Named]) -> bool:
    """Whether weights that one scope ranks together are ranked apart by another."""
    coarse, fine = ([{leaf.name for leaf in part} for part in parts(one, leaves)] for one in (scope, other))
    return not all(any(group <= part for part in coarse) for group in fine)


def parts(scope: Scope, leaves: Sequence[AnyLeaf]) -> list[list[AnyLeaf]]:
    """The prunable leaves, those together whose weights are ranked together."""
    prunable = [leaf for leaf in leaves if leaf.prunable]
    if scope == "global":
        return [prunable]
    if scope == "layer":
        return [[leaf] for leaf in prunable]
    named = {leaf.name: leaf for leaf in prunable}
    return [[named[name] for name in group] for group in scope]


def _keys(ratios: Mapping[str, float], leaves: Sequence[Named]) -> dict[str, str | None]:
    """Which entry of `ratios` each prunable leaf is meant by: its name, then a pattern, then its kind."""
    output = _output(leaves)
    ordered = [
        *(key for key in ratios if key not in LAYER_KINDS),
        *(key for key in reversed(LAYER_KINDS) if key in ratios),
    ]
    found: dict[str, str | None] = {}
    for leaf in leaves:
        if leaf.prunable:
            first = next((key for key in ordered if _means(key, leaf, output)), None)
            found[leaf.name] = leaf.name if leaf.name in ratios else first
    return found


def _means(key: str, leaf: Named, output: str | None) -> bool:
    """Whether an entry of `ratios` means a leaf."""
    if key not in LAYER_KINDS:
        return fnmatchcase(leaf.name, key)
    if len(leaf.shape) != 2:
        return key == "convolution" and len(leaf.shape) > 2
    return key == ("output" if leaf.name == output else "dense")


def _output(leaves: Sequence[Named]) -> str | None:
    """The last dense layer's kernel, by the numbers in names: `dense_10` comes after `dense_9`."""
    names = [leaf.name for leaf in leaves if len(leaf.shape) == 2]
    return max(names, key=_numbered, default=None)


def _numbered(name: str) -> list[tuple[int, str]]:
    pieces = re.split(r"(\d+)", name)
    return [(int(piece), "") if piece.isdigit() else (0, piece) for piece in pieces]
