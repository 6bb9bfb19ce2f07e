import os
import subprocess
import sys
from pathlib import Path

import pytest

from widgets.canvas.browser_module import ESM, joined
from widgets.notebook.chart import Chart

LIVE = {"live", "live_recording"}
"""Files that only the page of a broadcast has."""
PAGES = LIVE | {
    "elements",
    "model",
    "page",
    "places",
    "recording",
    "round_table",
    "session_page",
    "shown_panels",
    "weights",
}
"""Files that only pages have."""


@pytest.fixture
def write(tmp_path):
    def write(**texts: str) -> Path:
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text, "utf-8")
        return tmp_path

    return write


def test_files_follow_those_they_import_and_stand_once(write):
    folder = write(
        a='import { b } from "./b.js";\nimport {\n  c,\n  D,\n} from "./c.js";\n\nexport default () => b + c + D;\n',
        b='import { c } from "./c.js";\n\nexport const b = c;\n',
        c="export const c = 1;\nexport class D {}\n",
    )
    assert joined(folder, "a") == "const c = 1;\nclass D {}\n\nconst b = c;\n\nexport default () => b + c + D;\n"


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ("const c = 1;\n", "a.js imports c, which b.js does not export"),
        ('import { a } from "./a.js";\nexport const c = a;\n', "circle: a → b → a"),
        ("export const c = 1;\nfunction a() {}\n", "b.js and a.js both declare a"),
        ("const c = 1;\nexport { c };\n", "can't be joined|does not export"),
        ("export const c = 1;\nexport default c;\n", "b.js: 'export default c;' can't be joined"),
        ('import d from "./d.js";\nexport const c = d;\n', "b.js: 'import d from \"./d.js\";' can't be joined"),
        ('export const c = 1;\nexport * from "./d.js";\n', "can't be joined"),
    ],
)
def test_what_cannot_be_joined_is_refused(write, other, sentence):
    folder = write(a='import { c } from "./b.js";\n\nexport const a = c;\n', b=other)
    with pytest.raises(ValueError, match=sentence):
        joined(folder, "a")


def test_the_chart_gets_its_files_and_a_page_gets_its_own_and_both_import_nothing():
    module, page = str(Chart._esm), joined(ESM, "page")
    ends = {path.stem: path.read_text("utf-8").rstrip()[-60:] for path in ESM.glob("*.js")}
    assert {name for name, end in ends.items() if end not in module} == PAGES
    assert {name for name, end in ends.items() if end not in page} == LIVE | {"widget"}
    lines = module.splitlines()
    assert [line for line in lines if line.startswith(("import ", "export "))] == ["export default () => {"]
    assert not [line for line in page.splitlines() if line.startswith(("import ", "export "))]


def test_without_node_a_sentence_says_so_and_nothing_fails(root, tmp_path):
    check = root / "tests" / "javascript" / "check.py"
    done = subprocess.run(
        [sys.executable, str(check)], env=os.environ | {"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("JavaScript is not checked: there is no Node here; install Node 18 or newer")
