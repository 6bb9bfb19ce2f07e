"""What can be said of mask evolution; no JAX is imported here."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from ticket_explorer.errors import InvalidValue
from ticket_explorer.registry import Former
from ticket_explorer.trainers.settings import VECTORS, Positive, TrainerSettings

HIGHEST_THRESHOLD = 4.0
"""In deviations of the first scores: beyond it, one weight in 30,000 is kept."""


class MaskEvolution(TrainerSettings, frozen=True, kw_only=True, tag="mask_evolution"):
    """Weights stay at their random initial values, and evolution searches which of them to keep (Conklin)."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.mask_evolution:MaskEvolution"
    learns_mask: ClassVar[bool] = True
    has_population: ClassVar[bool] = True
    narrows: ClassVar[bool] = False
    default_pruner: ClassVar[str] = "learned"
    fitness_over: ClassVar[str | None] = "population"
    formerly: ClassVar[Mapping[str, Former]] = {
        "averaging": Former(
            False,
            "Mask evolution ranks elites by their fitness in one generation here, as sessions did at first; new ones "
            "by their mean lead over the generations that they survive.",
        ),
        "retests": Former(
            0,
            "Mask evolution takes the first elite of the last generation as its result here, as sessions did at first; "
            "its fitness flatters it. New sessions test the last elites again.",
        ),
    }
    population: Annotated[int, Meta(ge=2, le=1_000_000, description="individuals a generation")] = 64
    elites: Annotated[int, Meta(ge=1, le=1_000_000, description="individuals that have children")] = 8
    episodes: Annotated[int, Meta(ge=1, le=10_000, description="batches or episodes a fitness is the mean of")] = 1
    std: Positive = 0.1
    """σ of the noise that children's scores differ by from their parent's."""
    cloning: bool = True
    """Whether elites go on unchanged into the next generation; Conklin's don't."""
    averaging: bool = True
    """Whether a clone counts by its mean lead, over the generations it has been through, on each one's median.

    Without it fitness in one generation counts, where a lucky child drives a better elite out.
    """
    retests: Annotated[int, Meta(ge=0, le=10_000, description="more batches or episodes of each elite at the end")] = 16
    """Fresh batches or episodes that the last elites are tested on to choose the result; 0: the first elite is it."""
    score_std_init: Positive = 1.0
    """Standard deviation of the first scores."""
    threshold: Annotated[float, Meta(ge=-1e6, le=1e6)] = 0.0
    """Weights whose score reaches this are kept; at 0 half of them at first."""
    sparsity: Annotated[float, Meta(ge=0, le=0.9)] | None = None
    """Share of the kept weights that every individual drops, those of the lowest scores; None: by `threshold`."""

    @property
    def tunable(self) -> dict[str, float]:
        """σ of the mutations."""
        return {"std": self.std}

    @property
    def chooses(self) -> bool:
        """Whether the last elites are tested again."""
        return self.retests > 0

    @property
    def individuals(self) -> int:
        """One for each mask."""
        return self.population

    @property
    def passes(self) -> float:
        """One for each individual and episode."""
        return float(self.population * self.episodes)

    def numbers_held(self, size: int) -> int:
        """Those of the whole population."""
        return VECTORS * size * self.population

    def check(self) -> None:
        """Refuse more elites than individuals, and a threshold that keeps nothing."""
        if self.elites > self.population:
            raise InvalidValue("$.trainer.elites", self.elites, f"at most the {self.population} of the population")
        if self.cloning and self.elites == self.population:
            expected = (
                f"fewer than the {self.population} of the population; otherwise cloning leaves no room for children"
            )
            raise InvalidValue("$.trainer.elites", self.elites, expected)
        highest = HIGHEST_THRESHOLD * self.score_std_init
        if self.sparsity is None and self.threshold > highest:
            raise InvalidValue(
                "$.trainer.threshold",
                self.threshold,
                f"at most {highest:g}: scores start with a deviation of {self.score_std_init:g}, and no weight would "
                "reach it; or give a sparsity instead",
            )
