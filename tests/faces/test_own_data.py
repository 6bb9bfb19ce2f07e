"""Data of one's own from the command line, the app's form and a notebook."""

import asyncio
import json

import numpy as np
import pytest

import ticket_explorer as tx
from sessions.specs.sources import load_table, spec_of
from sessions.specs.spec import parse_spec
from ticket_explorer.tasks import embedded
from ticket_explorer.tasks.settings import Fashion
from widgets.decisions.session_draft import Draft


@pytest.fixture(scope="module")
def arrays():
    """Real images: 200 + 100 of Fashion-MNIST, pooled to 7×7."""
    splits, found = embedded.read(), {}
    for name, part, count in (("train", splits.train, 20), ("test", splits.test, 10)):
        rows = embedded.first_of_each_class(part.labels, count)
        found[f"x_{name}"] = part.images[rows].reshape(-1, 7, 4, 7, 4).mean((2, 4)).astype(np.uint8)
        found[f"y_{name}"] = part.labels[rows]
    return found


@pytest.fixture
def place(arrays, tmp_path, monkeypatch):
    """The working directory, with the file that specs name."""
    np.savez(tmp_path / "mine.npz", **arrays)
    monkeypatch.chdir(tmp_path)
    return tmp_path


SMALL = ("--rounds", "1", "--generations", "2", "--set", "network.hidden=[8]", "--set", "trainer.population=8")


def test_a_run_from_the_command_line_and_a_resume_with_other_data(tell, place, arrays):
    done = tell("run", "mine.npz", *SMALL, "--set", "branch=[{name='a'}]", "--session", "first.session", "--json")
    assert done.exit_code == 0, done.output
    assert "mine.npz: 200 + 100 images of 7×7×1, in 10 classes: 0, 1, 2" in done.stderr
    task = json.loads(done.stdout)["spec"]["branch"][0]["task"]
    assert (task["path"], task["measured"]["train"]) == (str(place / "mine.npz"), 200)
    np.savez("mine.npz", **{**arrays, "x_test": arrays["x_test"] // 2})
    refused = tell("branch", "first.session", "--from", "a:0", "--set", "trainer.population=10")
    assert refused.exit_code == 2
    assert "mine.npz holds other data, and the session goes on only with the data" in refused.stderr
    other = tell("branch", "first.session", "--from", "a:0", "--set", "task.path=mine.npz", "--name", "b", "--json")
    assert other.exit_code == 2, "the same path is the same data"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("task.path=nope.npz", "nope.npz, which is not there, expected an .npz file of x_train"),
        ("task.path=", "no file, expected an .npz file"),
        ("task.batch=300", "$.task.batch: 300, expected at most 200"),
    ],
)
def test_what_can_not_be_learned_from_is_one_sentence(tell, place, setting, said):
    given = ("--set", "task.name=arrays", "--set", "task.path=mine.npz", "--set", setting)
    refused = tell("run", *SMALL, *given, "--session", "bad.session")
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert said in refused.stderr
    assert not (place / "bad.session").exists()


def test_a_file_or_a_directory_of_data_stands_for_the_default_with_these(place):
    (place / "split").mkdir()
    (place / "images").mkdir()
    np.save(place / "split" / "x.npy", np.zeros(1))
    for source, task in (("mine.npz", "arrays"), ("split", "arrays"), ("images", "image_folder")):
        table = load_table(source)
        assert table["task"] == {"name": task, "path": str(place / source)}
        assert table["branch"] == load_table(None)["branch"]


def test_a_path_is_relative_to_the_file_of_the_spec(place, monkeypatch):
    (place / "mine.toml").write_text(
        'preset = "fashion"\ntask = { name = "arrays", path = "mine.npz" }\n'
        '[[branch]]\nname = "a"\n[[branch]]\nname = "b"\ntask = { path = "~/other.npz" }\n'
    )
    monkeypatch.chdir("/")
    monkeypatch.setenv("HOME", str(place / "home"))
    one, other = (branch.plan.task for branch in parse_spec(load_table(str(place / "mine.toml"))).branches)
    assert (one.path, other.path) == (str(place / "mine.npz"), str(place / "home" / "other.npz"))


def test_the_form_asks_for_the_file_and_knows_its_cost(place):
    draft = Draft("fashion")
    fields = {field.place: field for section in draft.sections() for field in section.fields}
    draft.enter(fields["$.task.name"], "arrays")
    fields = {field.place: field for section in draft.sections() for field in section.fields}
    assert "$.task.measured" not in fields
    assert "no file, expected an .npz file" in draft.problems()["$.task.path"]
    draft.enter(fields["$.task.path"], "mine.npz")
    assert draft.problems() == {}
    assert draft.cost().parameters == 49 * 32 + 32 + 32 * 10 + 10
    draft.enter(fields["$.task.batch"], "201")
    assert "at most 200" in draft.problems()["$.task.batch"]


def test_a_notebook_hands_its_arrays_over(home, arrays, tmp_path):
    async def story() -> None:
        values = {"pruning.rounds": 1, "trainer.generations": 5, "trainer.population": 8, "network.hidden": [8]}
        data = tx.Arrays(**arrays)
        session = tx.LiveSession.create("fashion", values, tmp_path / "live.session", inline=True, data=data)
        try:
            await session.ready_async()
            finished = await session.run_round_async()
            assert finished is not None
            assert finished.score[0] > 0.05
            assert session.view.branches["snr"].plan["task"]["measured"]["test"] == 100
        finally:
            await session.stop_async()
            await session.close_async()

    asyncio.run(story())


def test_the_embedded_images_stay_the_default():
    assert type(spec_of(None, []).branches[0].plan.task) is Fashion
