"""The list of presets, under headings that say what they need; or only those that match some words."""

from collections.abc import Callable, Iterator

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from widgets.shared.preset_list import groups


class PresetList(OptionList):
    """Presets to choose from; headings can't be chosen."""

    def __init__(self, prompt: Callable[[str], Text]) -> None:
        """Show all presets.

        Args:
            prompt: Returns a preset's text in the list.
        """
        self._prompt, self._words, self._has_gpu = prompt, "", False
        super().__init__(*self._fitting(""), id="presets", compact=True)

    def narrow(self, words: str) -> None:
        """Show only the presets that match all words; the cursor stays on its preset, if that is still shown."""
        self._words = words
        option = self.highlighted_option
        before = None if option is None else option.id
        self.set_options(self._fitting(words))
        if before is not None and before in (one.id for one in self.options):
            self.highlighted = self.get_option_index(before)
        else:
            self.action_first()

    def take_gpu(self) -> None:
        """Group the presets anew: there is a GPU here."""
        self._has_gpu = True
        self.narrow(self._words)

    def tell(self, name: str) -> None:
        """Update the texts of the presets."""
        shown = next((option for option in self.options if option.id == name), None)
        if shown is not None and shown.prompt != (line := self._prompt(name)):
            self.replace_option_prompt(name, line)

    def _fitting(self, words: str) -> Iterator[Option]:
        found = groups(words.split(), self._has_gpu)
        if not found:
            yield Option(Text("No preset matches all of these words.", "dim"), disabled=True)
        for group in found:
            yield Option(Text(group.title, "underline"), disabled=True)
            yield from (Option(self._prompt(name), id=name) for name in group.names)
