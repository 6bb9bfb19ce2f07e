"""Imports a branch of another session: its finished rounds unchanged, and the tickets that they trained.

Files first, then one record in the journal, as with any round. Tickets follow from keys of the other
session, so they are computed there, once, and kept with the rounds.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec import structs

from sessions.messages import events
from sessions.plans.problems import plan_of
from sessions.store import FileName, SessionDirectory
from sessions.store.arrays import encode_arrays
from sessions.store.round_file import decode_round
from sessions.store.session_dir import round_name
from sessions.tickets.tickets import Lineage, kept
from sessions.tickets.workbench import Workbench
from sessions.views.branch_checks import check_new_names
from sessions.views.branch_view import RoundView, free_name
from sessions.views.diverged import left_out
from sessions.views.reading import Header, read_header, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError, UnknownName
from ticket_explorer.keys import RANDOM_BITS


@dataclass(frozen=True)
class Source:
    """A branch of another session."""

    directory: SessionDirectory
    """Checked against its journal."""
    header: Header
    view: SessionView
    branch: str

    @classmethod
    def of(cls, path: Path, branch: str, replicates: int) -> "Source":
        """The branch, if a session with so many replicates can import it.

        Raises:
            TicketError: if there is no such branch or session, or they don't fit together.
        """
        directory = SessionDirectory.open_for_reading(path)
        header, view = read_header(directory), read_view(path)
        source = cls(directory.trusting(view.ledger), header, view, branch)
        if branch not in source.view.branches:
            raise UnknownName("branch", branch, source.view.branches)
        if not source.rounds:
            raise TicketError(f"Branch {branch!r} of {path} has no finished round yet; run a round there first.")
        there = int(source.header.spec.get("replicates", 1))
        if there != replicates:
            raise TicketError(
                f"{path} has {there} replicates and this session {replicates}: tickets go from replicate to replicate; "
                "choose a session with the same number of replicates."
            )
        if source.header.random_bits != RANDOM_BITS:
            raise TicketError(f"{path} was made with another kind of random bits, so its tickets can't be reproduced.")
        return source

    @property
    def rounds(self) -> list[RoundView]:
        """The finished rounds of its line."""
        return [round_ for round_ in self.view.lineage(self.branch) if round_.finished is not None]

    def free_name(self, view: SessionView) -> str:
        """Its name in another session: `snr-of-fashion-1`."""
        stem = re.sub(r"[^A-Za-z0-9 ._+-]", "-", self.directory.path.stem)
        name = f"{self.branch}-of-{stem}"[:60]
        return name if name.lower() not in map(str.lower, view.branches) else free_name(name, view.branches)


def adopt(
    source: Source, name: str | None, into: SessionDirectory, view: SessionView
) -> tuple[events.BranchAdopted, list[events.Sealed]]:
    """Copy a branch's rounds and tickets; returns the events to journal for the branch and its files.

    Args:
        source: The branch to copy, and its session.
        name: The name that it gets.
        into: The session that imports it.
        view: That session's view.

    Raises:
        TicketError: if the name is taken, or a file of the branch is damaged or holds weights that are not finite.
    """
    name = name or source.free_name(view)
    check_new_names([name], view)
    _check_finite(source)
    lineage = Lineage(Workbench.of(source.directory.path, source.view))
    sealed = _early(source, lineage, name, into)
    for round_ in source.rounds:
        ticket = lineage.trained(source.branch, round_.number)
        arrays = [np.asarray(array) for array in (ticket.mask, ticket.start, ticket.initial)]
        sealed.append(kept(into, FileName("ticket", name, round_.number), encode_arrays(arrays)))
        sealed.append(_copied(source, round_, name, into))
    branch = source.view.branches[source.branch]
    pruning = {**branch.plan["pruning"], "rounds": len(source.rounds)}
    adopted = events.BranchAdopted(
        at=time.time(),
        branch=name,
        session=str(source.directory.path),
        source=source.branch,
        plan={**branch.plan, "pruning": pruning},
        leaves=branch.leaves,
        input_shape=branch.input_shape,
        rounds=[_told(source, round_, name) for round_ in source.rounds],
    )
    return adopted, sealed


def _check_finite(source: Source) -> None:
    """Refuse weights that are not finite, except those of replicates that are known to have diverged."""
    for round_ in source.rounds:
        place = source.directory.round_path(round_.branch, round_.number)
        arrays = decode_round(source.directory.read_round(round_.branch, round_.number), place)
        out = list(left_out(source.view, source.branch, round_.number))
        mean, std = np.delete(arrays.mean, out, 0), None if arrays.std is None else np.delete(arrays.std, out, 0)
        if not (np.isfinite(mean).all() and (std is None or np.isfinite(std).all())):
            raise TicketError(
                f"Round {round_.number} of {source.branch!r}, {source.directory.path}, has non-finite weights.",
                given="NaN or infinity",
                expected="finite weights",
                remedy="Adopt a branch that did not diverge.",
            )


def _copied(source: Source, round_: RoundView, name: str, into: SessionDirectory) -> events.Sealed:
    """Copy a round's file unchanged: its seal still names the session that trained it."""
    source.directory.read_round(round_.branch, round_.number)  # refuses one that is not what was written there
    file = round_name(name, round_.number)
    sha256, who = into.copy(source.directory.round_path(round_.branch, round_.number), file)
    origin = events.Origin(session=who.session, branch=who.branch, number=who.number) if who else events.Origin()
    return events.Sealed(
        at=time.time(), kind=file.kind, branch=name, number=round_.number, sha256=sha256, origin=origin
    )


def _early(source: Source, lineage: Lineage, name: str, into: SessionDirectory) -> list[events.Sealed]:
    generation = plan_of(source.view.branches[source.branch].plan).rewind.early_generation
    early = None if generation is None else lineage.early(source.branch, generation)
    if early is None or generation is None:
        return []
    return [kept(into, FileName("early", name, generation), encode_arrays([np.asarray(early)]))]


def _told(source: Source, round_: RoundView, name: str) -> events.AdoptedRound:
    assert round_.finished is not None
    return events.AdoptedRound(
        number=round_.number,
        density=round_.trained_density,
        kept=round_.trained_kept,
        dimension=round_.dimension,
        generations=round_.generations,
        started=round_.started,
        plan=round_.plan,
        metrics=bytes(round_.values),
        steps=bytes(round_.steps),
        scored=[structs.replace(event, branch=name) for event in round_.scored],
        finished=structs.replace(round_.finished, branch=name),
        densities=round_.densities,
        diverged=sorted(left_out(source.view, source.branch, round_.number)),
    )
