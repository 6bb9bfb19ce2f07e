"""Biome and Vitest over the notebook's browser module, and Node's own parser over what is joined of it.

They need Node, which Ticket Explorer does not: where there is none, or no network to install the two
from, a sentence says so and nothing fails.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
OLDEST = 18
"""The first major version of Node that `package.json` allows."""
UNREACHABLE = re.compile(r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT)\b")
"""What npm says where there is no network; a CI must not take that for a pass."""
ESM = HERE.parents[1] / "widgets" / "canvas" / "esm"


def why_not() -> str:
    """Why JavaScript can't be checked here, in a sentence; empty if it can."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return f"there is no {'npm' if node else 'Node'} here"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = re.match(r"v(\d+)\.", version)
    if found is None or int(found[1]) < OLDEST:
        return f"Node {version} is too old"
    return ""


def main() -> int:
    if reason := why_not():
        print(f"JavaScript is not checked: {reason}; install Node {OLDEST} or newer with npm to check it.")
        return 0
    installed = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, stderr=subprocess.PIPE, text=True
    )
    if installed.returncode:
        print(installed.stderr, file=sys.stderr)
        if not UNREACHABLE.search(installed.stderr) or "CI" in os.environ:
            return installed.returncode
        print("JavaScript is not checked: npm can't reach its registry; run this again when it can.")
        return 0
    for command in (["run", "lint"], ["test"]):
        if code := subprocess.run(["npm", *command], cwd=HERE).returncode:
            return code
    return parse_joined()


def parse_joined() -> int:
    """Whether Node can read the modules that browsers get: two files may not declare the same name."""
    from widgets.canvas.browser_module import joined

    with TemporaryDirectory() as folder:
        for entry in ("widget", "page", "live"):
            module = Path(folder) / f"{entry}.mjs"
            module.write_text(joined(ESM, entry), "utf-8")
            if code := subprocess.run(["node", "--check", str(module)]).returncode:
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
