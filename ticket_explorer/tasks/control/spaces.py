"""What an environment says of itself, where only its code tells; no JAX is imported here."""

import msgspec

from ticket_explorer.errors import InvalidValue


class Spaces(msgspec.Struct, frozen=True, kw_only=True):
    """What an environment takes and gives."""

    observation: tuple[int, ...]
    """The shape of one observation; what is no array is flattened, numbers of a choice become one-hot."""
    outputs: int
    """Discrete actions, or the size of a continuous one."""
    low: tuple[float, ...] | None = None
    """Of a continuous action, for each entry; None: actions are discrete."""
    high: tuple[float, ...] | None = None
    steps: int
    """Where it cuts an episode off itself."""

    @property
    def words(self) -> str:
        """What it is, for sentences."""
        kind = "choices" if self.low is None else "numbers"
        return f"observations {self.observation}, {self.outputs} {kind} to act by, {self.steps} steps"

    def check(self) -> None:
        """Refuse sizes that can't be, as a spec that somebody edited may have.

        Raises:
            InvalidValue: if there are some.
        """
        sizes = [self.outputs, self.steps, *self.observation]
        bounds = [len(bound) for bound in (self.low, self.high) if bound is not None]
        if min(sizes) < 1 or len(bounds) not in (0, 2) or any(size != self.outputs for size in bounds):
            raise InvalidValue("$.task.measured", "sizes that can't be", "what the environment says of itself")
