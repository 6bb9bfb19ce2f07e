"""What a session found, in a few kilobytes: the file that a student hands in, and what a class's files say together.

A summary holds numbers and names. It comes from others' machines, so that everything in it is checked, and sizes are
bounded, before anything is done with it.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sessions.reports.statistics import mean, standard_error
from sessions.views.reading import Header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.tables import algorithm_of

SCHEMA = 1
LONGEST = 128 * 1024
"""Bytes of a summary."""
SESSIONS = 300
"""Summaries of one class."""
CERTAIN = 0.95
"""The share of classes whose interval holds what endless many sessions would average."""

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Share = Annotated[float, Meta(gt=0, le=1)]
Hex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8,64}\Z")]
Scores = Annotated[list[float | None], Meta(min_length=1, max_length=64)]


class SummaryRound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One finished round."""

    density: Share
    scores: Scores
    """Of each replicate; null if it diverged."""


class SummaryBranch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One branch, and the rounds that it has finished."""

    name: Name
    plan: Hex
    """SHA-256 of how its rounds were trained and pruned, changes on the way included."""
    pruner: Name
    rewind: Name
    rounds: Annotated[list[SummaryRound], Meta(max_length=200)]


class Summary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a session found."""

    schema: Annotated[int, Meta(ge=1)] = SCHEMA
    session: Hex
    """The session's id."""
    plan: Hex
    """SHA-256 of the spec without title and seed: equal for sessions that differ by chance alone."""
    seed: int
    task: Name
    network: Name
    trainer: Name
    prunable: Annotated[int, Meta(ge=0)]
    """Weights that can be pruned."""
    branches: Annotated[list[SummaryBranch], Meta(min_length=1, max_length=16)]


class Pooled(msgspec.Struct, frozen=True, kw_only=True):
    """One branch at one density, over the sessions of a class."""

    branch: str
    density: float
    sessions: int
    """How many have it; each counts once, with the mean over its replicates."""
    score: float
    half_width: float | None
    """Half of the 95% interval for the mean, by Student's t; None for one session."""


def summary_of(header: Header, view: SessionView) -> Summary:
    """What a session has found so far.

    Raises:
        TicketError: if it has no finished round, or was made by a version that gave sessions no id.
    """
    if not header.id:
        raise TicketError(
            "This session was made by an early version and has no id, so that it can't be told from others."
        )
    branches = [found for name in view.branches if (found := _branch(view, name)).rounds]
    if not branches:
        raise TicketError("No round of this session is finished yet, so there is nothing to hand in; resume it first.")
    plan = {key: value for key, value in header.spec.items() if key not in ("title", "seed")}
    first = view.branches[branches[0].name]
    prunable = next(iter(view.lineage(first.name))).prunable
    return Summary(
        session=header.id,
        plan=_digest(plan),
        seed=header.spec.get("seed", 0),
        task=algorithm_of(first.plan["task"])[:80],
        network=algorithm_of(first.plan["network"])[:80],
        trainer=algorithm_of(first.plan["trainer"])[:80],
        prunable=prunable,
        branches=branches,
    )


def _branch(view: SessionView, name: str) -> SummaryBranch:
    plan = view.branches[name].plan
    rounds = [
        SummaryRound(density=one.density, scores=[*one.finished.score])
        for one in view.lineage(name)
        if one.finished is not None and 0 < one.density <= 1 and one.finished.score
    ]
    pruner, rewind = (algorithm_of(plan[part])[:80] for part in ("pruner", "rewind"))
    way = [[one.plan, one.generations, [tuned.changes for tuned in one.tuned]] for one in view.lineage(name)]
    return SummaryBranch(name=name[:80], plan=_digest(way), pruner=pruner, rewind=rewind, rounds=rounds)


def _digest(told: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def read_summary(data: bytes) -> Summary:
    """A summary from a file, JSON or msgpack.

    Raises:
        TicketError: if it is too large, or anything in it is not what a summary has.
    """
    if len(data) > LONGEST:
        raise TicketError(f"A summary has at most {LONGEST:,} bytes, and this has {len(data):,}.")
    decode: Any = msgspec.json.decode if data.lstrip()[:1] == b"{" else msgspec.msgpack.decode
    try:
        found: Summary = decode(data, type=Summary)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise TicketError(
            f"This is no summary ({error}); write one with: ticket-explorer export SESSION summary --out mine.json"
        ) from None
    if found.schema > SCHEMA:
        raise TicketError(f"This summary is of schema {found.schema}, from a later version; this one reads {SCHEMA}.")
    names = [branch.name for branch in found.branches]
    if len(set(names)) < len(names):
        raise TicketError("Two branches of this summary have the same name; export it again.")
    scores = [score for branch in found.branches for one in branch.rounds for score in one.scores]
    if not all(score is None or (math.isfinite(score) and abs(score) < 1e12) for score in scores):
        raise TicketError("A score in this summary is no number; export it again.")
    return found


def alike(summaries: Sequence[Summary]) -> list[Summary]:
    """Those that have the plan that most have: other plans can't be averaged with it."""
    if not summaries:
        return []
    (plan, _), *_ = Counter(one.plan for one in summaries).most_common(1)
    return [one for one in summaries if one.plan == plan]


def pooled(summaries: Iterable[Summary]) -> list[Pooled]:
    """Every branch at every density, over sessions of one plan; sorted by branch as they come, from dense to sparse.

    Of branches of one name those count that were trained and pruned as most of them were, of a session's rounds at one
    density the last.
    """
    known = list(summaries)
    usual = _usual_ways(known)
    found: dict[tuple[str, float], list[float]] = {}
    for summary in known:
        for branch in summary.branches:
            if branch.plan != usual[branch.name]:
                continue
            scores = {round(one.density, 6): mean(one.scores) for one in branch.rounds}
            for density, score in scores.items():
                if score is not None:
                    found.setdefault((branch.name, density), []).append(score)
    places = list(dict.fromkeys(name for name, _ in found))
    ordered = sorted(found.items(), key=lambda item: (places.index(item[0][0]), -item[0][1]))
    return [
        Pooled(
            branch=branch,
            density=density,
            sessions=len(scores),
            score=sum(scores) / len(scores),
            half_width=half_width(scores),
        )
        for (branch, density), scores in ordered
    ]


def _usual_ways(summaries: Sequence[Summary]) -> dict[str, str]:
    """How most branches of a name were trained and pruned, by the name."""
    ways: dict[str, Counter[str]] = {}
    for branch in (branch for summary in summaries for branch in summary.branches):
        ways.setdefault(branch.name, Counter())[branch.plan] += 1
    return {name: counted.most_common(1)[0][0] for name, counted in ways.items()}


def half_width(values: Sequence[float]) -> float | None:
    """Half of the 95% interval for the mean of some values, t · s/√n; None for fewer than two."""
    from scipy.special import stdtrit

    error = standard_error(values)
    return None if error is None else float(stdtrit(len(values) - 1, (1 + CERTAIN) / 2)) * error
