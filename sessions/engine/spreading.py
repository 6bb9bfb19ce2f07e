"""How a round is spread over the devices of this process: replicates first, then the individuals of large populations.

Every device trains its own replicates, which know nothing of each other. Where more devices than replicates are left
and a generation is dear, several share a replicate: each computes the fitness of its part of the individuals, and XLA
shares out sampling and updating them. Nothing is padded, so numbers that have no common divisor leave devices idle.
XLA compiles programs of several devices by other rules, so that another number of devices gives other last digits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any, TypeVar, cast

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec, SingleDeviceSharding

from ticket_explorer.backend import backend
from ticket_explorer.individuals import SharedOut, can_be_shared_out, needs_one_device
from ticket_explorer.problems import Problem, with_forms
from ticket_explorer.trainers.settings import TrainerSettings

T = TypeVar("T")
REPLICATES, INDIVIDUALS = "replicates", "individuals"
"""The names of the mesh's axes."""
DEAR = 1e10
"""Multiplications of one replicate's generation from which its individuals are shared out on GPUs."""


@dataclass(frozen=True)
class Spread:
    """How many devices share the replicates of a round, and the individuals of each replicate."""

    replicates: int = 1
    individuals: int = 1

    @property
    def devices(self) -> int:
        """How many devices are used."""
        return self.replicates * self.individuals

    @cached_property
    def mesh(self) -> Mesh:
        """The first devices of this process, as a grid."""
        shape = (self.replicates, self.individuals)
        return Mesh(np.array(jax.local_devices()[: self.devices]).reshape(shape), (REPLICATES, INDIVIDUALS))

    def over(self, advance: Callable[..., Any]) -> Callable[..., Any]:
        """A round's `advance(problem, state, keys, first, count)`, each device with its own part of the replicates."""
        if self.devices == 1:
            return advance

        def apart(problem: Problem, *arguments: Any) -> Any:
            return advance(self._shared_out(problem), *arguments)

        by_replicate, everywhere = PartitionSpec(REPLICATES), PartitionSpec()
        return jax.shard_map(
            apart,
            mesh=self.mesh,
            in_specs=(everywhere, by_replicate, by_replicate, everywhere, everywhere),
            out_specs=(by_replicate, PartitionSpec(None, REPLICATES), by_replicate),
            axis_names={REPLICATES},
            check_vma=False,
        )

    def placed(self, tree: T) -> T:
        """Arrays that lead with the replicate axis, each device's part on it."""
        return tree if self.devices == 1 else cast(T, jax.device_put(tree, self._sharding(REPLICATES)))

    def everywhere(self, tree: T) -> T:
        """Arrays of which every device has a copy."""
        return tree if self.devices == 1 else cast(T, jax.device_put(tree, self._sharding()))

    def together(self, tree: T) -> T:
        """Spread arrays on the first device, where everything else is computed."""
        if self.devices == 1:
            return tree
        return cast(T, jax.device_put(tree, SingleDeviceSharding(jax.local_devices()[0])))

    def shape_placed(self, tree: T) -> T:
        """As `placed`, of `jax.ShapeDtypeStruct`."""
        return self._shapes(tree, REPLICATES)

    def shape_everywhere(self, tree: T) -> T:
        """As `everywhere`, of arrays or `jax.ShapeDtypeStruct`."""
        return self._shapes(tree)

    def _shapes(self, tree: T, *axes: str) -> T:
        if self.devices == 1:
            return tree
        sharding = self._sharding(*axes)
        shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), tree)
        return cast(T, shapes)

    def _sharding(self, *axes: str) -> NamedSharding:
        return NamedSharding(self.mesh, PartitionSpec(*axes))

    def _shared_out(self, problem: Problem) -> Problem:
        return problem if self.individuals == 1 else cast(Problem, SharedOut(problem, INDIVIDUALS))


def spread_of(problem: Problem, trainer: TrainerSettings, replicates: int, devices: int) -> Spread:
    """How a round is spread over so many devices.

    Args:
        problem: What is trained on.
        trainer: Whose individuals may be shared out; None of them if it has no population.
        replicates: Of the session.
        devices: How many there are.
    """
    if needs_one_device(problem):
        return Spread()
    first = _share(replicates, devices)
    individuals = trainer.individuals
    if individuals is None or not can_be_shared_out(problem) or _cost(problem, individuals) < dear():
        return Spread(first)
    return Spread(first, _share(individuals, devices // first))


def dear() -> float:
    """Multiplications from which individuals are shared out: never on a CPU, whose devices share its cores anyway."""
    return inf if backend() == "cpu" else DEAR


def _share(count: int, devices: int) -> int:
    """The largest number of devices among which so many can be shared evenly."""
    return max(number for number in range(1, max(devices, 1) + 1) if count % number == 0)


def _cost(problem: Problem, individuals: int) -> float:
    """Multiplications of a generation of a replicate, at the least: each weight once for each example."""
    found = with_forms(problem)
    return 0.0 if found is None else float(individuals * found[0].work(individuals, 1).examples * problem.layout.size)
