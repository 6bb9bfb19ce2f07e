"""What all dialogs are: screens that answer once."""

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType


class Dialog(ModalScreen[ScreenResultType]):
    """A screen that asks something; keys that come after its answer, or while another screen covers it, don't count."""

    _has_answered = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Answer, and go; who asked may have gone meanwhile."""
        if self._has_answered or self.app.screen is not self:
            return AwaitComplete()
        self._has_answered = True
        asked = self._result_callbacks[-1].future if self._result_callbacks else None
        if asked is not None and asked.done():
            return self.app.pop_screen()
        return super().dismiss(result)
