"""Arrays of one's own: what can be learned from, what is measured, and what is refused with a sentence."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from msgspec import structs
from numpy.lib import format as npy

from ticket_explorer.errors import TicketError
from ticket_explorer.networks import CNN, MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks.own_data.given import Arrays as Given
from ticket_explorer.tasks.own_data.measuring import fingerprint, read
from ticket_explorer.tasks.own_data.settings import Arrays, Measured

pytestmark = pytest.mark.thorough

KEY = jax.random.key(3)
IMAGES = np.random.RandomState(0).randint(0, 256, (30, 6, 5)).astype(np.uint8)
LABELS = np.arange(30) % 3


def arrays(**changed: Any) -> dict[str, Any]:
    """20 training and 10 test examples of three classes, with some arrays replaced; None leaves one out."""
    whole = {"x_train": IMAGES[:20], "y_train": LABELS[:20], "x_test": IMAGES[20:], "y_test": LABELS[20:], **changed}
    return {name: array for name, array in whole.items() if array is not None}


@pytest.fixture
def task(tmp_path):
    """Settings of the task whose file holds some arrays."""

    def made(settings: dict[str, Any] | None = None, **changed: Any) -> Arrays:
        np.savez(tmp_path / "mine.npz", **arrays(**changed))
        return Arrays(path=str(tmp_path / "mine.npz"), **(settings or {}))

    return made


def test_images_get_a_channel_and_what_is_measured_standardises_them(task):
    settings = task().taken_up()
    found = settings.measured
    assert (found.shape, found.outputs, found.train, found.test, found.itemsize) == ((6, 5, 1), 3, 20, 10, 1)
    np.testing.assert_allclose(found.mean, IMAGES[:20].mean() / 255, rtol=1e-5)
    np.testing.assert_allclose(found.deviation, IMAGES[:20].std() / 255, rtol=1e-5)
    problem = bind(settings, MLP(hidden=(4,)))
    assert problem.train.pixels.dtype == jnp.uint8
    inputs = np.asarray(problem._standardise(problem.train.pixels))
    assert (abs(inputs.mean()) < 1e-4, abs(inputs.std() - 1) < 1e-4) == (True, True)


def test_vectors_are_standardised_feature_by_feature_and_a_constant_one_stays_finite(task):
    x = np.random.RandomState(1).normal((2000.0, -3.0, 7.0), (0.1, 50.0, 0.0), (30, 3))
    settings = task(x_train=x[:20], x_test=x[20:]).taken_up()
    problem = bind(settings, MLP(hidden=(4,)))
    assert problem.input_shape == (3,)
    inputs = np.asarray(problem._standardise(problem.train.pixels))
    np.testing.assert_allclose(inputs.mean(0), 0, atol=2e-2)
    np.testing.assert_allclose(inputs.std(0)[:2], 1, rtol=1e-3)
    assert settings.measured.deviation[2] == 1.0
    assert np.isfinite(float(problem.score(KEY, problem.initialise(KEY), ())))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (LABELS + 1, ("1", "2", "3")),
        (np.array(["cat", "dog", "émeu"])[LABELS], ("cat", "dog", "émeu")),
        (np.array([b"a", b"b", b"c"])[LABELS], ("a", "b", "c")),
        (LABELS.astype(float)[:, None] * 10 - 7, ("-7", "3", "13")),
        (LABELS > 0, ("0", "1")),
    ],
)
def test_labels_of_any_kind_become_classes_whose_names_are_kept(task, labels, names):
    settings = task(y_train=labels[:20], y_test=labels[20:]).taken_up()
    assert settings.measured.classes == names
    numbers = bind(settings, MLP(hidden=(4,))).train.labels
    np.testing.assert_array_equal(numbers, np.unique(labels[:20], return_inverse=True)[1].ravel())


def test_numbers_of_any_type_are_the_same_images(task):
    problem = bind(known := task().taken_up(), MLP(hidden=(4,)))
    for kind in ("i8", "u2"):
        assert task(x_train=IMAGES[:20].astype(kind)).taken_up() == known
    floats = task(x_train=IMAGES[:20].astype("f8"), x_test=IMAGES[20:].astype("f8")).taken_up()
    assert floats.measured.itemsize == 4
    same = bind(floats, MLP(hidden=(4,)))
    np.testing.assert_allclose(problem.draw(KEY)[0], same.draw(KEY)[0], rtol=1e-4, atol=1e-5)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"y_train": np.zeros(20, int), "y_test": np.zeros(10, int)}, "a single class, 0"),
    ({"y_test": LABELS[20:] + 1}, "y_test holds labels that y_train has no example of: 3. Move"),
    ({"x_train": np.where(np.arange(20)[:, None, None] == 4, np.nan, IMAGES[:20])}, r"30 values are NaN.*\[4, 0, 0\]"),
    ({"x_test": np.full((10, 6, 5), 1e300)}, "300 values are NaN or infinite in x_test"),
    ({"x_train": IMAGES[:19]}, "x_train holds 19 examples and y_train 20 targets. Give"),
    ({"x_test": IMAGES[:0], "y_test": LABELS[:0]}, "x_test is empty"),
    ({"x_train": IMAGES[:0], "y_train": LABELS[:0]}, "x_train is empty"),
    ({"x_train": IMAGES[:20, None], "x_test": IMAGES[20:, None]}, r"\[20, 1, 6, 5\].*first.*numpy.moveaxis.*\[:, 0\]"),
    ({"x_test": IMAGES[20:, :4]}, r"x_train have the shape \[6, 5\] and those of x_test \[4, 5\]"),
    ({"x_train": np.zeros(20)}, r"x_train has the shape \[20\]. Give images"),
    ({"x_train": np.zeros((20, 2, 2, 2, 2))}, "Give images"),
    ({"x_train": np.full((20, 6, 5), "a")}, "x_train holds texts"),
    ({"x_train": np.full((20, 6, 5), 1j)}, "x_train holds complex128"),
    ({"y_train": np.eye(3)[LABELS[:20]]}, r"labels are one for each example. Write y_train.argmax\(1\)"),
    ({"y_train": LABELS[:20] / 2}, 'y_train holds 0.5.*loss = "mse"'),
    ({"y_train": LABELS[:20].astype(str)}, "one of .*texts, the other one numbers|holds texts"),
    ({"y_train": np.array([{"a": 1}] * 20)}, "y_train holds Python objects, which are never unpickled"),
    ({"x_train": np.array([IMAGES[0]] * 19 + [None], object)}, "x_train holds Python objects"),
    ({"x_test": None, "y_test": None}, "mine.npz with x_train, y_train, expected arrays called"),
]


@pytest.mark.parametrize(("changed", "said"), BAD)
def test_what_can_not_be_learned_from_is_refused_with_the_file_s_place(task, changed, said):
    for known in (lambda settings: settings.taken_up(), lambda settings: settings.facts):
        error = refusal(known, task(**changed))
        if error is not None:
            assert error.path == "$.task.path"
            assert re.search(said, str(error), re.IGNORECASE)
            assert "mine.npz" in str(error)
    assert refusal(lambda settings: settings.taken_up(), task(**changed)) is not None, "at the latest when it is read"


def refusal(act: Callable[[Arrays], object], settings: Arrays) -> TicketError | None:
    try:
        act(settings)
    except TicketError as error:
        return error
    return None


def test_arrays_that_claim_more_than_memory_are_never_made(tmp_path):
    """A small file, of zeros or of nothing, may claim any size."""
    np.savez(tmp_path / "bomb.npz", **arrays())
    head = io.BytesIO()
    npy.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (20, 10**9, 10**9)})
    with zipfile.ZipFile(tmp_path / "bomb.npz") as whole, zipfile.ZipFile(tmp_path / "worse.npz", "w") as worse:
        for name in whole.namelist():
            worse.writestr(name, head.getvalue() if name == "x_train.npy" else whole.read(name))
    with pytest.raises(TicketError, match=r"x_train says that it has 20,000,000,000 GB, and the machine has"):
        Arrays(path=str(tmp_path / "worse.npz")).taken_up()


def test_pickled_objects_are_never_loaded(tmp_path):
    """A file whose pickle would leave a mark."""

    class Hostile:
        def __reduce__(self):
            return (open, (str(tmp_path / "mark"), "w"))

    np.savez(tmp_path / "hostile.npz", **arrays(y_train=np.array([Hostile()] * 20, object)))
    with pytest.raises(TicketError, match="never unpickled"):
        Arrays(path=str(tmp_path / "hostile.npz")).taken_up()
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("damage", ["text", "cut", "member", "missing", "none", "directory"])
def test_a_file_that_is_none_is_named(tmp_path, damage):
    place = tmp_path / "mine.npz"
    np.savez(place, **arrays())
    whole = place.read_bytes()
    if damage == "text":
        place.write_text("x,y\n1,2\n")
    elif damage == "cut":
        place.write_bytes(whole[: len(whole) // 2])
    elif damage == "member":
        with zipfile.ZipFile(place, "w") as archive:
            for name in arrays():
                archive.writestr(f"{name}.npy", b"nothing")
    elif damage in ("missing", "directory"):
        place.unlink()
        if damage == "directory":
            place.mkdir()
    with pytest.raises(TicketError) as refused:
        Arrays(path="" if damage == "none" else str(place)).taken_up()
    assert refused.value.path == "$.task.path"
    assert ("no file" if damage == "none" else "mine.npz") in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "changed", "said"),
    [
        ({"batch": 21}, {}, r"\$.task.batch: 21, expected at most 20: there are no more training examples in mine.npz"),
        ({"pool": 4}, {}, r"\$.task.pool: 4, expected a divisor of the images' 6×5"),
        (
            {"pool": 2},
            {"x_train": np.zeros((20, 4)), "x_test": np.zeros((10, 4))},
            r"\$.task.pool: 2, expected none: examples of mine.npz are vectors",
        ),
        (
            {"test_share": 0.01},
            {"x_train": None, "y_train": None, "x_test": None, "y_test": None, "x": IMAGES, "y": LABELS},
            r"\$.task.test_share: 0.01, expected a larger share: of 30 examples none",
        ),
    ],
)
def test_settings_that_do_not_fit_the_data_are_refused(task, settings, changed, said):
    with pytest.raises(TicketError, match=said):
        _ = task(settings, **changed).input_shape
    with pytest.raises(TicketError, match=said):
        bind(task(settings, **changed), MLP(hidden=(4,)))


def test_networks_of_images_refuse_vectors(task):
    settings = task(x_train=np.zeros((20, 4)), x_test=np.zeros((10, 4)))
    with pytest.raises(TicketError, match=r"cnn, expected mlp: inputs of shape \(4,\) are not images"):
        CNN().layers(settings.input_shape, settings.outputs)
    with pytest.raises(TicketError, match="use the network 'mlp'"):
        bind(settings, CNN())


def test_a_small_set_is_its_own_batch(task):
    assert task().batch_size == 20
    assert bind(task(), MLP(hidden=(4,))).batch == 20


def test_x_and_y_are_split_by_class_and_by_seed(task):
    left_out = dict.fromkeys(("x_train", "y_train", "x_test", "y_test"))
    labels = np.array(["often"] * 24 + ["seldom"] * 5 + ["once"])

    def splits(**settings: Any) -> Any:
        return read(task(settings, **left_out, x=IMAGES, y=labels))

    first = splits(test_share=0.2)
    assert np.bincount(first.test.targets, minlength=3).tolist() == [5, 0, 1]
    assert len(first.train.inputs) == 24
    assert fingerprint(first) == fingerprint(splits(test_share=0.2))
    assert fingerprint(first) != fingerprint(splits(test_share=0.2, split_seed=1))
    whole = np.concatenate([first.train.inputs, first.test.inputs])[..., 0]
    assert sorted(map(bytes, whole)) == sorted(map(bytes, IMAGES))


def test_numbers_are_predicted_by_squared_error_and_scored_by_r_squared(task):
    x = np.random.RandomState(2).normal(size=(30, 4))
    y = np.stack([x @ [1.0, -2, 0, 3] * 100 + 5000, x[:, 0] * 1e-3], 1)
    settings = task({"loss": "mse"}, x_train=x[:20], x_test=x[20:], y_train=y[:20], y_test=y[20:]).taken_up()
    assert (settings.measured.outputs, settings.measured.classes) == (2, ())
    problem = bind(settings, MLP(hidden=(4,)))
    theta = problem.initialise(KEY)
    layers = problem.layout.unflatten(theta)
    test = np.asarray(problem._standardise(problem.test.pixels))
    hidden = np.maximum(test @ layers["dense_0"]["kernel"] + layers["dense_0"]["bias"], 0)
    outputs = np.asarray(hidden @ layers["dense_1"]["kernel"] + layers["dense_1"]["bias"])
    predicted = outputs * settings.measured.target_deviation + settings.measured.target_mean
    errors, spread = ((predicted - y[20:]) ** 2).sum(0), ((y[20:] - y[20:].mean(0)) ** 2).sum(0)
    np.testing.assert_allclose(problem.score(KEY, theta, ()), (1 - errors / spread).mean(), rtol=1e-3)
    standard = (y[20:] - settings.measured.target_mean) / settings.measured.target_deviation
    found = problem.evaluate(KEY, theta[None], ())
    np.testing.assert_allclose(found.loss[0], ((outputs - standard) ** 2).mean(), rtol=1e-3)
    np.testing.assert_allclose(found.score[0], problem.score(KEY, theta, ()), rtol=1e-4)
    np.testing.assert_allclose(
        problem.losses(theta, (problem.test.pixels, problem.test.labels)),
        ((outputs - standard) ** 2).mean(1),
        rtol=1e-3,
    )
    np.testing.assert_allclose(-problem.loss(KEY, theta), problem.fitness(KEY, theta[None], ())[0][0], rtol=1e-6)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"y_train": np.ones(20)}, "y_train all its numbers are 1"),
        ({"y_train": np.where(np.arange(20) == 3, np.inf, 1.0)}, "1 value is NaN or infinite in y_train"),
        ({"y_train": np.full(20, "a")}, "y_train holds texts"),
        ({"y_train": np.eye(20)[:, :3]}, "3 numbers an example and y_test 1"),
    ],
)
def test_what_can_not_be_predicted_is_refused(task, changed, said):
    with pytest.raises(TicketError, match=said):
        task({"loss": "mse"}, **changed).taken_up()


def test_other_data_are_refused_wherever_the_same_ones_may_be(task, tmp_path, monkeypatch):
    settings = task().taken_up()
    place = tmp_path / "mine.npz"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place.rename(elsewhere / "mine.npz")
    with pytest.raises(
        TicketError, match=r"mine.npz is not there, and the session goes on only with .*\(20 \+ 10 images"
    ):
        bind(settings, MLP(hidden=(4,)))
    monkeypatch.chdir(elsewhere)
    assert bind(settings, MLP(hidden=(4,))).batch == 20
    task(y_train=LABELS[1:21])
    assert bind(settings, MLP(hidden=(4,))).batch == 20, "the same name here is looked at, and has the right content"
    (elsewhere / "mine.npz").unlink()
    with pytest.raises(TicketError, match="holds other data, and the session goes on only"):
        bind(settings, MLP(hidden=(4,)))


def test_arrays_of_python_are_written_once_by_content(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    names = np.array(["a", "b", "c"], object)[LABELS]
    given = Given(**arrays(y_train=names[:20].tolist(), y_test=names[20:]))
    settings = given.task(Arrays(batch=7))
    changed = (place := given.keep()).stat().st_mtime_ns
    assert (settings.path, settings.batch) == (str(place), 7)
    assert place.stem == settings.taken_up().measured.sha256
    assert given.keep().stat().st_mtime_ns == changed
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    with pytest.raises(TicketError, match="y_train is object"):
        Given(IMAGES, np.array([None] * 30), IMAGES, LABELS).keep()


def test_measurements_that_do_not_fit_their_shape_are_refused(task):
    settings = task().taken_up()
    broken = structs.replace(settings, measured=structs.replace(settings.measured, mean=(0.0, 1.0)))
    with pytest.raises(TicketError, match=r"\$.task.measured.mean: 2 values, expected 1"):
        broken.check()
    settings.check()
    assert isinstance(settings.measured, Measured)


def test_a_directory_of_npy_files_is_the_same(task, tmp_path):
    settings = task().taken_up()
    (tmp_path / "mine").mkdir()
    for name, array in arrays().items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        (tmp_path / "mine" / f"{name}.npy").write_bytes(buffer.getvalue())
    assert Arrays(path=str(tmp_path / "mine")).taken_up().measured == settings.measured
