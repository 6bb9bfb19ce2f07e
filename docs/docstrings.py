"""How docstrings become pages: as they are written, and a list of its fields for every struct.

Docstrings are plain text with names in single backticks. A struct's fields are told as the forms of both faces tell
them: what each accepts, its default, its sentence.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from sphinx.util.inspect import signature as signature_of
from sphinx.util.inspect import stringify_signature

from ticket_explorer.registry import Settings, name_of
from widgets.decisions.fields import fields_of, written

_OUTSIDE = re.compile(r"(`[^`]*`)")
_VALUES: dict[str, list[str]] = {}
"""Docstrings as they were before napoleon, by full name."""


def escaped(text: str) -> str:
    """Text with nothing in it that reStructuredText would take for markup, but for what stands in backticks.

    |θ| is not a substitution, and trailing_ is no link.
    """
    parts = _OUTSIDE.split(text)
    return "".join(part if part.startswith("`") else re.sub(r"(?<!^)([|*]|_\b)", r"\\\1", part) for part in parts)


def fields_told(kind: type[msgspec.Struct]) -> Iterator[str]:
    """A definition list of what a struct has beyond its parent: name, what it accepts, its default, its sentence."""
    own, parents = _defaults(kind), _defaults(kind.__base__)
    for field in fields_of(kind, ()):
        name = str(field.path[0])
        if name in parents and parents[name] == own[name]:
            continue
        yield from (f"``{name}``", f"    *{escaped(f'{field.accepts or field.words}, {own[name]}')}*", "")
        if field.explanation:
            yield from (f"    {escaped(_sentence(field.explanation))}", "")
    if any(parents[name] == own[name] for name in parents):
        parent = kind.__base__
        yield from (
            f"The other fields are those of :class:`{parent.__name__} <{parent.__module__}.{parent.__name__}>`.",
            "",
        )


def _defaults(kind: type | None) -> dict[str, str]:
    """What every field of a struct is where nothing is given, in words."""
    fields = msgspec.structs.fields(kind) if kind is not msgspec.Struct else ()
    return {field.encode_name: _default(field) for field in fields}


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if field.default in (None, "", msgspec.NODEFAULT):
        return "optional"
    own = "a table of its own defaults" if isinstance(field.default, msgspec.Struct) else written(field.default)
    return f"by default {own or 'empty'}"


def _sentence(text: str) -> str:
    """A docstring as it is; a few words that a type says of itself, `generations a round`, made a sentence."""
    return text if text.endswith((".", ")")) else f"{text[:1].upper()}{text[1:]}."


def _escape(app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """Escape a docstring before its sections are read; a struct's is followed by its fields."""
    lines[:] = [escaped(line) for line in lines]
    _VALUES[name] = list(lines)
    if what != "class" or not issubclass(found, msgspec.Struct):
        return
    if issubclass(found, Settings) and name_of(found) != found.__name__:
        lines += ["", f'In a spec: ``name = "{name_of(found)}"``.', ""]
    if told := list(fields_told(found)):
        lines += ["", *told]


def _restore(app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """Give a value's docstring back: napoleon takes all before a colon for its type."""
    if what in ("attribute", "data", "property"):
        lines[:] = _VALUES[name]


def _skip(app: Any, what: str, name: str, member: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out a struct's fields, which `_escape` lists, and what a class says to the registry alone."""
    is_slot = repr(member) == "SLOTS_ATTR"  # autodoc's word for a slot, which has no public name
    return True if is_slot or name in ("implementation", "formerly") else None


def _signature(app: Any, what: str, name: str, found: Any, options: Any, signature: str, returns: str) -> Any:
    """Show no signature of a struct, which would be its fields once more, nor of what is made by `create` or `open`.

    That of a widget is hidden by traitlets.
    """
    if what != "class":
        return None
    if issubclass(found, msgspec.Struct) or hasattr(found, "create"):
        return "", None
    if found.__module__.startswith("widgets."):
        own = signature_of(found.__init__, bound_method=True)
        return stringify_signature(own, show_return_annotation=False, unqualified_typehints=True), None
    return None


def setup(app: Any) -> dict[str, bool]:
    """Connect what is above; escaping comes before napoleon reads the sections."""
    app.connect("autodoc-process-docstring", _escape, priority=400)
    app.connect("autodoc-process-docstring", _restore, priority=600)
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-signature", _signature)
    return {"parallel_read_safe": True}
