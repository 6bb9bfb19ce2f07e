"""The footer: the keys that matter here, as many as fit; the way to help and the way out always do."""

from collections.abc import Iterable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from widgets.terminal.action import key_name

LAST = ("help_panel", "help_keys", "leave")
"""The actions whose keys are shown in any width."""
_HELP = LAST[:2]
"""The key of the first is typed as text into fields; the other one works there too."""


class KeyLine(Footer):
    """The keys of the focused widget and its screen."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)

    def compose(self) -> ComposeResult:
        """The keys that fit."""
        shown = [key for key in super().compose() if isinstance(key, FooterKey)]
        titles = getattr(self.screen, "titles", {})
        for key in shown:
            key.description = titles.get(key.action, key.description)
            if key.action == "leave" and is_typed(key.key_display, self.screen):
                key.key_display = key_name(key.key)
        if shown and not any(key.action in _HELP for key in shown):
            shown += self._other_help()
        yield from fitting(shown, self.app.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Show as many keys as fit now."""
        self.call_after_refresh(self.recompose)

    def _other_help(self) -> Iterable[FooterKey]:
        for _, binding, enabled, tooltip in self.screen.active_bindings.values():
            if binding.action == _HELP[1]:
                shown = self.app.get_key_display(binding)
                made = FooterKey(binding.key, shown, "Help", binding.action, not enabled, tooltip)
                yield made.data_bind(compact=Footer.compact)


def is_typed(key: str, screen: Screen[object]) -> bool:
    """Whether a key is typed as text into what is focused; another key of the same action still works there."""
    return screen.focused is not None and screen.focused.check_consume_key(key, key)


def fitting(keys: Sequence[FooterKey], width: int) -> list[FooterKey]:
    """The first keys that fit into a width, and those of help and of leaving, in their order."""
    last = [key for key in keys if key.action in LAST]
    room = width - sum(map(_width, last))
    found = []
    for key in keys:
        if key in last:
            continue
        room -= _width(key)
        if room < 0:
            break
        found.append(key)
    return [key for key in keys if key in found or key in last]


def _width(key: FooterKey) -> int:
    """Its columns, with the space after it."""
    return len(key.key_display) + len(key.description) + 2
