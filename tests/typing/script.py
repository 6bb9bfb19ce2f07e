"""What somebody types who runs sessions from a script; a type checker reports the marked lines, and no others."""

from pathlib import Path
from typing import Any, assert_type

import ticket_explorer as tx
from sessions.messages.events import Analysed, RoundFinished

table = tx.load_preset("fashion")
assert_type(table, dict[str, Any])
assert_type(tx.preset_names(), tuple[str, ...])
spec = tx.parse_spec({**table, "replicates": 2})
assert_type(spec, tx.Spec)
assert_type(spec.replicates, int)

with tx.Session.create(spec, Path("mine.session")) as session:
    assert_type(session, tx.Session)
    assert_type(session.step(10), int)
    finished = session.run_round()
    assert_type(finished, RoundFinished | None)
    if finished is not None:
        assert_type(finished.score, list[float | None])
    session.tune({"learning_rate": 0.05})
    session.switch_pruner("snr", "magnitude")
    later = session.branch("snr", 0, "movement", {"pruner": "movement"})
    assert_type(later, str)
    session.run()
    for round_ in session.view.lineage(later):
        assert_type(round_.density, float)
    assert_type(session.transfer("snr", [1, 2], {"task": "mnist"}), list[str])
    session.to_frame("generations").to_csv("generations.csv")

found = tx.analyse("mine.session", "curvature", "snr", directions=10)
assert_type(found, Analysed)
found.array("loss").mean()

try:
    tx.Session.open("nowhere.session")
except tx.TicketError as error:
    print(error)

tx.Session.create("fashion")  # expect-error: a spec, not a preset's name
tx.Session.create(spec, 3)  # expect-error
tx.parse_spec("fashion")  # expect-error
tx.load_preset()  # expect-error
print(tx.nonsense)  # expect-error
session.step("ten")  # expect-error
session.branch("snr")  # expect-error
session.switch_pruner(branch=1)  # expect-error
session.to_frame("weights")  # expect-error
session.run_async()  # expect-error
if finished is not None:
    print(finished.score[0] + 1.0)  # expect-error: a score may be None
