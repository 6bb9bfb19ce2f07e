"""A broadcast's page in a real browser, against the command itself, which ends and comes back. It takes a Chromium."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks.browser import chromium
from tests.faces.broadcast_stage import CODE, Growing
from ticket_explorer.child_process import python

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(chromium() is None, reason="no Chromium here; install Debian's package chromium"),
]
PATIENCE = 60_000


@contextmanager
def broadcast(growing: Growing, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    arguments = ("broadcast", str(growing.path), "--port", str(port), "--code", CODE, *options)
    process = subprocess.Popen(python("ticket_explorer", *arguments), stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        while "Ctrl-C ends" not in process.stderr.readline():
            assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.wait(20)
        process.stderr.close()


@contextmanager
def browser() -> Iterator[tuple[Any, list[str], list[str]]]:
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    requests: list[str] = []
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = chrome.new_page(viewport={"width": 1100, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        yield page, complaints, requests
        chrome.close()


def test_a_student_s_page_goes_along_answers_and_comes_back(tmp_path):
    growing = Growing(tmp_path)
    growing.grow(0.2)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with browser() as (page, complaints, requests):
        with broadcast(growing, port, "--ask", "Which is best?", "--choice", "snr", "--choice", "<b>random</b>"):
            page.goto(f"http://127.0.0.1:{port}/")
            assert page.locator("#te-all").is_hidden()
            page.locator("#te-code").fill("wrong2")
            page.get_by_role("button", name="Watch").click()
            page.locator("#te-trouble", has_text="not right").wait_for()
            page.locator("#te-code").fill(CODE)
            page.get_by_role("button", name="Watch").click()
            page.locator(".te-chart[data-drawn]").first.wait_for()
            assert page.locator("#te-join").is_hidden()
            page.get_by_role("button", name="<b>random</b>").click()
            page.locator("#te-taken", has_text="has arrived").wait_for()
            before = page.locator("#te-place").inner_text()
            growing.grow(0.5)
            page.wait_for_function(
                "before => document.getElementById('te-place').textContent !== before", arg=before, timeout=PATIENCE
            )
            page.keyboard.press("Shift+ArrowLeft")
            page.locator("#te-live[aria-pressed=false]").wait_for()
            stays = page.locator("#te-place").inner_text()
            rounds = page.locator("#te-rounds td").count()
            growing.grow(0.8)
            page.wait_for_function("n => document.querySelectorAll('#te-rounds td').length > n", arg=rounds)
            assert page.locator("#te-place").inner_text() == stays
        page.locator("#te-trouble", has_text="comes back by itself").wait_for()
        growing.grow(1.0)
        with broadcast(growing, port):
            page.locator("#te-standing", has_text="Finished").wait_for()
            page.locator("#te-trouble").wait_for(state="hidden")
            assert page.locator("#te-answers").is_hidden()
            page.get_by_role("button", name="Follow").click()
            page.locator("#te-place", has_text="round 13").wait_for()
    assert complaints == []
    assert {request.split("/")[2] for request in requests if not request.startswith("data:")} == {f"127.0.0.1:{port}"}
