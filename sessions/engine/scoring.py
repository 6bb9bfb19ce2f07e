"""The score of a running round: at its end, and during it as often as its plan asks.

All scores of a round use the same held-out data: keys depend on the round, never on the generation. So a score at the
round's end equals the round's own score, and differences come from the weights alone.
"""

import time
from dataclasses import dataclass

import numpy as np

from sessions.engine.choosing_result import chosen
from sessions.engine.compile_ahead import score
from sessions.engine.round_runner import Chunk
from sessions.engine.round_summary import finite
from sessions.engine.running_round import RunningRound
from sessions.messages import events
from sessions.messages.emit import Emit
from sessions.tickets.compiler import Compiler
from ticket_explorer.problems import Tested


@dataclass(frozen=True)
class Scorer:
    """Takes the scores of a round, during it and at its end."""

    compiler: Compiler
    seed: int
    journal: Emit

    def now(self, running: RunningRound, chunk: Chunk) -> Tested:
        """The score of the weights after a chunk, per replicate."""
        scores = score(running.shape, self.compiler, self.seed, running.view.number)
        return scores(chunk.result.mean, running.problem_state(chunk))

    def amid(self, running: RunningRound, generation: int, chunk: Chunk) -> None:
        """Journal a score during a round, unless an earlier process did, or the round ends here.

        Where a trainer chooses its result by testing candidates again, that is done here too.
        """
        view = running.view
        if generation >= view.generations or any(known.generation == generation for known in view.scored):
            return
        result, _ = chosen(running.shape, self.compiler, self.seed, view.number, chunk)
        self.journal(
            events.Scored(
                at=time.time(),
                branch=view.branch,
                round=view.number,
                generation=generation,
                score=finite(np.asarray(self.now(running, result).score)),
            )
        )
