"""The branches of a session and their rounds, as a tree."""

from dataclasses import dataclass

from rich.text import Text
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from sessions.reports.statistics import mean
from sessions.views.branch_view import BranchView, RoundView
from sessions.views.session_view import SessionView
from widgets.plots.figures import Selection
from widgets.shared.standing import standing
from widgets.shared.wording import score, share

_COLOURS = {"failed": "red", "stuck": "yellow", "set aside": "dim"}

Place = tuple[str, int | None]
"""A branch, and one of its rounds."""


class BranchTree(Tree[Place]):
    """Branches with the rounds they trained; a derived branch says where it starts from."""

    DEFAULT_CSS = """
    BranchTree {
        width: 34;
        height: 1fr;
        background: transparent;
        border: round $foreground 25%;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        scrollbar-size-vertical: 1;
    }
    BranchTree:focus {
        border: round $accent;
        border-title-color: $accent;
    }
    """

    @dataclass
    class Chosen(Message):
        """A person chose a branch, or one of its rounds."""

        branch: str
        round: int | None

    def __init__(self) -> None:
        super().__init__("branches")
        self.show_root = False
        self.guide_depth = 2
        self.border_title = "Branches"
        self._branches: dict[str, TreeNode[Place]] = {}
        self._rounds: dict[Place, TreeNode[Place]] = {}
        self._settled: set[Place] = set()
        """Rounds whose label is final."""

    def show(self, view: SessionView, selection: Selection) -> None:
        """Show a view; existing nodes keep their place, unless a branch was removed or called otherwise."""
        looked_at = selection.branch_in(view)
        if not self._branches.keys() <= view.branches.keys():
            self.clear()
            self._branches, self._rounds, self._settled = {}, {}, set()
        for branch in view.branches.values():
            node = self._branches.get(branch.name)
            if node is None:
                node = self._branches[branch.name] = self.root.add("", (branch.name, None), expand=True)
            self._relabel(node, _branch_label(view, branch, branch.name == looked_at))
            for round_ in branch.rounds.values():
                self._show_round(node, view, round_)
        looked = selection.round_in(view)
        if looked is not None and not self.has_focus:
            self._reveal(self._rounds[(looked.branch, looked.number)])

    def _reveal(self, node: TreeNode[Place]) -> None:
        """Keep the selection in sight, unless a person moves through the tree."""
        if node is not self.cursor_node and node.line >= 0:
            self.move_cursor(node)
            self.scroll_to_node(node, animate=False)

    def on_tree_node_selected(self, message: Tree.NodeSelected[Place]) -> None:
        """A person chose a node."""
        message.stop()
        if message.node.data is not None:
            self.post_message(self.Chosen(*message.node.data))

    def _show_round(self, node: TreeNode[Place], view: SessionView, round_: RoundView) -> None:
        place = (round_.branch, round_.number)
        if place in self._settled:
            return
        if place not in self._rounds:
            self._rounds[place] = node.add_leaf("", place)
        self._relabel(self._rounds[place], _round_label(view, round_))
        if round_.finished is not None:
            self._settled.add(place)

    def _relabel(self, node: TreeNode[Place], label: Text) -> None:
        """Rename a node only if its name changes: each renaming redraws its line."""
        if node.label != label:
            node.set_label(label)


def _branch_label(view: SessionView, branch: BranchView, is_looked_at: bool) -> Text:
    mark, word = standing(view, branch)
    colour = _COLOURS.get(word, "green" if mark in "●✓" else "dim")
    label = Text.assemble((f"{mark} ", colour))
    label.append(branch.name, "bold underline" if is_looked_at else "bold")
    if branch.parent is not None:
        label.append(f"  ↳ {branch.parent}:{branch.parent_round}", "dim")
    if word:
        label.append(f"  {word}", colour)
    return label


def _round_label(view: SessionView, round_: RoundView) -> Text:
    label = Text.assemble((f"{round_.number:>2} ", "dim"), f"{share(round_.density):>6}")
    if round_.finished is not None:
        label.append(f"  {score(mean(round_.finished.score))}", "bold")
    else:
        label.append(f"  {round_.done}/{round_.generations}", "green" if view.running is round_ else "dim")
    return label
