"""How far a session is to run."""

from dataclasses import dataclass


@dataclass
class Goal:
    """How far to run; by default, not at all."""

    generations: int = 0
    """Generations still to run."""
    rounds: int = 0
    """Rounds still to finish; while there are any, `generations` doesn't limit."""
    to_the_end: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether there is nothing left to run."""
        return not (self.to_the_end or self.rounds > 0 or self.generations > 0)
