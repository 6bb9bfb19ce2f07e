"""What one check of this machine found."""

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A check, what it found, and what to do about it."""

    name: str
    state: Literal["ok", "remark", "trouble"] = "ok"
    said: str
    remedy: str = ""
    """What to do; empty if all is well."""


def fine(name: str, said: str) -> Finding:
    """Of something that works."""
    return Finding(name=name, said=said)


def remark(name: str, said: str, remedy: str) -> Finding:
    """Of something that a person may miss."""
    return Finding(name=name, state="remark", said=said, remedy=remedy)


def trouble(name: str, said: str, remedy: str) -> Finding:
    """Of something without which no session can run, or be seen."""
    return Finding(name=name, state="trouble", said=said, remedy=remedy)
