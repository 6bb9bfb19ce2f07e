"""A module of flax.nnx as networks use modules of flax.linen: parameters in, outputs out, nothing kept in between.

nnx modules hold their parameters. Here a module is made once without any, as a pattern; each call fills a fresh copy of
it, so that every function stays pure.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import jax
from flax import nnx
from flax.traverse_util import flatten_dict, unflatten_dict
from jaxtyping import Array

from ticket_explorer.errors import TicketError

CHANCE = (
    "{} draws random numbers when it is called, as dropout does. A network here is a function of its weights and its "
    "inputs alone; leave dropout out."
)
Tree = dict[str, Any]
"""Nested dicts of arrays; what is numbered in the module, `layers[0]`, goes by its number as a name."""


class NnxModule:
    """A module by what makes it.

    Args:
        make: Makes the module, given its `nnx.Rngs`.
        name: What errors call it.
    """

    def __init__(self, make: Callable[[nnx.Rngs], nnx.Module], name: str) -> None:
        self._make, self._name = make, name

    def init(self, key: Array, inputs: Array, train: bool = False) -> Tree:
        """Draw its variables: `params`, and `batch_stats` if it has some; they don't depend on what it is drawn for.

        Raises:
            TicketError: if it keeps anything else, as dropout does.
        """
        _ = self._pattern
        made = self._make(nnx.Rngs(key))
        variables = {"params": _tree(nnx.state(made, nnx.Param)), "batch_stats": _tree(nnx.state(made, nnx.BatchStat))}
        return {name: tree for name, tree in variables.items() if tree or name == "params"}

    def init_with_output(self, key: Array, inputs: Array, train: bool = False) -> tuple[Array, Tree]:
        """The same with the outputs for some inputs."""
        variables = self.init(key, inputs)
        return self.apply(variables, inputs, train=train), variables

    def apply(self, variables: Mapping[str, Any], inputs: Array, mutable: Any = None, train: bool = True) -> Any:
        """Its outputs; and the changed variables, if any are mutable.

        Args:
            variables: `params`, and `batch_stats` where it has some.
            inputs: [B, ...].
            mutable: As of linen; anything but None returns `(outputs, {"batch_stats": …})`.
            train: Whether batch statistics are those of this batch.
        """
        graph, parameters, statistics = self._pattern
        made = nnx.merge(
            graph, _filled(parameters, variables["params"]), _filled(statistics, variables.get("batch_stats", {}))
        )
        made.train() if train else made.eval()
        outputs = made(inputs)
        return outputs if mutable is None else (outputs, {"batch_stats": _tree(nnx.state(made, nnx.BatchStat))})

    def __call__(self, inputs: Array, train: bool) -> Array:
        """Only its signature counts, which says that a call takes `train`."""
        raise NotImplementedError

    @cached_property
    def _pattern(self) -> tuple[Any, Any, Any]:
        with jax.ensure_compile_time_eval():
            abstract = nnx.eval_shape(lambda: self._make(nnx.Rngs(0)))
        graph, parameters, statistics, rest = nnx.split(abstract, nnx.Param, nnx.BatchStat, ...)
        if left := sorted({type(variable).__name__ for _, variable in nnx.to_flat_state(rest)}):
            if any(name.startswith("Rng") for name in left):
                raise TicketError(CHANCE.format(self._name))
            raise TicketError(f"{self._name} keeps {', '.join(left)}; parameters and batch statistics can be carried.")
        return graph, parameters, statistics


def _tree(state: Any) -> Tree:
    tree: Tree = unflatten_dict({tuple(map(str, path)): variable[...] for path, variable in nnx.to_flat_state(state)})
    return tree


def _filled(state: Any, tree: Mapping[str, Any]) -> Any:
    """The state with a tree's arrays in its variables."""
    flat = flatten_dict(tree)
    filled = [(path, one.replace(flat[tuple(map(str, path))])) for path, one in nnx.to_flat_state(state)]
    return nnx.from_flat_state(filled)
