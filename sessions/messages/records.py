"""The content of a journal's record: one event, or several that happened together."""

import msgspec

from sessions.messages.events import AnyEvent, Event

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AnyEvent)
_record_decoder = msgspec.msgpack.Decoder(AnyEvent | list[AnyEvent])


def encode(event: Event) -> bytes:
    """An event as msgpack."""
    return _encoder.encode(event)


def encode_record(*events: Event) -> bytes:
    """The payload of the record of events that happen together: a map for one, an array for several."""
    return _encoder.encode(events[0] if len(events) == 1 else events)


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
