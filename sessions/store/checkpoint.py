"""The checkpoint: a running round's state, from which it continues bit for bit.

The journal says what happened; the checkpoint only saves computing. Without one, the running round
is computed again from its start and comes out the same.
"""

import msgspec
import numpy as np

from sessions.store import SCHEMA, check_schema
from sessions.store.arrays import decode_arrays, encode_arrays
from sessions.store.errors import Damaged
from sessions.store.session_dir import SessionDirectory
from ticket_explorer.errors import TicketError


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A trainer's state after some generations of a round."""

    schema: int = SCHEMA
    digest: str
    """Of everything that the state's meaning depends on."""
    branch: str
    round: int
    generation: int
    tuned: int
    """How many changes of hyper-parameters are in the state."""
    arrays: bytes

    @property
    def leaves(self) -> list[np.ndarray]:
        """The arrays of the state."""
        return decode_arrays(self.arrays)


def write_checkpoint(directory: SessionDirectory, checkpoint: Checkpoint, durable: bool = False) -> None:
    """Replace the session's checkpoint."""
    directory.write_checkpoint(msgspec.msgpack.encode(checkpoint), durable=durable)


def checkpoint(
    digest: str, branch: str, number: int, generation: int, tuned: int, leaves: list[np.ndarray]
) -> Checkpoint:
    """A checkpoint of a state's arrays."""
    return Checkpoint(
        digest=digest, branch=branch, round=number, generation=generation, tuned=tuned, arrays=encode_arrays(leaves)
    )


def read_checkpoint(directory: SessionDirectory, digest: str, branch: str, number: int) -> Checkpoint | None:
    """The checkpoint of a running round; None if there is none, or it is an earlier round's.

    Raises:
        Damaged: if it is not what was written.
        TicketError: if it belongs to another problem.
    """
    payload = directory.read_checkpoint()
    if payload is None:
        return None
    try:
        read = msgspec.msgpack.decode(payload, type=Checkpoint)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(directory.checkpoint, f"it can't be read ({error}).") from None
    check_schema(read.schema, directory.checkpoint)
    if (read.branch, read.round) != (branch, number):
        return None
    if read.digest != digest:
        raise TicketError(
            f"{directory.checkpoint} is a checkpoint of another problem, trainer or seed than this session's round "
            f"{number} of branch {branch!r}. Move it away, and the round starts again from its beginning; "
            "finished rounds are not touched."
        )
    return read
