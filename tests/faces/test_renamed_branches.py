"""What faces show of a branch that is called otherwise, or is gone."""

import asyncio

from textual.app import App, ComposeResult

from sessions.messages.events import BranchRemoved, BranchRenamed
from tests.faces.made_events import branch, finish, start, view_of
from widgets.plots.figures import Selection
from widgets.terminal.branch_tree import BranchTree

RENAMED = BranchRenamed(at=1.0, branch="a", name="signal")
REMOVED = BranchRemoved(at=1.0, branch="b")


def test_a_selection_follows_a_branch_to_its_new_name() -> None:
    assert Selection("a", 1, branches=("a", "b")).after(RENAMED) == Selection("signal", 1, branches=("signal", "b"))
    assert Selection("b", 1).after(RENAMED) == Selection("b", 1)
    assert Selection().after(RENAMED) == Selection()


def test_a_selection_of_a_removed_branch_is_of_none() -> None:
    assert Selection("b", 1, 3).after(REMOVED) == Selection()
    assert Selection("a", 1).after(REMOVED) == Selection("a", 1)


def test_the_tree_shows_what_is_there_in_the_session_s_order() -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield BranchTree()

    async def story() -> None:
        view = view_of(branch("a"), start("a"), finish("a"), branch("b"))
        app = Host()
        async with app.run_test() as pilot:
            tree = app.query_one(BranchTree)
            for event in (None, RENAMED, REMOVED):
                if event is not None:
                    view.apply(event)
                tree.show(view, Selection())
                await pilot.pause()
                assert [str(node.label).split()[1] for node in tree.root.children] == [*view.branches]

    asyncio.run(story())
