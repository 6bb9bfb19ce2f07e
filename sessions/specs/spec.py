"""The spec: everything a session is made from, typed and frozen, checked once at the edge.

A spec is read from TOML, from the command line (`--set path=value`) and from Python; error messages use the same paths.
It may begin from a preset, and a branch may override any table; `Plan` is a branch with its overrides merged in. Plans
are journalled as plain tables, so that a session made with a plug-in can be viewed where the plug-in is not installed.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sessions.specs.breakpoint import Breakpoint, breakpoints
from sessions.specs.given_ticket import GivenTicket
from sessions.specs.overrides import DEFAULTS, FAMILIES, PLAN_KEYS, default_pruner, name_in, overridden
from sessions.specs.validation import convert
from ticket_explorer import presets
from ticket_explorer.densities import LAYER_KINDS, Density, Named, Scope, after, scope_of, unused
from ticket_explorer.errors import InvalidValue
from ticket_explorer.networks.layers import Layer
from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.own_code import names_code
from ticket_explorer.own_settings import OWN
from ticket_explorer.pruners.settings import PrunerSettings
from ticket_explorer.registry import Settings, formerly, lookup, name_of
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.rewinds.settings import RewindSettings
from ticket_explorer.tables import is_table
from ticket_explorer.tasks.control.settings import can_be_acted_in
from ticket_explorer.tasks.settings import TaskSettings
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.settings import TrainerSettings

Table = dict[str, Any]

STARTS: Mapping[str, type[RewindSettings]] = {name: REWINDS[name] for name in ("initial", "fresh", "early", "trained")}
"""Where transferred tickets may start."""
BRANCH_KEYS = ("name", "transfer", "ticket", *PLAN_KEYS)

Ratio = Annotated[float, Meta(gt=0, lt=1, description="share of the kept prunable weights removed")]


Seed = Annotated[int, Meta(ge=0, lt=2**32)]
Generation = Annotated[int, Meta(ge=0, description="generations")]


class Pruning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is pruned, and how often."""

    ratio: Ratio = 0.2
    ratios: dict[str, Ratio] = {}
    """Separate ratios for `convolution`, `dense`, `output` layers or leaves (`dense_*`). Weights are then ranked among
    those that share a ratio."""
    rounds: Annotated[int, Meta(ge=1, le=10_000, description="rounds, the dense one included")] = 18
    scope: Literal["global", "layer"] = "global"

    @property
    def words(self) -> str:
        """The ratios as text, for errors."""
        own = ", ".join(f"{key} {ratio}" for key, ratio in self.ratios.items())
        return f"ratio {self.ratio}" + (f" ({own})" if own else "")


class Analysis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is computed at the end of each round, and live."""

    correlation: bool = True
    """The correlation of SNR and magnitude, Pearson's and Spearman's, over the kept prunable weights."""
    curvature: bool = False
    """The curvature of the loss around the mean, at the end of each round."""
    curvature_every: Annotated[int, Meta(ge=1, description="generations")] | None = None
    """The curvature also every so many generations while a round runs, coarsely; None: never."""
    hessian: bool = False
    """The Hessian of the loss at the mean, its diagonal and leading eigenvalues, at the end of each round."""
    hessian_every: Annotated[int, Meta(ge=1, description="generations")] | None = None
    """The Hessian also every so many generations while a round runs, coarsely; None: never."""
    way: bool = False
    """Whether to sample the search's mean over each round, for the plane of its way."""
    score_every: Annotated[int, Meta(ge=1, description="generations")] | None = None
    """Take the score every so many generations while a round runs; None: only at its end."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a branch does in its coming rounds."""

    task: TaskSettings
    network: NetworkSettings
    trainer: TrainerSettings
    pruner: PrunerSettings
    rewind: RewindSettings
    pruning: Pruning = Pruning()
    analysis: Analysis = Analysis()
    noise_seed: Seed | None = None
    """The seed of batches, samples and noise; None: the session's. Initial weights always use the session's seed."""
    noise_from: Generation = 0
    """The generation of each round from which `noise_seed` is used; before it, the session's seed is."""

    def trains_like(self, other: "Plan") -> bool:
        """Whether equal tickets give equal rounds under both plans."""
        return self.searches_like(other) and (self.noise_seed, self.noise_from) == (other.noise_seed, other.noise_from)

    def searches_like(self, other: "Plan") -> bool:
        """The same but for batches, samples and noise."""
        return (self.task, self.network, self.trainer) == (other.task, other.network, other.trainer)

    def density_after(self, rounds: int, leaves: Sequence[Named] = (), density: Density = 1.0) -> Density:
        """A density after some more rounds; a learned mask counts as it is now.

        Args:
            rounds: How many times it is pruned.
            leaves: All leaves of the network, for separate ratios.
            density: The density before, in [0, 1].
        """
        pruning = self.pruning
        return density if self.pruner.takes_learned else after(density, pruning.ratio, pruning.ratios, leaves, rounds)

    def layers(self) -> list[Layer]:
        """The network's layers on the task's inputs, from the settings alone.

        Raises:
            TicketError: if the sizes aren't known, or can't go together.
        """
        return self.network.layers(self.task.input_shape, self.task.outputs)

    def scope(self, leaves: Sequence[Named]) -> Scope:
        """Which weights are ranked together."""
        return scope_of(self.pruning.scope, self.pruning.ratios, leaves)


class Transfer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The source of a branch's tickets, if it doesn't find its own."""

    branch: str
    """An earlier `[[branch]]`."""
    rounds: tuple[Annotated[int, Meta(ge=0)], ...] | None = None
    """The rounds whose tickets are used; None: all."""
    control: bool = False
    """Whether to use random masks of as many weights, with fresh weights, in place of the tickets."""
    overlap: bool = False
    """Whether layers of different shapes share the part that both have, instead of being refused."""
    rewind: Literal["permuted_weights", "permuted_mask"] | None = None
    """What to permute before training: the tickets' weights, or mask and weights."""
    start: str | dict[str, Any] | None = None
    """The weights that they start from: `initial`, `fresh`, `trained` or `{ name = "early", generation = k }`; None:
    those that their rounds began with, or the initial ones if the branch continues from trained weights."""


class BranchSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[branch]]`: a name, a plan, and the tickets it borrows, if any."""

    name: str
    plan: Plan
    transfer: Transfer | None = None
    ticket: GivenTicket | None = None
    """What its round 0 trains in place of a dense network."""


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """A whole session's specification."""

    title: str = ""
    seed: Seed = 0
    replicates: Annotated[int, Meta(ge=1, le=1000)] = 1
    remarks: tuple[str, ...] = ()
    """Remarks at the beginning of the journal, such as settings that a branch could not keep."""
    pause_at: tuple[Breakpoint, ...] = ()
    """Breakpoints that the session begins with."""
    branches: tuple[BranchSpec, ...]


class _Top(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str = ""
    seed: Seed = 0
    replicates: Annotated[int, Meta(ge=1, le=1000, description="random seeds run together")] = 1
    remarks: tuple[str, ...] = ()


def parse_spec(table: Mapping[str, Any]) -> Spec:
    """The spec of a table as read from TOML, over the preset that it begins from if it names one.

    Raises:
        TicketError: with the path, the given value and what was expected.
    """
    table = presets.resolved(table)
    base = {key: table[key] for key in PLAN_KEYS if key in table}
    rest = {key: value for key, value in table.items() if key not in (*PLAN_KEYS, "branch", "ticket", "pause_at")}
    known = ("preset", *msgspec.structs.asdict(_Top()), *PLAN_KEYS, "ticket", "branch", "pause_at")
    _refuse_unknown(rest, known, "$")
    top = convert(rest, _Top, "$")
    pruner = base.get("pruner", default_pruner(base.get("trainer", DEFAULTS["trainer"])))
    given = table.get("branch") or [{"name": name_in(pruner) or "main"}]
    if not isinstance(given, list | tuple):
        raise InvalidValue("$.branch", given, "a list of tables, each [[branch]] with a name")
    branches = tuple(_branch(base, one, f"$.branch[{i}]", table.get("ticket")) for i, one in enumerate(given))
    _check_names([branch.name for branch in branches])
    _check_transfers(branches)
    remarks = dict.fromkeys((*top.remarks, *_remarks(base, given)))
    pause_at = breakpoints(table.get("pause_at") or [], [branch.name for branch in branches])
    return Spec(**{**msgspec.structs.asdict(top), "remarks": tuple(remarks)}, branches=branches, pause_at=pause_at)


def parse_plan(table: Mapping[str, Any], overrides: Mapping[str, Any] | None = None, path: str = "$") -> Plan:
    """The plan of a table, with the tables of `overrides` merged over it, as `overridden` does."""
    overrides = overrides or {}
    _refuse_unknown(overrides, PLAN_KEYS, path)
    merged = overridden(table, overrides).tables
    settings = {
        key: _settings(kind, registry, merged[key], f"{path if key in overrides else '$'}.{key}")
        for key, (kind, registry) in FAMILIES.items()
    }
    plan = Plan(
        **settings,  # type: ignore[arg-type]
        pruning=convert(merged["pruning"], Pruning, f"{path if 'pruning' in overrides else '$'}.pruning"),
        analysis=convert(merged["analysis"], Analysis, f"{path if 'analysis' in overrides else '$'}.analysis"),
        **_noise(merged, path),
    )
    for family in settings.values():
        family.check()
    _check_pruner(plan, f"{path if 'pruner' in overrides else '$'}.pruner")
    _check_precision(plan, f"{path if 'network' in overrides else '$'}.network.precision")
    if plan.trainer.acts and not can_be_acted_in(type(plan.task)):
        given = f"{name_of(plan.trainer)} on {name_of(plan.task)}"
        expected = "a trainer that needs no environment to act in, or a control task of gymnax or brax"
        raise InvalidValue(f"{path if 'trainer' in overrides else '$'}.trainer.name", given, expected)
    return plan


def check_ratios(plan: Plan, leaves: Sequence[Named]) -> None:
    """Refuse a ratio that applies to no layer.

    Raises:
        InvalidValue: with the leaves of the network.
    """
    wrong = unused(plan.pruning.ratios, leaves)
    if wrong:
        names = ", ".join(leaf.name for leaf in leaves if leaf.prunable)
        expected = f"{', '.join(LAYER_KINDS)} or a pattern, whichever {name_of(plan.network)} has: it prunes {names}"
        raise InvalidValue(f"$.pruning.ratios.{wrong[0]}", "no such layer", expected)


def parse_start(given: str | Mapping[str, Any], path: str = "$.start") -> RewindSettings:
    """The rewind that says where transferred tickets start: its name, a table, or `early:20`.

    Raises:
        InvalidValue: if it is none of `STARTS`.
    """
    if isinstance(given, str) and ":" in given:
        name, _, generation = given.partition(":")
        if not generation.isdecimal():
            raise InvalidValue(path, repr(given), "initial, fresh, trained, or early:K with a number of generations")
        given = {"name": name, "generation": int(generation)}
    start = _settings("start", STARTS, given, path)
    assert isinstance(start, RewindSettings)
    return start


class _Noise(msgspec.Struct, frozen=True, kw_only=True):
    noise_seed: Seed | None = None
    noise_from: Generation = 0


def _noise(merged: Table, path: str) -> dict[str, Any]:
    """The fields of a plan that say where its noise comes from."""
    given = {key: merged[key] for key in ("noise_seed", "noise_from") if merged[key] is not None}
    noise = convert(given, _Noise, path)
    if noise.noise_from > 0 and noise.noise_seed is None:
        raise InvalidValue(f"{path}.noise_from", noise.noise_from, "a noise_seed too, from which noise is then drawn")
    return msgspec.structs.asdict(noise)


def _check_precision(plan: Plan, path: str) -> None:
    """Refuse a precision if the trainer evaluates no population."""
    if plan.network.precision != "float32" and not plan.trainer.has_population:
        expected = f"float32: {name_of(plan.trainer)} evaluates no population, and gradients are of float32"
        raise InvalidValue(path, plan.network.precision, expected)


def _check_pruner(plan: Plan, path: str) -> None:
    """Refuse a pruner that needs what the trainer does not find."""
    pruner, trainer = name_of(plan.pruner), plan.trainer.algorithm
    if plan.pruner.needs_sigma and not plan.trainer.has_sigma:
        expected = f"magnitude or another one that needs no σ: {trainer} finds none; only evolution strategies do"
        raise InvalidValue(path, f"{pruner} after {trainer}", expected)
    if plan.pruner.takes_learned and not plan.trainer.learns_mask:
        learning = ", ".join(name for name, known in TRAINERS.items() if known.learns_mask)
        expected = f"a pruner that scores weights, such as magnitude: only {learning} learn a mask"
        raise InvalidValue(path, f"{pruner} after {trainer}", expected)


def table_of(plan: Plan) -> Table:
    """A plan as plain tables, which `parse_plan` reads back."""
    table: Table = msgspec.msgpack.decode(msgspec.msgpack.encode(plan))  # lists, as it comes back from disk
    return table


def completed(plan: Mapping[str, Any], said: dict[str, None] | None = None) -> Table:
    """A plan's tables as an older session wrote them, with the fields that came later as that session meant them.

    Args:
        plan: As it is journalled.
        said: Called with sentences on older rules that the session follows.
    """
    tables: Table = dict(plan)
    for family, (_, registry) in FAMILIES.items():
        table = tables.get(family)
        settings = registry.get(table.get("name", "")) if is_table(table) else None
        if table is None or settings is None:
            continue
        later = formerly(settings).items()
        missing = {field: former for field, former in later if field not in table and former.concerns(table)}
        tables[family] = {**table, **{field: former.value for field, former in missing.items()}}
        if said is not None:
            said.update({former.said: None for former in missing.values() if former.said})
    return tables


def spec_table(spec: Spec) -> Table:
    """A spec as plain tables: what `parse_spec` reads back, every field written out."""
    return {
        "title": spec.title,
        "seed": spec.seed,
        "replicates": spec.replicates,
        **({"remarks": list(spec.remarks)} if spec.remarks else {}),
        **({"pause_at": msgspec.to_builtins(spec.pause_at)} if spec.pause_at else {}),
        "branch": [_branch_table(branch) for branch in spec.branches],
    }


def _branch_table(branch: BranchSpec) -> Table:
    transfer = {} if branch.transfer is None else {"transfer": msgspec.to_builtins(branch.transfer)}
    ticket = {} if branch.ticket is None else {"ticket": msgspec.to_builtins(branch.ticket)}
    return {"name": branch.name, **transfer, **ticket, **table_of(branch.plan)}


def _branch(base: Table, override: Any, path: str, ticket: Any = None) -> BranchSpec:
    if not is_table(override) or not isinstance(override.get("name"), str):
        raise InvalidValue(path, override, "a table with a name")
    _refuse_unknown(override, BRANCH_KEYS, path)
    rest = {key: value for key, value in override.items() if key not in ("name", "transfer", "ticket")}
    given = override.get("transfer")
    transfer = None if given is None else convert(given, Transfer, f"{path}.transfer")
    if transfer is not None and transfer.start is not None:
        parse_start(transfer.start, f"{path}.transfer.start")
    own = override.get("ticket")
    plan, is_given = parse_plan(base, rest, path), own or (ticket if transfer is None else None)
    if own and transfer is not None:
        raise InvalidValue(f"{path}.ticket", own, "nothing: this branch has transferred tickets")
    begun = convert(is_given, GivenTicket, f"{path}.ticket" if own else "$.ticket") if is_given else None
    return BranchSpec(name=override["name"], plan=plan, transfer=transfer, ticket=begun)


def _remarks(base: Table, branches: Sequence[Table]) -> list[str]:
    """Sentences on settings that branches could not keep from their spec."""
    return [f"Branch {branch['name']}: {said}" for branch in branches for said in overridden(base, branch).said]


def _settings(kind: str, registry: Mapping[str, type[Settings]], given: Any, path: str) -> Settings:
    table = {"name": given} if isinstance(given, str) else given
    if not is_table(table) or not isinstance(table.get("name"), str):
        raise InvalidValue(path, given, f"the name of a {kind}, or a table with a name: {', '.join(registry)}")
    key = path.rpartition(".")[2]
    if names_code(table["name"]) and key in OWN:
        expected = "a registered name; code of your own is taken in by tx.spec, tx.run and the command line"
        raise InvalidValue(f"{path}.name", table["name"], expected)
    settings = lookup(kind, registry, table["name"], f"{path}.name")
    known = settings.__struct_encode_fields__
    for key in table:
        if known and key not in ("name", *known):
            instead = f"{path.removeprefix('$.')}={table['name']} alone drops what was set for another {kind}"
            raise InvalidValue(f"{path}.{key}", "unknown field", f"one of {', '.join(known)}; {instead}")
    return convert({key: value for key, value in table.items() if key != "name"}, settings, path)


def _check_names(names: list[str]) -> None:
    for i, name in enumerate(names):
        if name.lower() in [other.lower() for other in names[:i]]:
            raise InvalidValue(f"$.branch[{i}].name", repr(name), "a name that no other branch has")


def _check_transfers(branches: tuple[BranchSpec, ...]) -> None:
    for i, branch in enumerate(branches):
        earlier = {other.name: other.plan.pruning.rounds for other in branches[:i]}
        if branch.transfer is None:
            continue
        path, source = f"$.branch[{i}].transfer", branch.transfer.branch
        if source not in earlier:
            raise InvalidValue(f"{path}.branch", repr(source), f"an earlier branch: {', '.join(earlier) or 'none'}")
        if branch.transfer.rounds is not None and not branch.transfer.rounds:
            raise InvalidValue(f"{path}.rounds", "none", "at least one round of the branch")
        late = [number for number in branch.transfer.rounds or () if number >= earlier[source]]
        if late:
            raise InvalidValue(f"{path}.rounds", late[0], f"at most {earlier[source] - 1}, the last round of {source}")


def _refuse_unknown(table: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
    for key in table:
        if key not in known:
            raise InvalidValue(f"{path}.{key}", "unknown field", f"one of {', '.join(known)}")
