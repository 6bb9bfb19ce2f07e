"""The documentation site, built as `uv run poe docs` builds it: warnings are errors, nothing is loaded from abroad."""

import re
import shlex
import shutil
import subprocess
import tomllib
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest

import ticket_explorer as tx
from sessions.messages import commands, events
from sessions.specs.spec import FAMILIES
from ticket_explorer.analysis import ANALYSES

ROOT = Path(__file__).parents[2]
LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "embed": "src",
    "object": "data",
}
"""What a browser fetches without being asked, by tag; `link` depends on its `rel`."""
LINKED = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "modulepreload", "manifest"}
FOREIGN = re.compile(
    r"""url\(\s*["']?(?:https?:)?//|@import\s+["'](?:https?:)?//|(?:import|fetch)\(\s*["'`](?:https?:)?//"""
)


def test_what_a_page_loads_is_seen():
    page = Page(
        '<script src="https://a.b/c.js"></script><link rel="icon" href="//a.b/d.png"><a href="https://a.b">e</a>'
    )
    assert (page.loads, page.links) == (["https://a.b/c.js", "//a.b/d.png"], ["https://a.b"])
    assert FOREIGN.search("src: url(https://a.b/c.woff)")
    assert FOREIGN.search('import("https://a.b/c.js")')
    assert not FOREIGN.search("url(data:image/svg+xml;base64,AA) /* https://a.b */")


class Page(HTMLParser):
    """What a page loads, where it links to, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.anchors |= {has[name] for name in ("id", "name") if name in has}
        if tag in LOADING and LOADING[tag] in has:
            self.loads.append(has[LOADING[tag]])
        if tag == "link" and LINKED & set(has.get("rel", "").split()):
            self.loads.append(has["href"])
        if tag == "a" and "href" in has:
            self.links.append(has["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    if shutil.which("uv") is None:
        pytest.skip("the site is built by uv, which is not here")
    place = tmp_path_factory.mktemp("site")
    tasks = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["poe"]["tasks"]
    command = [str(place) if part == "build/docs" else part for part in shlex.split(tasks["docs"])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


@pytest.mark.slow
def test_nothing_is_loaded_from_another_host(site, pages):
    abroad = [f"{path}: {load}" for path, page in pages.items() for load in page.loads if urlsplit(load).netloc]
    sources = [path for path in site.rglob("*") if path.suffix in (".css", ".js", ".html")]
    abroad += [f"{path}: {found[0]}" for path in sources if (found := FOREIGN.search(path.read_text("utf-8")))]
    assert abroad == []


@pytest.mark.slow
def test_every_link_within_the_site_leads_somewhere(site, pages):
    broken = []
    for path, page in pages.items():
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            known = pages.get(target)
            if not target.exists() or (url.fragment and known and unquote(url.fragment) not in known.anchors):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []


@pytest.mark.slow
def test_every_public_name_has_an_anchor(pages):
    anchors = set().union(*(page.anchors for page in pages.values()))
    structs = [
        *(kind for _, registry in FAMILIES.values() for kind in registry.values()),
        *ANALYSES.values(),
        *commands.COMMANDS.values(),
        *(found for found in vars(events).values() if is_own_struct(found, events)),
    ]
    wanted = {f"ticket_explorer.{name}" for name in tx.__all__ if name != "widgets"} | {
        "module-ticket_explorer.widgets"
    }
    wanted |= {f"ticket_explorer.widgets.{name}" for name in tx.widgets.__all__ if name not in tx.__all__}
    wanted |= {f"{kind.__module__}.{kind.__name__}" for kind in structs if has_a_name(kind)}
    assert wanted - anchors == set()
    fields = {f"{kind.__module__}.{kind.__name__}.{name}" for kind in structs for name in kind.__struct_fields__}
    assert fields & anchors == set(), "fields stand in their struct's list, not beside it once more"


def is_own_struct(found: object, module: object) -> bool:
    return (
        isinstance(found, type)
        and issubclass(found, msgspec.Struct)
        and found.__module__ == module.__name__
        and not found.__name__.startswith("_")
    )


def has_a_name(kind: type) -> bool:
    """Whether its module holds it; classes of environments are made from tables, and stand in docs/science.md."""
    return getattr(import_module(kind.__module__), kind.__name__, None) is kind


@pytest.mark.slow
def test_the_address_leads_to_the_readme_and_lessons_are_pages(site):
    assert "url=README.html" in (site / "index.html").read_text("utf-8")
    for lesson in (ROOT / "demos").glob("*.ipynb"):
        assert (site / "demos" / f"{lesson.stem}.html").exists()
