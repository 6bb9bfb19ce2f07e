"""A ticket as taken from a session: arrays over θ, whole and leaf by leaf, and what it was trained on."""

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from sessions.plans.problems import plan_of
from sessions.reports.json_report import densities
from sessions.tickets.ticket_formats import Part, save
from sessions.tickets.tickets import Lineage, problem_state_of
from sessions.tickets.workbench import Workbench
from sessions.views.diverged import check_replicate
from sessions.views.reading import read_header
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.problems import Problem, ProblemState, predicting

if TYPE_CHECKING:
    from pandas import DataFrame

Vector = npt.NDArray[Any]


@dataclass(frozen=True)
class FoundTicket:
    """One replicate's ticket of a finished round, and the result of its training. θ has D entries."""

    mask: Vector
    """bool [D], true = kept."""
    start: Vector
    """float32 [D]: the weights that training began with; 0 where the mask is false."""
    trained: Vector
    """float32 [D]: the weights that training found, the search mean; 0 where the mask is false."""
    sigma: Vector | None
    """float32 [D]: the search's deviation, 0 where the mask is false; None if the trainer has none."""
    problem: Problem = field(repr=False)
    """What it was trained on: `problem.layout` and `problem.network`, and `problem.test_set()` for images."""
    origin: dict[str, Any]
    """Session, branch, round, replicate, density, seed and plan."""
    state: ProblemState = field(default=(), repr=False)
    """The task's state at the end: observation or batch statistics."""

    def __repr__(self) -> str:
        place = f"{self.origin['branch']}, round {self.origin['round']}, replicate {self.origin['replicate']}"
        return f"<FoundTicket of {place}: {int(self.mask.sum()):,} of {self.mask.size:,} weights>"

    def leaves(self, part: Part = "trained") -> dict[str, Vector]:
        """One of its arrays leaf by leaf, by the leaves' names (`dense_0/kernel`), each in the leaf's shape.

        Raises:
            TicketError: if there is no such array.
        """
        vector = self._vector(part)
        return {leaf.name: np.ascontiguousarray(vector[leaf.slice].reshape(leaf.shape)) for leaf in self.problem.layout}

    def tree(self, part: Part = "trained") -> dict[str, Any]:
        """The same as the network's own pytree, nested dicts of arrays.

        Raises:
            TicketError: if there is no such array.
        """
        from flax.traverse_util import unflatten_dict

        tree: dict[str, Any] = unflatten_dict(self.leaves(part), sep="/")
        return tree

    @property
    def arrays(self) -> dict[str, Vector]:
        """All arrays by part and leaf, `mask/dense_0/kernel`."""
        parts: list[Part] = [part for part in get_args(Part) if getattr(self, part) is not None]
        return {f"{part}/{name}": array for part in parts for name, array in self.leaves(part).items()}

    def save(self, path: str | PathLike[str], format: str | None = None) -> None:
        """Write it as a file.

        Args:
            path: Of the file.
            format: `safetensors`, `npz`, `msgpack`, `flax` or `torch`; by default what the file's ending says.

        Raises:
            TicketError: if there is no such format, the ending is another one, or the file can't be written.
        """
        save(self, Path(path), format)

    def apply(self, inputs: npt.ArrayLike) -> Vector:
        """The trained ticket's outputs, as its test judges them: logits [n, classes], numbers, or actions.

        Args:
            inputs: [n, ...], standardised as in `problem.test_set()`; for a control task, raw observations.

        Raises:
            TicketError: if inputs have another shape.
        """
        given, expected = np.asarray(inputs, np.float32), self.problem.input_shape
        if given.shape[1:] != expected:
            raise InvalidValue("inputs", given.shape, f"an array of shape {('n', *expected)}")
        return np.asarray(predicting(self.problem).outputs(jnp.asarray(self.trained), jnp.asarray(given), self.state))

    def to_frame(self) -> "DataFrame":
        """A pandas table with a row for each weight.

        Its columns are leaf, index (within the leaf, flat), start, trained, sigma and snr (missing without σ), kept.

        Raises:
            TicketError: if pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise TicketError("A table needs pandas; install it with: pip install pandas") from None
        layout = self.problem.layout
        sigma = np.full(layout.size, np.nan, np.float32) if self.sigma is None else self.sigma
        with np.errstate(divide="ignore", invalid="ignore"):
            snr = np.where(self.mask, np.abs(self.trained) / sigma, np.nan)
        columns = {
            "leaf": np.repeat([leaf.name for leaf in layout], [leaf.size for leaf in layout]),
            "index": np.concatenate([np.arange(leaf.size) for leaf in layout]),
            "start": self.start,
            "trained": self.trained,
            "sigma": sigma,
            "snr": snr,
            "kept": self.mask,
        }
        return pandas.DataFrame(columns)

    def _vector(self, part: Part) -> Vector:
        if part not in get_args(Part):
            raise InvalidValue("part", repr(part), " or ".join(map(repr, get_args(Part))))
        vector: Vector | None = getattr(self, part)
        if vector is None:
            raise TicketError("This ticket has no σ: its trainer has no search distribution.")
        return vector


def found_ticket(bench: Workbench, branch: str, number: int, replicate: int = 0) -> FoundTicket:
    """A finished round's ticket.

    Raises:
        TicketError: if there is no such branch, finished round or replicate.
    """
    view = bench.view
    if branch not in view.branches:
        raise InvalidValue("branch", branch, f"a branch among {', '.join(view.branches)}")
    if not 0 <= replicate < bench.replicates:
        raise TicketError(f"There is no replicate {replicate}; the session has 0 to {bench.replicates - 1}.")
    check_replicate(view, branch, number, replicate)
    lineage = Lineage(bench)
    found = lineage.arrays(branch, number)
    owner = lineage.owner(branch, number)
    round_ = view.branches[owner].rounds[number]
    plan = plan_of(round_.plan)
    problem = bench.problem(plan)
    start = np.asarray(lineage.ticket(owner, number, plan).ticket.start)[replicate]
    mask = found.mask[replicate]
    return FoundTicket(
        mask=mask,
        start=np.where(mask, start, np.float32(0.0)),
        trained=found.mean[replicate],
        sigma=None if found.std is None else found.std[replicate],
        problem=problem,
        origin={
            "session": read_header(bench.directory).title,
            "branch": branch,
            "round": number,
            "replicate": replicate,
            "density": densities(round_)["density"],
            "seed": bench.seed,
            "plan": round_.plan,
        },
        state=jax.tree.map(lambda leaf: leaf[replicate], problem_state_of(found, problem))
        if found.problem_state
        else problem.initial_state(),
    )
