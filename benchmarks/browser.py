"""A headless Chromium: runs, reads and clicks a notebook in JupyterLab, or the page of a replay, as a person would."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 60.0
"""Seconds to wait for JupyterLab, or for a cell."""
_PLACES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def chromium() -> str | None:
    """The path of a Chromium on this machine; None if there is none."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


def notebook(cells: Sequence[str]) -> dict[str, Any]:
    """The JSON of a notebook with these code cells."""
    code: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"cell-{i}", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
        for i, text in enumerate(cells)
    ]
    return {"cells": code, "metadata": {"kernelspec": _KERNEL}, "nbformat": 4, "nbformat_minor": 5}


@contextmanager
def jupyter_lab(folder: Path, environment: dict[str, str] | None = None, dark: bool = False) -> Iterator[str]:
    """Run JupyterLab on a folder while the context lasts; yields the address of a notebook, with `{}` for its name."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(8)
    options = [f"--ServerApp.port={port}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
    quiet = ["--no-browser", "--ServerApp.ip=127.0.0.1", "--allow-root"]
    places = {name: str(folder / f".{name.lower()}") for name in _PLACES}
    places["JUPYTERLAB_SETTINGS_DIR"] = str(folder / ".settings")
    _write_settings(folder / ".settings" / "@jupyterlab" / "apputils-extension", dark)
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, *quiet],
            stdout=log,
            stderr=log,
            env={**os.environ, **places, **(environment or {})},
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/api?token={token}", process)
        yield f"http://127.0.0.1:{port}/lab/tree/{{}}?token={token}"
    finally:
        process.terminate()
        process.wait(20)


def _write_settings(folder: Path, dark: bool) -> None:
    """Switch off JupyterLab's news and update checks, and choose its theme."""
    folder.mkdir(parents=True)
    settings = {
        "notification": {"fetchNews": "false", "checkForUpdates": False},
        "themes": {"theme": "JupyterLab Dark" if dark else "JupyterLab Light"},
    }
    for name, values in settings.items():
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(values), encoding="utf-8")


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError("JupyterLab did not start; see lab.log.") from None
            time.sleep(0.1)


@dataclass
class Notebook:
    """A page with an open notebook, and what went wrong on it."""

    page: Any
    errors: list[str] = field(default_factory=list)
    """Errors of the page's scripts."""
    abroad: list[str] = field(default_factory=list)
    """Requests to other machines."""

    def run_cell(self, number: int) -> float:
        """Run a cell; returns the time of the key press."""
        cell = self.page.locator(".jp-Notebook .jp-Cell").nth(number)
        cell.locator(".jp-Cell-inputArea .cm-content").click()
        began = time.perf_counter()
        self.page.keyboard.press("Shift+Enter")
        return began

    def output(self, number: int) -> Any:
        """The output area of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea")


@contextmanager
def opened(address: str, name: str, width: int = 1280, height: int = 1400) -> Iterator[Notebook]:
    """Open a notebook in a headless Chromium, and wait until its kernel is ready."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        found = Notebook(page)
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("request", lambda request: _note_host(request.url, found.abroad))
        page.goto(address.format(name), wait_until="domcontentloaded")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=PATIENCE * 1000)
        page.get_by_text("| Idle").wait_for(timeout=PATIENCE * 1000)
        page.keyboard.press("Control+b")  # the notebook has the whole width
        yield found
        browser.close()


def _note_host(address: str, abroad: list[str]) -> None:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost"):
        abroad.append(address)


def write_notebook(folder: Path, name: str, cells: Sequence[str]) -> None:
    """Write a notebook of code cells into a folder."""
    (folder / name).write_text(json.dumps(notebook(cells)), encoding="utf-8")


@dataclass
class Replay:
    """The page of a replay, opened from its file."""

    page: Any
    file: Path
    seconds: float = 0.0
    """From asking for the file to its first charts."""
    complaints: list[str] = field(default_factory=list)
    """What the console and the page's scripts say."""
    requests: list[str] = field(default_factory=list)
    """All addresses that were asked for."""

    def wait(self, place: str) -> None:
        """Wait until the page says that it shows a place."""
        said = "place => document.getElementById('te-place').textContent.includes(place)"
        self.page.wait_for_function(said, arg=place, timeout=10_000)


@contextmanager
def replaying(file: Path, width: int = 1280, height: int = 1000) -> Iterator[Replay]:
    """Open the page of a replay in a headless Chromium that has no network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": width, "height": height}, offline=True).new_page()
        found = Replay(page, file)
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        page.on("console", lambda message: found.complaints.append(message.text))
        page.on("request", lambda request: found.requests.append(request.url))
        began = time.perf_counter()
        page.goto(f"file://{file}")
        page.locator("html[data-ready] .te-chart[data-drawn]").first.wait_for(timeout=PATIENCE * 1000)
        found.seconds = time.perf_counter() - began
        yield found
        browser.close()
