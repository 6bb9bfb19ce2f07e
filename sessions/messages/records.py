"""The content of a journal's record: one event, or several that happened together."""

import msgspec

from sessions.messages import events
from sessions.messages.events import Event

AnyEvent = (
    events.Opened
    | events.Sealed
    | events.BranchAdded
    | events.BranchAdopted
    | events.PlanChanged
    | events.SetAsideChanged
    | events.BranchRemoved
    | events.BranchRenamed
    | events.Pruned
    | events.RoundStarted
    | events.Generations
    | events.Scored
    | events.Frame
    | events.Tuned
    | events.FormChosen
    | events.RoundEnded
    | events.RoundDropped
    | events.RoundFinished
    | events.Diverged
    | events.Analysed
    | events.Analysing
    | events.Compiling
    | events.Paused
    | events.Resumed
    | events.PaceChanged
    | events.Finished
    | events.Failed
    | events.BreakpointSet
    | events.BreakpointRemoved
    | events.BreakpointMet
    | events.Remarked
    | events.CommandReceived
    | events.CommandRefused
)
"""Whatever may happen."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AnyEvent)
_record_decoder = msgspec.msgpack.Decoder(AnyEvent | list[AnyEvent])


def encode(event: Event) -> bytes:
    """An event as msgpack."""
    return _encoder.encode(event)


def encode_record(*together: Event) -> bytes:
    """The payload of the record of events that happen together: a map for one, an array for several."""
    return _encoder.encode(together[0] if len(together) == 1 else together)


def decode(payload: bytes | memoryview) -> AnyEvent:
    """The event that was encoded.

    Raises:
        msgspec.MsgspecError: if the payload is no event of this version.
    """
    event: AnyEvent = _decoder.decode(payload)
    return event


def decode_record(payload: bytes | memoryview) -> list[AnyEvent]:
    """The events of a record.

    Raises:
        msgspec.MsgspecError: if it holds something that is no event of this version.
        UnicodeDecodeError: if its text is not UTF-8.
        RecursionError: if it is nested too deeply.
    """
    decoded: AnyEvent | list[AnyEvent] = _record_decoder.decode(payload)
    return decoded if isinstance(decoded, list) else [decoded]
