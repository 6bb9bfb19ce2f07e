"""What the app remembers, and a person's own keys."""

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from sessions.store.errors import UNREADABLE
from ticket_explorer.errors import TicketError
from ticket_explorer.places import home, make_private
from widgets.terminal.actions import ACTIONS, SCOPES, of_scope

Layout = Literal["auto", "one", "four", "six"]


class Settings(msgspec.Struct, kw_only=True):
    """Settings that are remembered from one start to the next."""

    theme: str = "ticket-dark"
    layout: Layout = "auto"
    panels: tuple[str, ...] = ("fitness", "ticket_curve", "sparsity", "snr_magnitude", "mask", "distribution")
    """The kinds of panels, from left to right and top to bottom."""


def load() -> Settings:
    """The remembered settings; the defaults if there are none, or they can't be read."""
    try:
        return msgspec.msgpack.decode(_path().read_bytes(), type=Settings)
    except (OSError, *UNREADABLE):
        return Settings()


def save(settings: Settings) -> None:
    """Remember the settings; if the disk is full or read-only, they are forgotten."""
    with suppress(OSError):
        make_private(_path().parent)
        _path().write_bytes(msgspec.msgpack.encode(settings))


def keys_path() -> Path:
    """The file with a person's own keys."""
    return home() / "keys.toml"


def own_keys() -> dict[str, str]:
    """A person's own keys by action, comma separated.

    Raises:
        TicketError: if the file is not TOML, names an unknown action, or gives one key to two.
    """
    path = keys_path()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TicketError(f"{path} can't be used: {error}; the default keys are in force.") from None
    known = {action.name for action in ACTIONS}
    for name, keys in table.items():
        if name not in known:
            raise TicketError(f"{path} gives a key to {name!r}, which is not an action; docs/keys.md lists them.")
        if not isinstance(keys, str) or not keys.strip():
            raise TicketError(f'{path}: {name} = {keys!r}, expected text such as "ctrl+r", keys separated by commas.')
    _refuse_taken(path, table)
    return table


def _refuse_taken(path: Path, table: dict[str, str]) -> None:
    """Refuse a key that another action has where both can be asked for; none is taken from it silently.

    Raises:
        TicketError: with both actions.
    """
    for scope in SCOPES.values():
        taken: dict[str, str] = {}
        for action in (*of_scope(scope), *of_scope("everywhere")):
            keys = table[action.name].split(",") if action.name in table else action.keys
            for key in (key.strip() for key in keys):
                if key in taken and action.name != taken[key]:
                    mine, other = sorted((action.name, taken[key]), key=lambda name: name not in table)
                    raise TicketError(
                        f"{path} gives {key!r} to {mine!r}, but it is the key of {other!r}; give that another key too."
                    )
                taken[key] = action.name


def _path() -> Path:
    return home() / "terminal.msgpack"
