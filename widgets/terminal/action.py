"""What an action of the app is: a key, a name, what it does. Neither Textual's widgets nor NumPy are imported here."""

from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

Scope = Literal["everywhere", "home", "new", "explorer", "studies", "study"]


@dataclass(frozen=True)
class Action:
    """One thing a person can do with a key."""

    name: str
    """The action's method is `action_NAME` of the scope's screen; also its name in keys.toml."""
    keys: tuple[str, ...]
    title: str
    """Its title in the footer and the palette: two or three words."""
    help: str
    """What it does, in a sentence for the list of keys."""
    scope: Scope
    group: str
    footer: bool = False
    call: str = ""
    """The method with its arguments, if it isn't the name."""

    @property
    def binding(self) -> Binding:
        """The action as Textual's binding, with an id for a person's own keys."""
        return Binding(
            ",".join(self.keys),
            self.call or self.name,
            self.title,
            show=self.footer,
            key_display=key_name(self.keys[0]),
            id=self.name,
            tooltip=self.help,
        )


def key_name(key: str) -> str:
    """A key as it is written on a keyboard: `full_stop` is `.`."""
    return "+".join(_NAMES.get(part, part) for part in key.split("+"))


_NAMES = {
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "question_mark": "?",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "left": "←",
    "right": "→",
}
