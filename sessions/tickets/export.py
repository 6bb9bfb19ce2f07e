"""A ticket as it leaves a session: named arrays, leaf by leaf, and where they came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sessions.plans.problems import plan_of
from sessions.reports.json_report import densities
from sessions.tickets.tickets import Lineage
from sessions.tickets.workbench import Workbench
from sessions.views.failures import check_replicate
from sessions.views.reading import read_header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError


@dataclass(frozen=True)
class ExportedTicket:
    """One replicate's ticket, leaf by leaf, and where it came from."""

    arrays: dict[str, np.ndarray]
    """`mask/LEAF` (bool), `start/LEAF` (the weights it starts from), `trained/LEAF` and, if there is one,
    `sigma/LEAF`; each in the leaf's shape."""
    origin: dict[str, Any]
    """Session, branch, round, replicate, density, seed and plan."""


def exported_ticket(path: Path, view: SessionView, branch: str, number: int, replicate: int) -> ExportedTicket:
    """A finished round's ticket with what training made of it; loads JAX and the problem.

    Raises:
        TicketError: if there is no such finished round or replicate.
    """
    bench = Workbench.of(path, view)
    if not 0 <= replicate < bench.replicates:
        raise TicketError(f"There is no replicate {replicate}; the session has 0 to {bench.replicates - 1}.")
    check_replicate(view, branch, number, replicate)
    lineage = Lineage(bench)
    found = lineage.arrays(branch, number)
    owner = lineage.owner(branch, number)
    plan = plan_of(view.branches[owner].rounds[number].plan)
    ticket = lineage.ticket(owner, number, plan).ticket
    vectors = {"mask": found.mask, "start": np.where(found.mask, np.asarray(ticket.start), 0.0), "trained": found.mean}
    if found.std is not None:
        vectors["sigma"] = found.std
    layout = bench.problem(plan).layout
    arrays = {
        f"{kind}/{leaf.name}": np.ascontiguousarray(vector[replicate, leaf.slice].reshape(leaf.shape))
        for kind, vector in vectors.items()
        for leaf in layout
    }
    origin = {
        "session": read_header(bench.directory).title,
        "branch": branch,
        "round": number,
        "replicate": replicate,
        "density": densities(view.branches[owner].rounds[number])["density"],
        "seed": bench.seed,
        "plan": view.branches[owner].rounds[number].plan,
    }
    return ExportedTicket(arrays, origin)
