"""What somebody types into cells; a type checker reports the marked lines, and no others."""

from pathlib import Path
from typing import assert_type

import ticket_explorer as tx
from sessions.messages.events import RoundFinished

live = tx.LiveSession.create("fashion", {"pruning.rounds": 6}, run=True)
assert_type(live, tx.LiveSession)
assert_type(tx.LiveSession.open("fashion-1"), tx.LiveSession)
assert_type(live.path, Path)
live.to_frame().to_parquet("rounds.parquet")
live.figure("ticket_curve", (4.5, 3.0)).save("curve.pdf")
live.pick([1, 2, 3])
tx.explore()
tx.explore(live)
tx.widgets.TicketCurve(live)
tx.widgets.Explorer(live, ("fitness", "mask"))


async def cell() -> None:
    assert_type(await live.run_round_async(), RoundFinished | None)
    await live.step_async(10)
    await live.branch_async("snr", 3, overrides={"rewind": "fresh"})
    await live.analyse_async("curvature", "snr")
    assert_type(await live.go_back_async("snr", 2), str)
    live.step_async("ten")  # expect-error
    live.branch_async("snr", "3")  # expect-error


live.run()  # expect-error: it would block the kernel
live.to_frame("weights")  # expect-error
tx.LiveSession.create(3)  # expect-error
tx.explore(3)  # expect-error
tx.widgets.TicketCurve("fashion-1")  # expect-error: a live session, not its name
tx.widgets.Nonsense(live)  # expect-error
live.figure()  # expect-error
