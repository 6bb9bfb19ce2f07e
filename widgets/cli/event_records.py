"""Records of TensorBoard's event files, by tensorboardX, which needs no TensorFlow.

A record's bytes depend on what it says alone: its own writer would put the clock and the machine's name into files.
"""

import struct
from collections.abc import Mapping
from typing import Any

import msgspec

# Classes of messages are made when their modules are imported, where pyright doesn't see them.
from tensorboardX.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData  # pyright: ignore[reportAttributeAccessIssue]
from tensorboardX.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]
from tensorboardX.record_writer import masked_crc32c
from tensorboardX.summary import hparams, text

Setting = str | float | bool
_EXACT = 2**53


def version_record(at: float) -> bytes:
    """What a file begins with."""
    return _record(Event(wall_time=at, file_version="brain.Event:2"))


def scalar_record(at: float, step: int, values: Mapping[str, float]) -> bytes:
    """Scalars of one moment, by their tags."""
    found = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
    return _record(Event(wall_time=at, step=step, summary=Summary(value=found)))


def table_record(at: float, step: int, tag: str, table: Mapping[str, Any]) -> bytes:
    """A table as text that TensorBoard shows: JSON, in a block of Markdown."""
    json = msgspec.json.format(msgspec.json.encode(table), indent=2).decode()
    return _record(Event(wall_time=at, step=step, summary=text(tag, f"```json\n{json}\n```")))


def settings_records(at: float, settings: Mapping[str, Setting], metric: str) -> bytes:
    """A run's settings, for the table of hyper-parameters, with the scalar that they are judged by."""
    experiment, begun, _ = hparams(dict(settings), {metric: 0.0})
    for value in begun.value:  # its maps come in any order
        content = HParamsPluginData.FromString(value.metadata.plugin_data.content)
        value.metadata.plugin_data.content = content.SerializeToString(deterministic=True)
    return b"".join(_record(Event(wall_time=at, summary=summary)) for summary in (experiment, begun))


def settings_of(plan: Mapping[str, Any], place: str = "") -> dict[str, Setting]:
    """A plan's fields by their paths, `trainer.population`, without what was measured of data.

    Lists are text, and so are whole numbers that floating-point ones don't hold.
    """
    found: dict[str, Setting] = {}
    for key, value in plan.items():
        if isinstance(value, Mapping):
            found |= {} if key == "measured" else settings_of(value, f"{place}{key}.")
        elif isinstance(value, str | bool | float) or (isinstance(value, int) and abs(value) < _EXACT):
            found[f"{place}{key}"] = value
        elif value:
            found[f"{place}{key}"] = str(value)
    return found


def _record(event: Event) -> bytes:
    data = event.SerializeToString(deterministic=True)
    length = struct.pack("<Q", len(data))
    return b"".join((length, struct.pack("<I", masked_crc32c(length)), data, struct.pack("<I", masked_crc32c(data))))
