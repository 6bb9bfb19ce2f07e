"""Which form was measured to be the fastest, by device and work: what ships with the package, and what `tune` added.

Where nothing was measured for a work, the nearest one of the same network on the same device speaks for it; where
there is none, the network's usual form is taken. A look-up times nothing, so that equal runs are computed alike.
No JAX is imported here.
"""

import math
import os
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ticket_explorer.errors import TicketError
from ticket_explorer.networks.forms import Form, Work
from ticket_explorer.places import home, make_private

NEAR = 8.0
"""How many times more individuals × examples × replicates, or fewer, a work may have that speaks for another."""


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """How long a form took."""

    form: Form
    milliseconds: float | None
    """The median of some calls; None where it did not fit into memory."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one work on one device."""

    device: str
    """Its kind, as JAX names it: `NVIDIA H200`, `cpu`."""
    jax: str
    """JAX's version."""
    on: str
    """The day, 2026-11-27."""
    work: Work
    timed: list[Timed]
    """Of every form that was tried, the fastest first."""

    @property
    def fastest(self) -> Form:
        """The form that took the least time."""
        return self.timed[0].form


def chosen(device: str, work: Work) -> Form | None:
    """The form that was measured to be the fastest for a work, or for the nearest one; None if there is none.

    Args:
        device: The kind of the device.
        work: What is to be computed.

    Raises:
        TicketError: if this user's file can't be read.
    """
    latest = reversed(table())  # of equally near ones the last measured speaks
    near = [(far, one) for one in latest if (far := _distance(device, work, one)) is not None]
    return min(near, key=lambda pair: pair[0])[1].fastest if near else None


def table() -> tuple[Measured, ...]:
    """Everything that was measured: what ships first, then this user's, the last measured last.

    Raises:
        TicketError: if this user's file can't be read.
    """
    try:
        place = own_place()
        changed = place.stat().st_mtime_ns
    except (TicketError, OSError):  # no home, or nothing measured
        return _shipped()
    return (*_shipped(), *_read_own(place, changed))


def keep(measured: Iterable[Measured]) -> Path:
    """Add to this user's table, in place of what it had of the same works on the same device; returns its file.

    Raises:
        TicketError: if it can't be written.
    """
    place, added = own_place(), list(measured)
    new = {(one.device, one.work) for one in added}
    old = [one for one in table()[len(_shipped()) :] if (one.device, one.work) not in new]
    try:
        make_private(place.parent)
        with TemporaryDirectory(dir=place.parent) as building:
            whole = Path(building) / place.name
            whole.write_bytes(msgspec.json.format(msgspec.json.encode([*old, *added]), indent=1))
            os.replace(whole, place)
    except OSError as error:
        raise TicketError(f"{place} can't be written: {(error.strerror or str(error)).lower()}.") from None
    return place


def own_place() -> Path:
    """The file of what this user measured.

    Raises:
        TicketError: if the system knows no home of this user.
    """
    return home() / "forms.json"


def _distance(device: str, work: Work, measured: Measured) -> float | None:
    """How far a measured work is from another in size; None: too far, or another device, network or precision."""
    other = measured.work
    same = (other.network, other.inputs, other.outputs, other.precision)
    if measured.device != device or same != (work.network, work.inputs, work.outputs, work.precision):
        return None
    far = sum(abs(math.log(a / b)) for a, b in zip(_sizes(work), _sizes(other), strict=True))
    return far if far <= math.log(NEAR) else None


def _sizes(work: Work) -> tuple[int, int, int]:
    return work.individuals, work.examples, work.replicates


@cache
def _shipped() -> tuple[Measured, ...]:
    given = files("ticket_explorer.networks").joinpath("measured_forms.json").read_bytes()
    return tuple(msgspec.json.decode(given, type=list[Measured]))


@cache
def _read_own(place: Path, changed: int) -> tuple[Measured, ...]:
    """What a user's file holds, read once for each change.

    Raises:
        TicketError: if it isn't such a file.
    """
    try:
        return tuple(msgspec.json.decode(place.read_bytes(), type=list[Measured]))
    except (msgspec.DecodeError, OSError) as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise TicketError(f"{place} can't be read ({why}); remove it, and measure again with `tune`.") from None
