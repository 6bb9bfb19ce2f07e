"""Commands that change how a branch goes on: its plan, and whether it goes on at all."""

from typing import Protocol

from sessions.messages.command import Deed, Table


class PlanPerformer(Protocol):
    """What carries out the deeds of this module."""

    def change_plan(self, branch: str, overrides: Table) -> None:
        """Change the plan that a branch follows from its next round on."""
        ...

    def switch_code(self, branch: str, overrides: Table) -> None:
        """Go on with repaired code of one's own."""
        ...

    def set_aside(self, wish: "SetAside") -> None:
        """Set a branch aside, or take it up again."""
        ...

    def rename_branch(self, wish: "RenameBranch") -> None:
        """Call a branch otherwise."""
        ...

    def remove_branch(self, branch: str) -> None:
        """Show and run a branch no more."""
        ...


class SwitchPruner(Deed[None], frozen=True):
    """Change a branch's pruner, its rewind or both, from its next pruning on.

    Args:
        branch: The branch to change.
        pruner: The new pruner, as a name or a table as in the spec; by default it stays.
        rewind: The new rewind, as a name or a table as in the spec; by default it stays.
    """

    branch: str
    pruner: str | Table | None = None
    rewind: str | Table | None = None

    def perform(self, session: PlanPerformer) -> None:
        """As `Deed` says."""
        given = {"pruner": self.pruner, "rewind": self.rewind}
        session.change_plan(self.branch, {key: value for key, value in given.items() if value is not None})


class SwitchTrainer(Deed[None], frozen=True):
    """Change how a branch trains from its next round on: the trainer, its strategy, or their settings.

    Args:
        branch: The branch to change.
        trainer: What changes, a table as in the spec.
    """

    branch: str
    trainer: Table

    def perform(self, session: PlanPerformer) -> None:
        """As `Deed` says."""
        session.change_plan(self.branch, {"trainer": self.trainer})


class SwitchCode(Deed[None], frozen=True):
    """Change the code of a branch's own environment or network from its next round on: a repaired file.

    Args:
        branch: The branch to change.
        task: The environment, `FILE.py:CLASS`, or a table as in the spec; by default it stays.
        network: The network likewise; its weights must be those that the branch has.
    """

    branch: str
    task: str | Table | None = None
    network: str | Table | None = None

    def perform(self, session: PlanPerformer) -> None:
        """As `Deed` says."""
        given = {"task": self.task, "network": self.network}
        session.switch_code(self.branch, {key: value for key, value in given.items() if value is not None})


class SetPruning(Deed[None], frozen=True):
    """Change how much a branch prunes, in which scope, and how many rounds it has.

    Args:
        branch: The branch to change.
        pruning: What changes, a table as in the spec.
    """

    branch: str
    pruning: Table

    def perform(self, session: PlanPerformer) -> None:
        """As `Deed` says."""
        session.change_plan(self.branch, {"pruning": self.pruning})


class SetAside(Deed[None], frozen=True):
    """Run no more rounds of a branch, or take it up again.

    Args:
        branch: The branch to set aside or take up.
        aside: True sets it aside, false takes it up again.
    """

    branch: str
    aside: bool = True

    def perform(self, session: PlanPerformer) -> None:
        """As `Deed` says."""
        session.set_aside(self)


class RemoveBranch(Deed[None], frozen=True):
    """Show and run a branch no more; its finished rounds stay on disk until the session is removed.

    Args:
        branch: A branch that no other one goes on from.
    """

    branch: str

    def perform(self, session: PlanPerformer) -> None:
        """As `Deed` says."""
        session.remove_branch(self.branch)


class RenameBranch(Deed[None], frozen=True):
    """Call a branch otherwise; its files keep the name that they have, and no other branch may take it.

    Args:
        branch: A branch that is neither training nor being analysed.
        name: Its name from now on.
    """

    branch: str
    name: str

    def perform(self, session: PlanPerformer) -> None:
        """As `Deed` says."""
        session.rename_branch(self)
