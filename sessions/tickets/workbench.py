"""What working on one session needs: its files, its view, its problems, its executables."""

from dataclasses import dataclass
from pathlib import Path

import jax

from sessions.plans.problems import Problems
from sessions.specs.spec import Plan, parse_spec
from sessions.store import SessionDirectory
from sessions.tickets.compiler import Compiler
from sessions.views.reading import read_header
from sessions.views.session_view import SessionView
from ticket_explorer.keys import Purpose, replicate_keys
from ticket_explorer.problems import Problem


@dataclass(frozen=True)
class Workbench:
    """Everything needed to make one session's tickets, rounds and analyses."""

    directory: SessionDirectory
    view: SessionView
    problems: Problems
    compiler: Compiler
    seed: int
    replicates: int

    @classmethod
    def of(cls, path: Path, view: SessionView) -> "Workbench":
        """Make one for a session on disk that is only read.

        Raises:
            TicketError: if there is none, or it can't be read.
        """
        directory = SessionDirectory.open_for_reading(path)
        spec = parse_spec(read_header(directory).spec)
        return cls(directory, view, Problems(), Compiler(), spec.seed, spec.replicates)

    def problem(self, plan: Plan) -> Problem:
        """The problem that a plan trains on."""
        return self.problems.of(plan)

    def keys(self, purpose: Purpose, number: int) -> jax.Array:
        """Random keys, one for each replicate.

        Args:
            purpose: What the keys are for.
            number: The number of the round, or of another thing that this purpose counts.
        """
        return replicate_keys(self.seed, self.replicates, purpose, number)
