"""What a person sees of results: short texts, and tables that say whose numbers they are."""

import numpy as np
import pytest

import ticket_explorer as tx
from sessions.messages import events
from sessions.messages.commands import Episode
from sessions.messages.parts import Block
from ticket_explorer.errors import InvalidValue
from widgets.terminal.recorded import recorded_session


def found() -> events.Analysed:
    loss = np.arange(60, dtype="<f4").reshape(2, 3, 10)
    return events.Analysed(
        id=4,
        kind="curvature",
        branch="snr",
        round=2,
        generation=200,
        parameters={},
        arrays={
            "loss": Block(shape=[2, 3, 10], data=loss.tobytes()),
            "steps": Block(shape=[10], data=np.linspace(-1, 1, 10, dtype="<f4").tobytes()),
        },
    )


def test_an_analysis_shows_what_it_is_and_not_its_bytes() -> None:
    shown = repr(found())
    assert shown == ("<Analysed curvature of snr:2, generation 200: loss 2×3×10, steps 10; .array(name), .to_frame()>")


def test_an_analysis_is_a_table() -> None:
    pytest.importorskip("pandas")
    frame = found().to_frame()
    assert len(frame) == 60
    assert set(frame["branch"]) == {"snr"}
    assert frame["value"].tolist() == list(range(60))
    assert sorted(set(frame["place_2"])) == pytest.approx(np.linspace(-1, 1, 10), abs=1e-6)


def test_an_episode_shows_how_long_it_is() -> None:
    made = Episode(
        branch="snr", round=1, generation=5, kind="cells", shape=[7, 2, 2], drawings=b"", bounds=[], rewards=b""
    )
    assert repr(made) == "<Episode of snr:1, generation 5: 7 steps>"


def test_a_table_of_rounds_says_whose_they_are() -> None:
    pytest.importorskip("pandas")
    frame = tx.read(recorded_session()).to_frame()
    assert set(frame["session"]) == {"recorded_fashion"}
    assert set(frame["seed"]) == {0}
    assert (frame["seconds"] > 0).all()
    by_round = frame[frame.branch == "random"].set_index("round")
    assert by_round["pruner"].isna().tolist()[:2] == [True, False]
    assert by_round.loc[1, "pruner"] == "random"
    assert list(tx.read(recorded_session()).to_frame("generations").columns[:3]) == ["session", "seed", "branch"]


@pytest.mark.parametrize("given", [3, None, ["a"]])
def test_what_is_no_session_is_a_sentence(given: object) -> None:
    with pytest.raises(InvalidValue, match="expected a session's path, or its name"):
        tx.read(given)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="expected a session's path, or its name"):
        tx.Session.open(given)  # type: ignore[arg-type]
