"""Sessions on one's own data: the same bits again, the same data only, and paths that are where the spec is."""

import numpy as np
import pytest

import sessions.session.session
import ticket_explorer as tx
from sessions.plans.problems import Problems
from sessions.reports.json_report import report
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import TicketError
from ticket_explorer.tasks import embedded

pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("own_problems")]
FIELDS = {"name": "arrays", "batch": 64}


@pytest.fixture
def own_problems(monkeypatch):
    """Sessions of this file load their data themselves, as they do in processes of their own."""
    monkeypatch.setattr(sessions.session.session, "Problems", Problems)


@pytest.fixture(scope="module")
def arrays():
    """Real images: 300 + 100 of Fashion-MNIST, pooled to 7×7."""
    splits = embedded.read()
    parts = {}
    for name, part, count in (("train", splits.train, 300), ("test", splits.test, 100)):
        rows = embedded.first_of_each_class(part.labels, count // 10)
        parts[f"x_{name}"] = part.images[rows].reshape(-1, 7, 4, 7, 4).mean((2, 4)).astype(np.uint8)
        parts[f"y_{name}"] = part.labels[rows]
    return parts


@pytest.fixture
def file(arrays, tmp_path):
    np.savez(tmp_path / "mine.npz", **arrays)
    return tmp_path / "mine.npz"


def test_a_session_keeps_what_was_measured_and_goes_on_with_the_same_bits(lab, file):
    task = {**FIELDS, "path": str(file)}
    whole = lab.finished(task=task)
    with lab.create("parts", task=task) as session:
        session.step(70)
    with Session.open(session.path) as session:
        session.run()
    lab.assert_same(whole, session.path, 3)
    measured = read_header(SessionDirectory(whole)).spec["branch"][0]["task"]["measured"]
    assert (measured["shape"], measured["train"], len(measured["classes"])) == ([7, 7, 1], 300, 10)
    assert all(branch.plan["task"]["measured"] == measured for branch in read_view(whole).branches.values())


def test_it_refuses_other_data_and_stays_whole(lab, arrays, file):
    with lab.create(task={**FIELDS, "path": str(file)}) as session:
        session.run_round()
    np.savez(file, **{**arrays, "y_train": arrays["y_train"][::-1]})
    with Session.open(session.path) as session, pytest.raises(TicketError, match=r"mine.npz holds other data"):
        session.step(1)
    assert read_view(session.path).branches["snr"].rounds[0].finished is not None
    with Session.open(session.path) as session, pytest.raises(TicketError, match=r"mine.npz holds other data"):
        session.branch("snr", 0, overrides={"trainer": {"population": 10}})
    np.savez(file, **arrays)
    with Session.open(session.path) as session:
        session.run_round()


def test_a_branch_with_another_file_measures_that(lab, arrays, file, tmp_path):
    np.savez(tmp_path / "other.npz", **{**arrays, "x_train": arrays["x_train"] // 2})
    with lab.create(task={**FIELDS, "path": str(file)}) as session:
        session.run_round()
        name = session.branch("snr", 0, overrides={"task": {"path": str(tmp_path / "other.npz")}})
        smaller = session.branch("snr", 0, overrides={"task": {"batch": 32}})
        one, other, same = (session.view.branches[known].plan["task"] for known in ("snr", name, smaller))
    assert one["measured"]["sha256"] != other["measured"]["sha256"]
    assert other["measured"]["mean"][0] == pytest.approx(one["measured"]["mean"][0] / 2, rel=0.02)
    assert same == {**one, "batch": 32}


def test_a_relative_path_is_kept_as_it_is_from_everywhere(lab, file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with lab.create(task={**FIELDS, "path": "mine.npz"}) as session:
        assert session.view.branches["snr"].plan["task"]["path"] == str(file)


def test_arrays_from_python_take_the_place_of_the_task(lab, arrays, monkeypatch, tmp_path):
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    with tx.Session.create(lab.spec(), lab.path("given"), data=tx.Arrays(**arrays)) as session:
        session.step(2)
        assert session.view.branches["snr"].plan["task"]["name"] == "arrays"
    with tx.Session.create(lab.spec(task={**FIELDS, "batch": 10}), lab.path("kept"), data=tx.Arrays(**arrays)) as other:
        assert other.view.branches["snr"].plan["task"]["batch"] == 10
    assert len(list((tmp_path / "home" / "data" / "own").iterdir())) == 1
    with Session.open(session.path) as session:
        session.run_round()
        shown = report(session.path, session.header, session.view)
    assert shown["branches"][0]["rounds"][0]["score"] > 0.3


def test_filters_larger_than_images_are_refused(lab, file, arrays):
    for network, said in (
        ({"name": "minatar_cnn", "kernel_size": 9}, r"\$.network.kernel_size: 9, expected at most 7"),
        ({"name": "cnn", "kernel_size": 9}, r"\$.network.kernel_size: 9, expected at most 7"),
    ):
        with pytest.raises(TicketError, match=said):
            lab.create(task={**FIELDS, "path": str(file)}, network=network)


def test_numbers_can_be_predicted(lab, tmp_path):
    x = np.random.RandomState(0).normal(size=(200, 3))
    np.savez(tmp_path / "numbers.npz", x=x, y=x @ [3.0, -1, 0] + 40)
    task = {"name": "arrays", "path": str(tmp_path / "numbers.npz"), "loss": "mse"}
    with lab.create(task=task, pruning={"rounds": 1}) as session:
        session.run()
        assert session.view.branches["snr"].rounds[0].finished.score[0] > 0.5


def test_a_spec_without_its_file_is_planned_and_refused_when_it_begins(lab):
    spec = parse_spec({"task": {"name": "arrays"}})
    with pytest.raises(TicketError, match=r"\$.task.path: no file, expected an .npz file of x_train"):
        Session.create(spec, lab.path())
