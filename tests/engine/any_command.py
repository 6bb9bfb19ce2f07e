"""Commands as anybody might send them: derived from the types of all commands, and valid ones with one wrong leaf."""

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from sessions.messages import commands
from sessions.specs.spec import FAMILIES, Pruning
from ticket_explorer.analysis import ANALYSES

EDGES = [0, 1, -1, 2, 3, 2**31, 2**63 - 1, 2**64 - 1, -(2**63)]
WILD_NUMBERS = [0.5, 1e-320, 1e300, -1e300, float("nan"), float("inf"), -float("inf"), -0.0]
WORDS = [
    "",
    "snr",
    "other",
    "nosuch",
    "../up",
    "\0",
    "a" * 5000,
    "\u202eabc",
    "\x1b[2J",
    "evolution",
    "early:1",
    "early:",
    "$",
]
MENDS = {"Step": {"generations": st.integers(1, 2)}, "Pace": {"generations_per_second": st.none()}}
"""What a valid command of a kind asks for here, lest the siege takes weeks."""

numbers = st.sampled_from(EDGES) | st.sampled_from(WILD_NUMBERS) | st.integers(-(2**63), 2**64 - 1) | st.floats()
texts = st.sampled_from(WORDS) | st.text(max_size=20)
plain = st.none() | st.booleans() | numbers | texts | st.binary(max_size=10)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.integers(0, 3), inner, max_size=3)
)
branches = st.sampled_from(["snr", "other"]) | st.just("nosuch")
rounds = st.integers(0, 3)


def of_type(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a type, within its bounds where they are small, or at their ends."""
    if isinstance(kind, inspect.Metadata):
        return of_type(kind.type)
    if isinstance(kind, inspect.UnionType):
        return st.one_of(*map(of_type, kind.types))
    if isinstance(kind, inspect.IntType):
        low = (kind.ge if kind.gt is None else kind.gt + 1) or 0
        return st.integers(low, low + 3)
    if isinstance(kind, inspect.FloatType):
        low, high = (kind.ge if kind.gt is None else kind.gt) or 0, kind.le if kind.lt is None else kind.lt
        return st.floats(low + 1e-6, min(low + 0.9, high or low + 0.9))
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return st.lists(of_type(kind.item_type), max_size=3)
    if isinstance(kind, inspect.TupleType):
        return st.tuples(*map(of_type, kind.item_types)).map(list)
    if isinstance(kind, inspect.DictType):
        return st.dictionaries(texts, of_type(kind.value_type), max_size=2)
    if isinstance(kind, inspect.LiteralType):
        return st.sampled_from(kind.values)
    if isinstance(kind, inspect.StructType):
        return table_of(kind.cls)
    simple = {inspect.BoolType: st.booleans(), inspect.NoneType: st.none(), inspect.StrType: texts}
    return simple.get(type(kind), anything)


def table_of(kind: type[msgspec.Struct], tag: str = "") -> st.SearchStrategy[dict[str, Any]]:
    """Tables of a struct's fields: some of those that have defaults."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    fields = {field.encode_name: of_type(field.type) for field in info.fields}
    named = {tag: st.just(info.tag)} if tag else {}
    required = {field.encode_name for field in info.fields if field.required}
    optional = {name: fields[name] for name in fields if name not in required}
    return st.fixed_dictionaries({**named, **{name: fields[name] for name in required}}, optional=optional)


families = {
    family: st.sampled_from(list(registry))
    | st.sampled_from(list(registry.values())).flatmap(lambda it: table_of(it, "name"))
    for family, (_, registry) in FAMILIES.items()
}
plans = st.fixed_dictionaries({}, optional={**families, "pruning": table_of(Pruning), "noise_seed": rounds})
known = {
    "branch": branches,
    "parent": branches,
    "round": rounds | st.none(),
    "rounds": st.none() | st.lists(rounds, max_size=2),
    "overrides": plans,
    "trainer": families["trainer"],
    "pruner": families["pruner"],
    "rewind": families["rewind"],
    "pruning": table_of(Pruning),
    "start": st.sampled_from([None, "initial", "trained", "early:2"]) | families["rewind"],
    "kind": st.sampled_from(list(ANALYSES)),
    "changes": st.dictionaries(st.sampled_from(["std", "mean_decay", "lr"]), st.floats(0.01, 0.1)),
    "parameters": st.sampled_from(list(ANALYSES.values())).flatmap(table_of),
    "session": texts,
    "name": st.none() | texts,
}
"""What stands in fields of these names, of a session that has the branches `snr` and `other`."""


def sound(kind: type[commands.Command]) -> st.SearchStrategy[dict[str, Any]]:
    """Commands of a kind whose every field is what it should be."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    special = MENDS.get(kind.__name__, {})
    fields = {field.name: special.get(field.name, known.get(field.name, of_type(field.type))) for field in info.fields}
    return st.fixed_dictionaries({"type": st.just(info.tag), **fields})


@st.composite
def mutated(draw: st.DrawFn, of: st.SearchStrategy[Any]) -> Any:
    """A table with one leaf that is another, or one field too many or too few."""
    table = draw(of)
    inner = table
    while True:
        keys = [key for key in inner if key != "type"]
        if not keys:
            return {**table, draw(texts): draw(anything)}
        key = draw(st.sampled_from(keys))
        if isinstance(inner[key], dict) and inner[key] and draw(st.booleans()):
            inner = inner[key]
            continue
        if draw(st.integers(0, 9)) == 0:
            del inner[key]
        else:
            inner[key] = draw(anything)
        return table


DEEDS = [kind for kind in commands.COMMANDS.values() if issubclass(kind, commands.Deed)]
deeds = st.sampled_from(DEEDS).flatmap(sound)
directives = st.sampled_from([commands.Pause, commands.Step]).flatmap(sound)
invalid = st.sampled_from(list(commands.COMMANDS.values())).flatmap(lambda kind: table_of(kind, "type"))
nonsense = anything | st.fixed_dictionaries({"type": st.sampled_from(list(commands.COMMANDS)) | texts, "x": anything})
any_command = st.one_of(
    deeds, mutated(deeds), mutated(deeds), mutated(deeds), mutated(deeds | directives), invalid, nonsense
).filter(lambda command: command != {"type": "Stop"})
"""Whatever a client may send, but the one command that ends an engine: most are almost right, few run the session."""
