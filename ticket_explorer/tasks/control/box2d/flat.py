"""Environments of Gymnasium as worker processes step them: arrays in, arrays out. No JAX is imported here."""

from typing import Any

import numpy as np

from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_running import in_sentences, object_of, told


class Flat:
    """An environment whose observations are arrays of numbers, and whose actions may be flat."""

    def __init__(self, made: Any) -> None:
        """Wrap it.

        Args:
            made: A `gymnasium.Env`.
        """
        import gymnasium
        from gymnasium.spaces import Box, Discrete

        self.made = made
        if not isinstance(self.made.observation_space, Box):
            self.made = gymnasium.wrappers.FlattenObservation(self.made)
        actions = self.made.action_space
        self._first = int(actions.start) if isinstance(actions, Discrete) else None

    def reset(self, seed: int) -> tuple[Any, dict[str, Any]]:
        """The start that a seed draws."""
        observation, more = self.made.reset(seed=seed)
        return np.asarray(observation, np.float32), more

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """What an action leads to: an index from 0, or the flat entries of an array."""
        space = self.made.action_space
        if self._first is not None:
            given = self._first + int(action)
        else:
            given = action.reshape(space.shape).astype(space.dtype)
        observation, reward, terminated, truncated, more = self.made.step(given)
        return np.asarray(observation, np.float32), float(reward), bool(terminated), bool(truncated), more


def registered(id: str, **parameters: Any) -> Flat:
    """An environment that Gymnasium knows by an id.

    Args:
        id: As Gymnasium registers it.
        **parameters: Of the environment.
    """
    import gymnasium

    return Flat(gymnasium.make(id, disable_env_checker=True, **parameters))


def own(place: str, source: str, **parameters: Any) -> Flat:
    """An environment of one's own, whose code was found to be trusted before any worker is asked for it.

    Args:
        place: File and class.
        source: The file's text.
        **parameters: Of the class.

    Raises:
        TicketError: if its code fails, or it is no `gymnasium.Env`.
    """
    import gymnasium

    kind = object_of(place, source)
    if not (isinstance(kind, type) and issubclass(kind, gymnasium.Env)):
        raise InvalidValue("$.task.name", place, "a class that is a gymnasium.Env")
    with told(place.rpartition(":")[0], source):
        return Told(kind(**parameters), place, source)


class Told(Flat):
    """An environment of one's own: what goes wrong in it is a sentence with its line.

    Args:
        made: A `gymnasium.Env`.
        place: File and class.
        source: The file's text.
    """

    def __init__(self, made: Any, place: str, source: str) -> None:
        self._file, self._source = place.rpartition(":")[0], source
        super().__init__(made)

    def reset(self, seed: int) -> tuple[Any, dict[str, Any]]:
        """The start that a seed draws.

        Raises:
            TicketError: if the environment fails.
        """
        with in_sentences(self._file, self._source):
            return super().reset(seed)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """What an action leads to.

        Raises:
            TicketError: if the environment fails.
        """
        with in_sentences(self._file, self._source):
            return super().step(action)
