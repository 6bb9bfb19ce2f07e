"""What can be said of each pruner; no JAX is imported here."""

from typing import ClassVar

from ticket_explorer.registry import Settings


class PrunerSettings(Settings, frozen=True, kw_only=True):
    """What all pruners share: nothing but their name."""


class SNR(PrunerSettings, frozen=True, kw_only=True, tag="snr"):
    """Keep the highest signal-to-noise ratio |θ| / σ (Lange & Sprekeler 2023)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.snr:score"


class Magnitude(PrunerSettings, frozen=True, kw_only=True, tag="magnitude"):
    """Keep the largest weights |θ| (Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.pruners.magnitude:score"


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
