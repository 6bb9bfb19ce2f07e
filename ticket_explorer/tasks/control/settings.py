"""What can be said of every control task; no JAX is imported here."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Protocol

from msgspec import Meta

from ticket_explorer.registry import Former
from ticket_explorer.tasks.settings import TaskSettings

Episodes = Annotated[int, Meta(ge=1, le=100_000, description="episodes")]
Steps = Annotated[int, Meta(ge=1, le=1_000_000, description="steps of an episode")]
Squash = Literal["clip", "tanh"]
Mass = Annotated[float, Meta(gt=0, le=1_000_000, description="kg")]


def can_be_acted_in(task: type[TaskSettings]) -> bool:
    """Whether a trainer can act in a task's environment itself, as PPO does: where it is compiled with the policy."""
    return issubclass(task, ControlSettings) and not task.steps_in_processes


class Entry(Protocol):
    """What a provider's table knows of an environment."""

    @property
    def outputs(self) -> int:
        """Discrete actions, or the size of a continuous one."""
        ...


class ControlSettings(TaskSettings, frozen=True, kw_only=True):
    """What all control tasks share."""

    measure: ClassVar[str] = "mean return"
    entry: ClassVar[Entry]
    formerly: ClassVar[Mapping[str, Former]] = {"noise_outputs": Former(False), "action_repeat": Former(1)}
    steps_in_processes: ClassVar[bool] = False
    """Whether environments are stepped by other processes, and so can't be part of a compiled trainer."""
    solved_at: ClassVar[float | None] = None
    """The mean return at which the environment's makers call it solved; None if they name none."""
    episodes: Episodes = 8
    """Episodes of every individual in a generation; all individuals start from the same states."""
    steps: Steps | None = None
    """Where an episode is cut off, in steps of the environment; None: where it cuts it off itself."""
    action_repeat: Annotated[int, Meta(ge=1, le=1000, description="steps of the environment")] = 1
    """For how many steps each action is taken; rewards are summed."""
    test_episodes: Episodes = 164
    """Fresh episodes that a score is the mean return of (Lange & Sprekeler 2023)."""
    normalise: bool = False
    """Whether observations are normalised by their running mean and deviation, clipped to ±5."""
    squash: Squash = "clip"
    """How outputs become continuous actions: clipped to their range, or by tanh."""
    noise_outputs: bool = False
    """Whether the network has another output for each entry of a continuous action: the deviation of the noise that
    PPO draws it with, softplus of the output; other trainers leave it alone."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation, as the environment's documentation has it."""
        raise NotImplementedError

    @property
    def input_shape(self) -> tuple[int, ...]:
        """An observation's."""
        return self.observation_shape

    @property
    def action_size(self) -> int:
        """Discrete actions to choose from, or the size of a continuous action."""
        return self.entry.outputs

    @property
    def outputs(self) -> int:
        """Of the network."""
        return 2 * self.action_size if self.noise_outputs else self.action_size
