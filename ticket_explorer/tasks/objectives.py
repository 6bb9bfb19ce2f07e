"""What a network's outputs are judged by: loss and score of classes, and of numbers.

Test splits are judged slice by slice, so that a score is concluded from sums over examples.
"""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num

from ticket_explorer.problems import Evaluation


@runtime_checkable
class Objective(Protocol):
    """Loss and score of outputs against targets. All methods are pure and jit-able."""

    def losses(self, outputs: Float[Array, "*batch B O"], targets: Num[Array, "B ..."]) -> Float[Array, "*batch B"]:
        """The loss of each example; lower is better, and differentiable twice."""
        ...

    def tally(self, outputs: Float[Array, "N B O"], targets: Num[Array, "B ..."]) -> Any:
        """A pytree of sums over B examples, of each of N networks; sums of slices may be added."""
        ...

    def conclude(self, sums: Any, targets: Num[Array, "n ..."]) -> Evaluation:
        """Mean loss and score of each network, from the sums over all n examples."""
        ...


@dataclass(frozen=True)
class Classification:
    """Cross-entropy (nats) and accuracy; targets are classes, int32 [B]."""

    def losses(self, outputs: Float[Array, "*batch B O"], targets: Int[Array, " B"]) -> Float[Array, "*batch B"]:
        """Of each example, log Σ exp(outputs) minus the output of its class."""
        chosen = jnp.take_along_axis(outputs, targets.reshape((1,) * (outputs.ndim - 2) + (-1, 1)), axis=-1)[..., 0]
        return jax.nn.logsumexp(outputs, axis=-1) - chosen

    def tally(self, outputs: Float[Array, "N B O"], targets: Int[Array, " B"]) -> Evaluation:
        """The sum of the losses, and how many examples are classified correctly."""
        hits = (outputs.argmax(-1) == targets).sum(-1, dtype=jnp.float32)
        return Evaluation(self.losses(outputs, targets).mean(-1) * len(targets), hits)

    def conclude(self, sums: Evaluation, targets: Int[Array, " n"]) -> Evaluation:
        """The mean loss, and the share of examples classified correctly."""
        return Evaluation(sums.loss / len(targets), sums.score / len(targets))


CLASSES = Classification()


@dataclass(frozen=True)
class Regression:
    """Mean squared error and R², the share of the targets' variance explained; targets are numbers, float32 [B, O]."""

    def losses(self, outputs: Float[Array, "*batch B O"], targets: Float[Array, "B O"]) -> Float[Array, "*batch B"]:
        """Of each example, the mean over outputs of (output − target)²."""
        return self._squares(outputs, targets).mean(-1)

    def tally(self, outputs: Float[Array, "N B O"], targets: Float[Array, "B O"]) -> Float[Array, "N O"]:
        """The sum of squared errors of each output."""
        return self._squares(outputs, targets).sum(-2)

    def conclude(self, sums: Float[Array, "N O"], targets: Float[Array, "n O"]) -> Evaluation:
        """R² = 1 − Σ (output − target)² / Σ (target − mean)², averaged over outputs; NaN if targets are all equal."""
        spread = ((targets - targets.mean(0)[None]) ** 2).sum(0)
        return Evaluation(sums.mean(-1) / len(targets), (1 - sums / spread[None]).mean(-1))

    @staticmethod
    def _squares(outputs: Float[Array, "*batch B O"], targets: Float[Array, "B O"]) -> Float[Array, "*batch B O"]:
        return (outputs - targets.reshape((1,) * (outputs.ndim - 2) + targets.shape)) ** 2
