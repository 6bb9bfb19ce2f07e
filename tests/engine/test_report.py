"""The contracted JSON of a session."""

from pathlib import Path
from typing import Any

from sessions.reports.json_report import report
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view


def thresholds(path: Path) -> dict[str, list[float | None]]:
    table: dict[str, Any] = report(path, read_header(SessionDirectory(path)), read_view(path))
    return {branch["name"]: [round_["threshold"] for round_ in branch["rounds"]] for branch in table["branches"]}


def test_a_branchs_thresholds_are_those_on_its_own_way(lab: Any) -> None:
    with lab.create() as session:
        session.run()
        session.branch("snr", 1, "other", {"pruner": "magnitude"})
        session.run()
    found = thresholds(session.path)
    assert found["other"][0] == found["snr"][0], "pruned by the parent before the branch began"
    assert found["other"][1] not in (found["snr"][1], None), "pruned by its own criterion"
    assert found["snr"][2] is found["other"][2] is None, "never pruned"
