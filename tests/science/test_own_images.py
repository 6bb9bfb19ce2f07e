"""A folder of images, and a prepared data set of TensorFlow Datasets, made here from small real images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ticket_explorer.errors import TicketError
from ticket_explorer.networks import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import embedded, records
from ticket_explorer.tasks.catalogue import EMBEDDED
from ticket_explorer.tasks.labelled import LabelledImages, Splits
from ticket_explorer.tasks.own_data import decoded, image_folder, tfds
from ticket_explorer.tasks.own_data.measuring import read
from ticket_explorer.tasks.own_data.settings import TFDS, ImageFolder


@pytest.fixture(scope="module")
def splits():
    """Ten training and five test images of each of three articles of clothing."""
    whole, parts = embedded.read(), []
    for part, count in ((whole.train, 10), (whole.test, 5)):
        rows = [row for row in embedded.first_of_each_class(part.labels, count) if part.labels[row] < 3]
        parts.append(LabelledImages(part.images[rows], part.labels[rows]))
    return Splits(*parts)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "user"))


def write(place: Path, part: LabelledImages, names: tuple[str, ...] = ("Bag", "Coat", "Shirt")) -> Path:
    for row, (image, label) in enumerate(zip(part.images, part.labels, strict=True)):
        (place / names[label]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(place / names[label] / f"{row:03d}.png")
    return place


@pytest.fixture
def folder(splits, tmp_path):
    write(tmp_path / "clothes" / "train", splits.train)
    write(tmp_path / "clothes" / "test", splits.test)
    return tmp_path / "clothes"


def test_images_of_a_folder_are_its_pixels(folder, splits):
    settings = ImageFolder(path=str(folder), size=28, colours="grey").taken_up()
    found = read(settings)
    order = np.argsort(splits.train.labels, kind="stable")
    np.testing.assert_array_equal(found.train.inputs, splits.train.images[order])
    np.testing.assert_array_equal(found.test.targets, np.sort(splits.test.labels))
    assert settings.measured.classes == ("Bag", "Coat", "Shirt")
    glance = ImageFolder(path=str(folder), size=28, colours="grey").facts
    assert (glance.shape, glance.outputs, glance.train, glance.test) == ((28, 28, 1), 3, 30, 15)
    assert bind(settings, MLP(hidden=(4,))).input_shape == (28, 28, 1)


def test_images_of_any_size_and_kind_are_cropped_and_scaled(folder):
    wide = Image.new("RGBA", (90, 30), (255, 0, 0, 255))
    wide.paste((0, 0, 255, 255), (30, 0, 60, 30))
    wide.save(folder / "train" / "Bag" / "000.webp", lossless=True)
    found = read(ImageFolder(path=str(folder), size=8))
    assert found.train.inputs.shape == (31, 8, 8, 3)
    square = np.broadcast_to(np.uint8([0, 0, 255]), (8, 8, 3))
    assert (found.train.inputs == square[None]).all((1, 2, 3)).sum() == 1, "the central square of the wide one"


def test_an_unsplit_folder_is_split_by_class(splits, tmp_path):
    place = write(tmp_path / "whole", splits.train)
    settings = ImageFolder(path=str(place), size=7, test_share=0.3)
    assert (settings.facts.train, settings.facts.test) == (21, 9)
    assert np.bincount(read(settings).test.targets).tolist() == [3, 3, 3]


def test_images_are_decoded_once(folder, monkeypatch):
    settings = ImageFolder(path=str(folder), size=9)
    first = read(settings)
    with monkeypatch.context() as patch:
        patch.setattr(image_folder, "_decode", None)
        np.testing.assert_array_equal(read(settings).train.inputs, first.train.inputs)
    Image.new("L", (9, 9)).save(folder / "train" / "Bag" / "000.png")
    assert read(settings).train.inputs[0].max() == 0, "a changed file is decoded anew"


@pytest.mark.parametrize("case", ["none", "missing", "file", "flat", "empty", "one", "unknown", "damaged"])
def test_a_folder_that_can_not_be_learned_from(folder, tmp_path, case):
    path, said = str(folder), ""
    if case == "none":
        path, said = "", "no directory, expected a directory with one for each class"
    elif case == "missing":
        path, said = str(tmp_path / "nope"), "nope, which is not there"
    elif case == "file":
        path, said = str(next((folder / "test").glob("*/*"))), "is no directory"
    elif case == "flat":
        path, said = str(folder / "test" / "Bag"), "has no directories"
    elif case == "empty":
        (folder / "train" / "Empty").mkdir()
        said = "Empty, which holds no image"
    elif case == "one":
        path = str(write(tmp_path / "one", LabelledImages(np.zeros((4, 2, 2, 1), np.uint8), np.zeros(4, np.uint8))))
        said = "one: The training split holds a single class, 'Bag'"
    elif case == "unknown":
        (folder / "test" / "Bag").rename(folder / "test" / "Hat")
        said = "The test split holds labels that the training split has no example of: 'Hat'"
    else:
        (folder / "train" / "Coat" / "zzz.png").write_bytes(b"nothing")
        said = "zzz.png, which can't be decoded"
    with pytest.raises(TicketError) as refused:
        ImageFolder(path=path).taken_up()
    assert refused.value.path == "$.task.path"
    assert said.casefold() in str(refused.value).casefold()


@pytest.fixture
def prepared(splits, tmp_path):
    """The same images as TFDS keeps them, in a place of their own."""
    data = EMBEDDED
    records.write(data, splits, tmp_path / "sets", lambda *_: None)
    return TFDS(dataset=data.name, directory=str(tmp_path / "sets"))


def test_a_prepared_data_set_of_tfds(prepared, splits, monkeypatch):
    glance = prepared.facts
    assert (glance.shape, glance.outputs, glance.train, glance.test) == ((28, 28, 1), 10, 30, 15)
    settings = prepared.taken_up()
    assert settings.measured.outputs == 3, "of the classes that it could have, it has these"
    found = read(settings)
    order = [bytes(image) for image in splits.test.images]
    names = [EMBEDDED.classes[label] for label in splits.test.labels]
    for image, target in zip(found.test.inputs, found.test.targets, strict=True):
        assert found.classes[target] == names[order.index(bytes(image))]
    monkeypatch.setattr(tfds, "_decode", None)
    assert bind(settings, MLP(hidden=(4,))).input_shape == (28, 28, 1), "decoded once"


def test_a_data_set_that_is_not_prepared_is_named(prepared):
    with pytest.raises(
        TicketError, match=r"\$.task.dataset: emnist/letters, which is not in .*sets, expected a prepared"
    ):
        TFDS(dataset="emnist/letters", directory=prepared.directory).taken_up()
    with pytest.raises(TicketError, match="no data set, expected its name in TensorFlow Datasets"):
        _ = TFDS().input_shape
    with pytest.raises(TicketError, match=r"can't prepare 'no_such_set'.*catalogue"):
        tfds.prepare("no_such_set", None)


def test_what_was_decoded_is_kept_by_what_it_depends_on():
    made = []

    def decode():
        made.append(1)
        return {"a": np.arange(3)}

    for what in ("x", "x", ("x", 1)):
        np.testing.assert_array_equal(decoded.kept(what, decode)["a"], [0, 1, 2])
    assert len(made) == 2
