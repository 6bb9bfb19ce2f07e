"""What can be said of each rewind; no JAX is imported here."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from ticket_explorer.registry import Settings


class RewindSettings(Settings, frozen=True, kw_only=True):
    """What all rewinds share."""

    moves_mask: ClassVar[bool] = False
    """Whether the mask that a round starts with is another than pruning left."""
    keeps_trained: ClassVar[bool] = False
    """Whether weights stay as they were trained."""

    @property
    def early_generation(self) -> int | None:
        """The generation of the first round whose weights it needs; None if it needs none."""
        return None

    def try_out(self, problem: Any, has_sigma: bool) -> None:
        """Refuse what only trying it on a problem tells; loads JAX where there is anything to try.

        Args:
            problem: Whose weights it is for.
            has_sigma: Whether the trainer finds a σ of each weight.

        Raises:
            TicketError: with what can't be.
        """

    def check_start(self, start: Any, mask: Any) -> None:
        """Refuse weights that turn out to be no numbers.

        Args:
            start: Of all replicates, [R, D].
            mask: Which of them are there, [R, D].

        Raises:
            TicketError: with what can't be.
        """


class Initial(RewindSettings, frozen=True, kw_only=True, tag="initial"):
    """Kept weights go back to their initial values: lottery tickets (Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.rewinds.initial:restart"


class Fresh(RewindSettings, frozen=True, kw_only=True, tag="fresh"):
    """Kept weights are drawn afresh: what the mask is worth without its weights."""

    implementation: ClassVar[str] = "ticket_explorer.rewinds.fresh:restart"


class Early(RewindSettings, frozen=True, kw_only=True, tag="early"):
    """Kept weights go back to those of an early generation of the first round (Frankle et al. 2020)."""

    implementation: ClassVar[str] = "ticket_explorer.rewinds.early:restart"
    generation: Annotated[int, Meta(ge=1, description="generation of the first round")]

    @property
    def early_generation(self) -> int:
        """The one it is set to."""
        return self.generation


class Trained(RewindSettings, frozen=True, kw_only=True, tag="trained"):
    """Kept weights stay as they were trained: fine-tuning, the alternative to rewinding (Han et al. 2015)."""

    implementation: ClassVar[str] = "ticket_explorer.rewinds.trained:restart"
    keeps_trained: ClassVar[bool] = True


class PermutedWeights(RewindSettings, frozen=True, kw_only=True, tag="permuted_weights"):
    """Initial values are permuted among the kept places of each leaf: the mask stays (Vischer et al. 2021)."""

    implementation: ClassVar[str] = "ticket_explorer.rewinds.permuted_weights:restart"


class PermutedMask(RewindSettings, frozen=True, kw_only=True, tag="permuted_mask"):
    """Mask and initial values are permuted within each leaf: only its density stays (Vischer et al. 2021)."""

    implementation: ClassVar[str] = "ticket_explorer.rewinds.permuted_mask:restart"
    moves_mask: ClassVar[bool] = True
