"""The charts by name: `TicketCurve(session)` is `Chart(session, "ticket_curve")`."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from widgets.notebook.chart import Chart
from widgets.notebook.live_session import LiveSession
from widgets.plots.kinds import Look
from widgets.shared.companions import EVERY, Companions


class Fitness(Chart):
    """Fitness against generations, of the running round and of the same round of other branches."""

    KIND = "fitness"


class TicketCurve(Chart):
    """Score against density, a line a branch."""

    KIND = "ticket_curve"


class Sparsity(Chart):
    """The density of each layer across rounds."""

    KIND = "sparsity"


class SnrMagnitude(Chart):
    """SNR against magnitude, a point a weight; selected ones are named, and lit up in the mask."""

    KIND = "snr_magnitude"


class Curvature(Chart):
    """How the loss rises around what a round found."""

    KIND = "curvature"


class Mask(Chart):
    """The mask of a finished round, a layer at a time."""

    KIND = "mask"


class Policy(Chart):
    """The policy at play, in an environment that can be drawn."""

    KIND = "policy"


class Distribution(Chart):
    """How many weights have which size, σ or SNR."""

    KIND = "distribution"


class Correlation(Chart):
    """How far SNR and magnitude agree, round by round."""

    KIND = "correlation"


class Overlap(Chart):
    """How much of what SNR or magnitude pruning would remove both would, round by round."""

    KIND = "overlap"


class Compare(Chart):
    """How much better a branch scores than another one, with the paired test; then all branches in one curve."""

    KIND = "compare"

    def __init__(
        self,
        session: LiveSession,
        *,
        beside: Sequence[str | Path | LiveSession] = (),
        baseline: str | None = None,
        **how: Any,
    ) -> None:
        """Compare the session's branches with one another, and with those of other sessions.

        Args:
            session: From `tx.LiveSession.create` or `tx.LiveSession.open`.
            beside: Other sessions, their paths or names; the chart goes on as they do.
            baseline: The branch to take differences from, `SESSION:BRANCH` of another one; by default the parent.
            how: As for every chart: `branch`, `round`, `branches`, `height`.

        Raises:
            TicketError: if there is no such session, or this is not a live one.
        """
        others = (one.path if isinstance(one, LiveSession) else one for one in beside)
        self._companions, self._baseline = Companions(others), baseline
        super().__init__(session, **how)
        if beside:
            self.attachment.spawn(self._go_on())

    @property
    def _look(self) -> Look:
        look = super()._look
        return replace(look, company=replace(look.company, beside=self._companions.beside, pinned=self._baseline))

    async def _go_on(self) -> None:
        while self.is_open:
            if self.visible and self._companions.catch_up():
                self.renew()
                self.attachment.want_drawing()
            await asyncio.sleep(EVERY / 2)


class Examples(Chart):
    """Test images as the search mean sees them, now and after the next pruning."""

    KIND = "examples"


class Search(Chart):
    """The mean's way through a round, individuals and σ, on the plane of its movement."""

    KIND = "search"
