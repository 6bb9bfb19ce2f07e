"""What can be said of each pruner; no JAX is imported here."""

from typing import Any, ClassVar, Literal

from ticket_explorer.registry import Settings


class PrunerSettings(Settings, frozen=True, kw_only=True):
    """What all pruners share."""

    takes_learned: ClassVar[bool] = False
    """Whether it takes over the mask that the trainer learned, so that `$.pruning.ratio` plays no part."""
    needs_sigma: ClassVar[bool] = False
    """Whether it needs a σ of each weight."""
    needs_loss: ClassVar[bool] = False
    """Whether it takes gradients, so that the task must have a loss."""
    ranks_by: ClassVar[Literal["snr", "magnitude"] | None] = None
    """What it ranks by, where a weight's mean and σ alone tell."""
    needs_curvature: ClassVar[bool] = False
    """Whether that loss must be one of each example by itself: no batch normalisation."""

    def try_out(self, problem: Any, has_sigma: bool) -> None:
        """Refuse what only trying it on a problem tells; loads JAX where there is anything to try.

        Args:
            problem: Whose weights it is for.
            has_sigma: Whether the trainer finds a σ of each weight.

        Raises:
            TicketError: with what can't be.
        """

    def check_scores(self, thresholds: Any) -> None:
        """Refuse scores that turn out to be no numbers.

        Args:
            thresholds: Of all replicates, [R, ...].

        Raises:
            TicketError: with what can't be.
        """


class SNR(PrunerSettings, frozen=True, kw_only=True, tag="snr"):
    """Keep the highest signal-to-noise ratio |θ| / σ (Lange & Sprekeler 2023)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.snr:score"
    needs_sigma: ClassVar[bool] = True
    ranks_by: ClassVar[Literal["snr", "magnitude"] | None] = "snr"


class Magnitude(PrunerSettings, frozen=True, kw_only=True, tag="magnitude"):
    """Keep the largest weights |θ| (Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.magnitude:score"
    ranks_by: ClassVar[Literal["snr", "magnitude"] | None] = "magnitude"


class Random(PrunerSettings, frozen=True, kw_only=True, tag="random"):
    """Keep weights drawn at random; the baseline every criterion must beat."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.random:score"


class Movement(PrunerSettings, frozen=True, kw_only=True, tag="movement"):
    """Keep the weights that moved farthest, |θ − θ₀| (Zhou et al. 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.movement:score"


class MagnitudeIncrease(PrunerSettings, frozen=True, kw_only=True, tag="magnitude_increase"):
    """Keep the weights that grew most, |θ| − |θ₀| (Zhou et al. 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.magnitude_increase:score"


class InitialMagnitude(PrunerSettings, frozen=True, kw_only=True, tag="initial_magnitude"):
    """Keep the weights that were largest at the start, |θ₀| (Zhou et al. 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.initial_magnitude:score"


class SNIP(PrunerSettings, frozen=True, kw_only=True, tag="snip"):
    """Keep the highest sensitivity of the loss at the start, |θ₀ ⊙ ∂L/∂θ₀| (Lee et al. 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.snip:score"
    needs_loss: ClassVar[bool] = True


class GraSP(PrunerSettings, frozen=True, kw_only=True, tag="grasp"):
    """Keep the weights that carry the gradient's flow at the start, θ₀ ⊙ H g (Wang et al. 2020)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.grasp:score"
    needs_loss: ClassVar[bool] = True


class HessianDiagonal(PrunerSettings, frozen=True, kw_only=True, tag="hessian_diagonal"):
    """Keep the weights without which the loss would rise most, to second order, ½ θ² H (LeCun et al. 1990)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.hessian_diagonal:score"
    needs_loss: ClassVar[bool] = True
    needs_curvature: ClassVar[bool] = True


class Fisher(PrunerSettings, frozen=True, kw_only=True, tag="fisher"):
    """Keep the highest ½ θ² F, squares of examples' gradients in the Hessian's place (Theis et al. 2018)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.fisher:score"
    needs_loss: ClassVar[bool] = True
    needs_curvature: ClassVar[bool] = True


class Learned(PrunerSettings, frozen=True, kw_only=True, tag="learned"):
    """Keep the mask that the trainer itself learned, whatever its density (Savarese et al. 2020)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.learned:score"
    takes_learned: ClassVar[bool] = True
