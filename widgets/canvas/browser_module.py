"""The browser's modules: those of `esm/`, joined into the one that anywidget takes, and into a page's script.

anywidget imports its module from a blob, against which a browser resolves no relative import, a page is one file, and
this package is built without Node. So the files import each other for Vitest, Biome and editors, and here the imports
and exports are taken out: each file stands once, after those that it imports, in one scope.
"""

import re
from collections.abc import Iterator
from pathlib import Path

ESM = Path(__file__).parent / "esm"
"""Where the ES modules lie. `widget` is what notebooks load."""
_IMPORT = re.compile(r'^import \{([\w\s,]+)\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)
_DECLARED = re.compile(r"^(export )?(?:async )?(?:function|class|const|let|var) (\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import\b|export\b(?! default\b)).*", re.MULTILINE)


def joined(folder: Path, entry: str) -> str:
    """One module that does what a file and all that it imports do; it exports what the file exports by default.

    Args:
        folder: Where the files lie; they import only each other, as `import { a, b } from "./other.js"`.
        entry: The name of the file without `.js`.

    Raises:
        ValueError: if a file imports what another doesn't export, if files import each other in a circle or declare
            the same name, or if one imports or exports in another way.
    """
    texts: dict[str, str] = {}
    _collect(folder, entry, texts, ())
    homes: dict[str, str] = {}
    for name, text in texts.items():
        for declared in _declared(text):
            if declared in homes:
                raise ValueError(f"{homes[declared]}.js and {name}.js both declare {declared}; rename one of them.")
            homes[declared] = name
    return "\n".join(_without_exports(name, text, is_entry=name == entry) for name, text in texts.items())


def _collect(folder: Path, name: str, texts: dict[str, str], importers: tuple[str, ...]) -> None:
    """Add a file to `texts`, without its imports, after those that it imports."""
    if name in importers:
        raise ValueError(f"Files import each other in a circle: {' → '.join((*importers, name))}; break it.")
    if name in texts:
        return
    text = (folder / f"{name}.js").read_text("utf-8")
    for imported, other in _IMPORT.findall(text):
        _collect(folder, other, texts, (*importers, name))
        exported = set(_declared(texts[other], exported=True))
        if missing := {word.strip() for word in imported.split(",") if word.strip()} - exported:
            raise ValueError(f"{name}.js imports {', '.join(sorted(missing))}, which {other}.js does not export.")
    texts[name] = _IMPORT.sub("", text).lstrip("\n")


def _declared(text: str, exported: bool = False) -> Iterator[str]:
    """The names that a file declares at its top level, or those that it exports."""
    return (match[2] for match in _DECLARED.finditer(text) if match[1] or not exported)


def _without_exports(name: str, text: str, *, is_entry: bool) -> str:
    text = _EXPORT.sub("", text)
    wrong = _LEFT.search(text) or (None if is_entry else re.search(r"^export default.*", text, re.MULTILINE))
    if wrong:
        expected = 'import { a } from "./b.js", or export before a declaration'
        raise ValueError(f"{name}.js: {wrong[0]!r} can't be joined; write {expected}.")
    return text
