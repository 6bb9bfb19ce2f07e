"""The recorded session of the package: a real run, replayed without computing anything."""

from pathlib import Path


def recorded_session() -> Path:
    """The directory of the recorded session; nobody writes into it. `demos/record.py` made it."""
    return Path(__file__).with_name("recorded_fashion")
