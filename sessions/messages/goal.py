"""How far a session is to run."""

from dataclasses import dataclass


@dataclass
class Goal:
    """How far to run; by default no further."""

    generations: int = 0
    """Generations still to run."""
    rounds: int = 0
    """Rounds still to finish; while there are any, generations don't limit."""
    to_the_end: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether there is nothing left to run."""
        return not (self.to_the_end or self.rounds > 0 or self.generations > 0)
