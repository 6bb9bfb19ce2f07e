"""The dialog that writes what was found into files."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input

from sessions.messages import events
from sessions.store import JournalFile, SessionDirectory
from tests.faces.dialog_stage import (
    GOLDEN,
    NOTHING,
    Scenario,
    keys,
    returned,
    says,
    shown,
    then,
)
from widgets.terminal.dialogs.export import ExportDialog


def file(path: Path) -> Scenario:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        dialog.query_one("#file", Input).value = str(path)
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()

    return scenario


def test_metrics_are_written(link: Any, tmp_path: Path) -> None:
    out = tmp_path / "metrics [b].json"
    assert returned(ExportDialog(link, "snr", None), file(out)) == f"Wrote {out}."
    assert len(json.loads(out.read_text())) == 2 * (6 + 6 + 2 + 2)


def test_metrics_are_written_for_tensorboard(link: Any, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    for _ in range(2):  # also into a directory that is there
        assert returned(ExportDialog(link, "snr", None), then(keys("left"), file(out))) == f"Wrote {out}."
    assert {path.parent.parent.name for path in out.glob("*/replicate-*/*tfevents*")} == {"snr", "random"}
    (tmp_path / "file").touch()
    refused = then(keys("left"), file(tmp_path / "file"), says("is not a directory"))
    assert returned(ExportDialog(link, "snr", None), refused) == NOTHING


@pytest.mark.slow
def test_a_ticket_is_written(link: Any, tmp_path: Path) -> None:
    out = tmp_path / "ticket.msgpack"
    assert returned(ExportDialog(link, "random", None), then(keys("right"), file(out))) == f"Wrote {out}."
    assert out.stat().st_size > 0


@pytest.mark.parametrize(
    ("turns", "name", "begins"),
    [
        (2, "analysis.csv", b"analysis,kind"),
        pytest.param(3, "figure.svg", b"<?xml", marks=pytest.mark.slow),
        pytest.param(4, "report.html", b"<!doctype html>", marks=pytest.mark.slow),
        pytest.param(5, "replay.html", b"<!doctype html>", marks=pytest.mark.slow),
    ],
)
def test_what_was_found_is_written(turns: int, name: str, begins: bytes, link: Any, tmp_path: Path) -> None:
    link.path, out = tmp_path / "mine.session", tmp_path / name
    shutil.copytree(GOLDEN, link.path)
    with JournalFile.open(SessionDirectory.open_for_reading(link.path).journal) as journal:
        block = events.Block(shape=[1, 1], data=np.ones((1, 1), "<f4").tobytes())
        found = {"kind": "layers", "branch": "snr", "round": 1, "generation": 1, "parameters": {}}
        analysed = events.Analysed(id=1, arrays={"density": block}, **found)
        journal.append(msgspec.msgpack.encode(analysed))
    link.view.apply(analysed)
    scenario = then(keys(*["right"] * turns), file(out))
    assert returned(ExportDialog(link, "snr", None), scenario) == f"Wrote {out}."
    assert out.read_bytes().startswith(begins)


def test_a_figure_is_of_the_round_and_the_kind_that_are_chosen(link: Any) -> None:
    async def proposed(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        assert dialog.query_one("#file", Input).value == f"{GOLDEN.stem}-sparsity-snr-0.pdf"

    scenario = then(keys(*["right"] * 3, "tab", "right", "right", "right", "tab", "left"), proposed)
    assert returned(ExportDialog(link, "snr", 1), scenario) == NOTHING


def test_what_is_not_there_is_not_written(link: Any) -> None:
    link.view.analyses.clear()
    refused = then(keys("right", "right", "enter"), says("This session has no analysis yet"))
    assert returned(ExportDialog(link, "snr", None), refused) == NOTHING
    refused = then(keys(*["right"] * 3, "tab", "left", "enter"), says("Nothing was computed here yet"))
    assert returned(ExportDialog(link, "snr", None), refused) == NOTHING


def test_a_file_is_not_overwritten_unasked(link: Any, tmp_path: Path) -> None:
    out = tmp_path / "metrics.csv"
    out.write_text("mine")
    kept = then(file(out), keys("enter"))
    assert returned(ExportDialog(link, "snr", None), kept) == NOTHING
    assert out.read_text() == "mine"
    assert returned(ExportDialog(link, "snr", None), then(file(out), keys("tab", "enter"))) == f"Wrote {out}."
    assert out.read_text().startswith("branch")


@pytest.mark.parametrize(
    ("name", "error"),
    [("metrics.txt", "must end in .csv or"), ("no/metrics.csv", "There is no directory"), ("", "must end in")],
)
def test_a_file_that_can_not_be(name: str, error: str, link: Any, tmp_path: Path) -> None:
    scenario = then(file(tmp_path / name), says(error))
    assert returned(ExportDialog(link, "snr", None), scenario) == NOTHING


def test_what_the_command_line_refuses_is_shown(link: Any, tmp_path: Path) -> None:
    link.path = tmp_path / "gone.session"

    async def told(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        await dialog.app.workers.wait_for_complete()
        assert "gone.session" in shown(dialog)

    assert returned(ExportDialog(link, "snr", None), then(file(tmp_path / "metrics.csv"), told)) == NOTHING
