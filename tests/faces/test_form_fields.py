"""One form model: what a field holds is written as a person types it, and read back as it was."""

from typing import Any

import msgspec
import pytest

from sessions.specs.overrides import FAMILIES
from sessions.specs.spec import Analysis, Pruning
from widgets.decisions.fields import entered, fields_of, read, written
from widgets.decisions.pruning_fields import typed_pruning

SETTINGS = [settings for _, registry in FAMILIES.values() for settings in registry.values()] + [Pruning, Analysis]


def plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings.__name__)
def test_every_default_is_read_as_it_is_written(settings: type[msgspec.Struct]) -> None:
    for field in fields_of(settings, ("family",)):
        default = plain(field.default)
        if default not in ([], {}) and not isinstance(default, dict):
            assert read(written(default), field.kind) == default, field.place
        assert field.words, field.place
        assert read("", field.kind) in (None, "")


def test_fields_hold_what_is_there_and_say_where_they_stand() -> None:
    ratio, rounds = fields_of(Pruning, ("branch", 1, "pruning"), {"ratio": 0.3}, ("ratio", "rounds"))
    assert (ratio.place, ratio.value, rounds.value, rounds.default) == ("$.branch[1].pruning.ratio", 0.3, None, 18)
    assert entered([ratio, rounds], {"1.pruning.ratio": ".5", "1.pruning.rounds": ""}) == {
        "1.pruning.ratio": 0.5,
        "1.pruning.rounds": None,
    }


def test_only_what_is_not_as_it_was_is_typed() -> None:
    present = {"ratio": 0.2, "ratios": {"output": 0.1}}
    assert typed_pruning({"ratio": "0.2", "ratios": ""}, present) == {"ratios": {}}
    assert typed_pruning({"ratio": "x", "ratios": "output = 0.1"}, present) == {"ratio": "x"}
