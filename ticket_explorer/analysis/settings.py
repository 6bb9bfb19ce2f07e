"""What can be said of each analysis; no JAX is imported here."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ticket_explorer.errors import InvalidValue
from ticket_explorer.registry import Settings, name_of

Reach = Annotated[float, Meta(gt=0)]
Examples = Annotated[int, Meta(ge=1, description="test images or episodes")]
Subject = Literal["state", "round", "line", "lines", "controls"]
Beside = Literal["nothing", "any", "twin", "another"]
Axes = tuple[str, ...]

STABLE = 0.02
"""Instability below which networks are called stable (Frankle et al. 2020, section 3)."""
SAME = 0.005
"""Rounds are of one density that differ by no more than this share of it: rounding to whole weights."""
PAIRS = ("snr and hessian_diagonal", "magnitude and hessian_diagonal", "snr and magnitude")
"""Which pruners the overlaps of a look at the Hessian are of."""
PARTS = ("weights", "mask", "layers", "effect")
"""What the rows of a decomposition's contributions and shares are; the last is the sum of the others."""


Along = Literal["random", "eigenvectors", "way"]


class AnalysisSettings(Settings, frozen=True, kw_only=True):
    """What all analyses share."""

    looks_at: ClassVar[Subject]
    """What it needs: one `state` (a finished round, or the running mean), a finished `round` and the dense one of its
    line, a whole `line` of finished rounds, two `lines`, or a line and its `controls`."""
    beside: ClassVar[Beside] = "nothing"
    """The branch that it compares with, named by a field `other`: `any`, or else the same; a `twin`, which trains the
    same tickets under different noise, or else the first there is; `another`, which must be named."""
    needs_sigma: ClassVar[bool] = False
    """Whether it needs a σ of each weight."""
    axes: ClassVar[Axes] = ()
    """What the axes of its arrays are; an array's name is an axis with its values. Empty: they have no names."""
    own_axes: ClassVar[Mapping[str, Axes]] = {}
    """Those of arrays that have others, by array."""
    grain: ClassVar[str] = ""
    """The field that tells a coarse look from a fine one, where a spec may ask for both."""

    @property
    def called(self) -> str:
        """What results are filed under."""
        return name_of(self)

    @property
    def compared_with(self) -> str | None:
        """The second branch that it was asked to look at."""
        return None

    @property
    def evaluated_on(self) -> int | None:
        """Held-out examples that losses are taken on; None: as many as the task finds enough, if it takes any."""
        return None


class SNR(AnalysisSettings, frozen=True, kw_only=True, tag="snr"):
    """SNR against magnitude, round by round: correlation, thresholds, overlap of what each would prune."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.snr:Criteria"
    looks_at: ClassVar[Subject] = "line"
    needs_sigma: ClassVar[bool] = True
    axes: ClassVar[Axes] = ("replicate", "rounds")
    ratio: Annotated[float, Meta(gt=0, lt=1, description="share of the kept prunable weights removed")] = 0.2


class Layers(AnalysisSettings, frozen=True, kw_only=True, tag="layers"):
    """Density, weight magnitude and σ of each layer, round by round, and which inputs are still looked at."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.layers:Layers"
    looks_at: ClassVar[Subject] = "line"
    axes: ClassVar[Axes] = ("replicate", "rounds", "layer")
    own_axes: ClassVar[Mapping[str, Axes]] = {
        "inputs": ("replicate", "rounds", "input"),
        "magnitude_quantiles": ("replicate", "rounds", "layer", "quantile"),
    }


class Curvature(AnalysisSettings, frozen=True, kw_only=True, tag="curvature"):
    """The loss along directions through the weights, and how sharply it bends there."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.curvature:Curvature"
    looks_at: ClassVar[Subject] = "state"
    axes: ClassVar[Axes] = ("replicate", "direction", "steps")
    own_axes: ClassVar[Mapping[str, Axes]] = {
        "fit": ("replicate", "direction", "coefficient"),
        "sharpness": ("replicate", "direction"),
    }
    grain: ClassVar[str] = "points"
    directions: Annotated[int, Meta(ge=1, le=1000)] = 5
    points: Annotated[int, Meta(ge=3, le=10_001, description="steps along a direction, an odd number")] = 51
    reach: Reach = 1.0
    """ξ goes from −reach to reach."""
    along: Along = "random"
    """`eigenvectors` are the leading ones of the loss's Hessian, of norm 1; `way` are the two principal components of
    the search's means over the round, as long as the way is along each."""
    normalisation: Literal["none", "filter"] = "none"
    """`filter` gives each filter of a random direction the norm of the weights' own filter (Li et al. 2018)."""
    examples: Examples | None = None
    """None is what the task finds enough: 1,000 images."""

    @property
    def evaluated_on(self) -> int | None:
        """As many as it says."""
        return self.examples

    def check(self) -> None:
        """Refuse an even number of points, for 0 must be among them, and more than the two directions of a way."""
        _check_odd("points", self.points)
        if self.along == "way" and self.directions != 2:
            raise InvalidValue("$.directions", self.directions, "2, the components that are kept of a way")
        if self.along != "random" and self.normalisation == "filter":
            raise InvalidValue("$.normalisation", "filter", f"none: {self.along} have lengths of their own")


class Surface(AnalysisSettings, frozen=True, kw_only=True, tag="surface"):
    """The loss over a plane through the weights: of two random directions, eigenvectors, or the search's own way."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.surface:Surface"
    looks_at: ClassVar[Subject] = "round"
    axes: ClassVar[Axes] = ("replicate", "steps", "steps")
    own_axes: ClassVar[Mapping[str, Axes]] = {"way": ("replicate", "sample", "direction")}
    points: Annotated[int, Meta(ge=3, le=1001, description="steps along each direction, an odd number")] = 51
    reach: Reach = 1.0
    along: Along = "random"
    """As of `curvature`; random directions are the same in every round."""
    normalisation: Literal["none", "filter"] = "filter"
    """Of random directions, to the filters of the dense round's trained network; others have lengths of their own."""
    examples: Examples | None = None

    @property
    def evaluated_on(self) -> int | None:
        """As many as it says."""
        return self.examples

    def check(self) -> None:
        """Refuse an even number of points: 0 must be among them."""
        _check_odd("points", self.points)


class Connectivity(AnalysisSettings, frozen=True, kw_only=True, tag="connectivity"):
    """Loss and score along the straight line between any two rounds, of one branch or of two."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.connectivity:Connectivity"
    looks_at: ClassVar[Subject] = "lines"
    beside: ClassVar[Beside] = "any"
    axes: ClassVar[Axes] = ("replicate", "rounds", "other_rounds", "alphas")
    other: str | None = None
    """Another branch, whose rounds are at the other ends; None: the branch itself."""
    points: Annotated[int, Meta(ge=3, le=1001, description="steps α from 0 to 1, the ends included")] = 11
    examples: Examples | None = None

    @property
    def compared_with(self) -> str | None:
        """The other branch."""
        return self.other

    @property
    def evaluated_on(self) -> int | None:
        """As many as it says."""
        return self.examples


class Instability(AnalysisSettings, frozen=True, kw_only=True, tag="instability"):
    """How far two trainings of the same tickets under different noise part: the error between them, round by round."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.instability:Instability"
    looks_at: ClassVar[Subject] = "lines"
    beside: ClassVar[Beside] = "twin"
    axes: ClassVar[Axes] = ("replicate", "rounds", "alphas")
    other: str | None = None
    """A branch that trains the same tickets under different noise; None: the first there is."""
    points: Annotated[int, Meta(ge=3, le=1001, description="steps α from 0 to 1, the ends included")] = 21
    examples: Examples | None = None

    @property
    def compared_with(self) -> str | None:
        """The other branch."""
        return self.other

    @property
    def evaluated_on(self) -> int | None:
        """As many as it says."""
        return self.examples


class Comparison(AnalysisSettings, frozen=True, kw_only=True, tag="comparison"):
    """The difference of two branches' scores at equal density, with its standard error and a paired test."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.comparison:Comparison"
    looks_at: ClassVar[Subject] = "lines"
    beside: ClassVar[Beside] = "another"
    axes: ClassVar[Axes] = ("replicate", "densities")
    other: str
    """The branch to compare with."""
    interpolate: bool = False
    """Whether the other branch's scores are interpolated, linearly in log density, where it has no round of a density:
    masks that are learned come out at densities of their own."""

    @property
    def compared_with(self) -> str:
        """The other branch."""
        return self.other


class Decomposition(AnalysisSettings, frozen=True, kw_only=True, tag="decomposition"):
    """How much of a ticket's effect is due to its mask, its weights, and how much of each layer it keeps."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.decomposition:Decomposition"
    looks_at: ClassVar[Subject] = "controls"
    axes: ClassVar[Axes] = ("replicate", "densities")
    own_axes: ClassVar[Mapping[str, Axes]] = dict.fromkeys(
        ("contribution", "standard_error", "share", "share_error"), ("part", "densities")
    )


class Hessian(AnalysisSettings, frozen=True, kw_only=True, tag="hessian"):
    """How the loss bends along each weight, and along its sharpest directions: does 1/σ² follow it?"""

    implementation: ClassVar[str] = "ticket_explorer.analysis.hessian:Hessian"
    looks_at: ClassVar[Subject] = "state"
    grain: ClassVar[str] = "vectors"
    axes: ClassVar[Axes] = ("replicate", "weight")
    own_axes: ClassVar[Mapping[str, Axes]] = {
        **dict.fromkeys(("spearman", "reliability", "trace", "trace_error"), ("replicate", "leaf")),
        **dict.fromkeys(("eigenvalues", "eigenvalue_error", "lowest"), ("replicate", "rank")),
        "eigenvectors": ("replicate", "rank", "weight"),
        "overlap": ("replicate", "pair"),
    }
    vectors: Annotated[int, Meta(ge=1, le=10_000_000)] = 32
    """Random vectors of signs that the diagonal is estimated with; as many as weights are kept, or more, are unit
    vectors instead, and the diagonal is exact."""
    steps: Annotated[int, Meta(ge=0, le=1000, description="of Lanczos's method")] = 20
    eigenvalues: Annotated[int, Meta(ge=0, le=100)] = 5
    """The leading ones, which are told with their vectors."""
    split: Literal["test", "train"] = "test"
    """The split whose first examples give the loss."""
    examples: Examples | None = None
    weights: Annotated[int, Meta(ge=3, description="of tasks without a loss")] = 200
    """How many weights, drawn at random, finite differences are taken along; one that is pruned gives way."""
    step: Annotated[float, Meta(gt=0, description="of finite differences")] = 0.1
    draws: Annotated[int, Meta(ge=1, le=1000)] = 4
    """Sets of episodes that finite differences are taken on, for their errors."""
    ratio: Annotated[float, Meta(gt=0, lt=1, description="share of the kept prunable weights removed")] = 0.2
    """What overlaps of pruners are of."""
    keep: Annotated[int, Meta(ge=3)] = 10_000
    """Weights of which the numbers are kept, drawn at random where there are more; sums are over all."""

    @property
    def evaluated_on(self) -> int | None:
        """As many as it says."""
        return self.examples

    def check(self) -> None:
        """Refuse more eigenvalues than Lanczos's method has steps."""
        if self.eigenvalues > self.steps:
            raise InvalidValue("$.eigenvalues", self.eigenvalues, f"no more than there are steps: {self.steps}")


def _check_odd(name: str, points: int) -> None:
    if points % 2 == 0:
        raise InvalidValue(f"$.{name}", points, f"an odd number, so that the middle is one of them: {points + 1}")
