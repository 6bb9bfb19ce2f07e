"""The checkpoint: a running round's state, from which it continues bit for bit.

The journal says what happened; the checkpoint only saves computing. Without one, the running round
is computed again from its start and comes out the same.
"""

from collections.abc import Callable

import msgspec
import numpy as np

from sessions.store import SCHEMA, check_schema
from sessions.store.arrays import decode_arrays, encode_arrays
from sessions.store.errors import UNREADABLE, Damaged
from sessions.store.session_dir import SessionDirectory
from ticket_explorer.errors import TicketError

RULE = 1
"""The rule for digests that this version writes."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A trainer's state after some generations of a round."""

    schema: int = SCHEMA
    digest: str
    """The digest of everything that the state's meaning depends on."""
    rule: int = 0
    """The rule for the digest: 0 in early versions; 1 includes mask, start and changes of hyper-parameters."""
    branch: str
    round: int
    generation: int
    tuned: int
    """How many changes of hyper-parameters the state includes."""
    arrays: bytes

    @property
    def leaves(self) -> list[np.ndarray]:
        """The arrays of the state."""
        return decode_arrays(self.arrays)


def write_checkpoint(directory: SessionDirectory, checkpoint: Checkpoint, durable: bool = False) -> None:
    """Replace the session's checkpoint."""
    directory.write_checkpoint(msgspec.msgpack.encode(checkpoint), durable=durable)


Digest = Callable[[int, int], str]
"""The digest that identifies a running round, by a rule and after so many changes of hyper-parameters."""


def checkpoint(
    digest: Digest, branch: str, number: int, generation: int, tuned: int, leaves: list[np.ndarray]
) -> Checkpoint:
    """A checkpoint of a state's arrays."""
    return Checkpoint(
        digest=digest(RULE, tuned),
        rule=RULE,
        branch=branch,
        round=number,
        generation=generation,
        tuned=tuned,
        arrays=encode_arrays(leaves),
    )


def read_checkpoint(
    directory: SessionDirectory, digest: Digest, branch: str, number: int, done: int, tuned: int
) -> Checkpoint | None:
    """The checkpoint of a running round; None if there is none, or it is an earlier round's or ahead of the journal.

    Args:
        directory: The session's files, with the ledger that they are checked against.
        digest: The digest that identifies the round.
        branch: The round's branch.
        number: The round's number.
        done: How many of its generations the journal has.
        tuned: How many of its changes of hyper-parameters the journal has.

    Raises:
        Damaged: if it is not what was written.
        TicketError: if it belongs to another problem.
    """
    payload = directory.read_checkpoint()
    if payload is None:
        return None
    try:
        read = msgspec.msgpack.decode(payload, type=Checkpoint)
    except UNREADABLE as error:
        raise Damaged(directory.checkpoint, f"it can't be read ({error})") from None
    check_schema(read.schema, directory.checkpoint)
    if (read.branch, read.round) != (branch, number) or read.generation > done or read.tuned > tuned:
        return None
    if read.rule not in (0, RULE) or read.digest != digest(read.rule, read.tuned):
        raise TicketError(
            f"{directory.checkpoint} is not a checkpoint of this session's "
            f"round {number} of branch {branch!r}. Move it away, and the round starts again from its beginning; "
            "finished rounds are not touched."
        )
    return read
