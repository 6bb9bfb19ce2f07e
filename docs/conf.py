"""The documentation site: README as its start, the pages of docs/, the lessons, and a reference made of docstrings.

`uv run poe docs` builds it into build/docs. Its source directory is the root of the repository, so that links lead
where they lead on a code host. Nothing is loaded from another host: a test looks.
"""

import os
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

project = "Ticket Explorer"
release = metadata.version("ticket-explorer")
html_title = f"{project} {release}"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb", "docstrings"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "docs/reference/*.rst", "demos/*.ipynb"]
exclude_patterns = [
    "**/.*",
    "**/node_modules",
    "benchmarks",
    "build",
    "sessions",
    "tests",
    "ticket_explorer",
    "widgets",
]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False

myst_heading_anchors = 4
myst_enable_extensions = ["strikethrough"]
nb_execution_mode = "off"

default_role = "literal"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autoclass_content = "both"
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False

_FAMILIES = ("tasks", "networks", "trainers", "pruners", "rewinds", "analyses")
_REFERENCE = ("tx", "spec", *_FAMILIES, "commands", "events", "widgets")
_USE = (
    "docs/terminal",
    "docs/keys",
    "docs/notebook",
    "docs/teaching",
    "docs/workshop",
    "docs/long_runs",
    "docs/cli",
    "docs/files",
)
_WORKINGS = ("docs/science", "docs/engine", "docs/performance", "docs/architecture")
_PAGES = sorted(f"docs/{path.stem}" for path in HERE.glob("*.md"))
_CAPTIONS = {
    "Using it": _USE,
    "Lessons": sorted(f"demos/{path.stem}" for path in (HERE.parent / "demos").glob("*.ipynb")),
    "What it does": [*_WORKINGS, *(page for page in _PAGES if page not in _USE + _WORKINGS)],
    "Reference": [f"docs/reference/{page}" for page in _REFERENCE],
    "Project": ["CONTRIBUTING", "CHANGELOG"],
}


def _with_navigation(app: Any, page: str, source: list[str]) -> None:
    """Put the site's table of contents below the README, where a code host would show it as text."""
    if page == root_doc:
        for caption, pages in _CAPTIONS.items():
            source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""])


def _with_files(app: Any, page: str, source: list[str]) -> None:
    """Hand out Markdown that is no page of the site as a file, where a page links to it."""

    def told(link: re.Match[str]) -> str:
        name = Path(os.path.normpath(Path(page).parent / link[1])).with_suffix("").as_posix()
        return link[0] if name in app.env.found_docs else f"](path:{link[1]})"

    source[0] = re.sub(r"\]\(([\w./-]+\.md)\)", told, source[0])


def _with_even_cells(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Give signs that monospaced fonts lack the width of all others: charts are drawn with them."""
    cells = lambda block: re.sub("[\u2800-\u28ff●■▲]", r'<i class="cell">\g<0></i>', block[0])  # noqa: E731
    if "body" in context:
        context["body"] = re.sub("<pre>.*?</pre>", cells, context["body"], flags=re.DOTALL)


def _with_start(app: Any, error: Exception | None) -> None:
    """Have the site's address lead to the README."""
    if error is None:
        start = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=README.html">'
        Path(app.outdir, "index.html").write_text(f"{start}<title>{html_title}</title>\n", "utf-8")


def setup(app: Any) -> None:
    """Connect what is above."""
    app.connect("source-read", _with_navigation)
    app.connect("source-read", _with_files)
    app.connect("html-page-context", _with_even_cells)
    app.connect("build-finished", _with_start)
