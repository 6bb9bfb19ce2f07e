"""Preparing and reading data sets, without TensorFlow and without a network."""

import gzip
import io
import os
import re
import socket
import subprocess
import sys
import tarfile
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from ticket_explorer.errors import TicketError
from ticket_explorer.places import data_dir
from ticket_explorer.tasks import datasets, download
from ticket_explorer.tasks.catalogue import DATA_SETS, RawFile
from ticket_explorer.tasks.raw_files import read_raw

RAW = Path(os.environ.get("TICKET_EXPLORER_RAW_DATA", Path(__file__).parents[3] / "shared" / "data"))
TRAIN, TEST = 1300, 20
"""Sizes of the synthetic data sets; more than one step of records."""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of its own for each test, and no network."""

    def refuse(*args, **kwargs):
        raise AssertionError("a test reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(header + array.tobytes(), 1)


def synthetic(name, directory, monkeypatch, contents):
    """Write `contents` as the raw files of `name`, and put their checksums into the catalogue."""
    directory.mkdir(parents=True)
    known = DATA_SETS[name].files
    raw = []
    for file, content in zip(known, contents, strict=True):
        (directory / file.name).write_bytes(content)
        raw.append(RawFile(file.name, len(content), sha256(content).hexdigest()))
    monkeypatch.setitem(DATA_SETS, name, replace(DATA_SETS[name], files=tuple(raw), train=TRAIN, test=TEST))


@pytest.fixture
def two(tmp_path, monkeypatch):
    """Raw files of two data sets that share their names, and their pixels by name."""
    pixels, random = {}, np.random.default_rng(0)
    for name in ("mnist", "fashion_mnist"):
        arrays = [
            array
            for count in (TRAIN, TEST)
            for array in (random.integers(0, 256, (count, 28, 28), np.uint8), random.integers(0, 10, count, np.uint8))
        ]
        synthetic(name, tmp_path / name, monkeypatch, [idx(array) for array in arrays])
        pixels[name] = arrays
    return pixels


def in_any_order(labelled):
    """The images with their labels, sorted: records are shuffled."""
    rows = np.column_stack([labelled.labels, labelled.images.reshape(len(labelled.labels), -1)])
    return sorted(map(bytes, rows))


def same(found, expected):
    return all(
        in_any_order(getattr(found, split)) == in_any_order(getattr(expected, split)) for split in ("train", "test")
    )


def test_data_sets_with_the_same_file_names_keep_their_own_pixels(two, tmp_path):
    for name in two:
        path = datasets.prepare(name, tmp_path / name)
        assert path == data_dir() / name / "3.0.1"
    first, second = (datasets.read(name) for name in two)
    assert not same(first, second)
    for name, splits in zip(two, (first, second), strict=True):
        assert same(splits, read_raw(DATA_SETS[name], tmp_path / name))
        np.testing.assert_array_equal(np.sort(splits.test.images, None), np.sort(two[name][2], None))


def test_images_are_decoded_once(two, tmp_path, monkeypatch):
    stages = []
    datasets.prepare("mnist", tmp_path / "mnist", lambda what, done, total: stages.append((what, done, total)))
    assert {what for what, _, _ in stages} == {"writing MNIST, train", "writing MNIST, test", "decoding MNIST"}
    assert all(done <= total for _, done, total in stages)
    monkeypatch.setattr(datasets, "find_spec", lambda name: None)
    assert datasets.read("mnist").train.images.shape == (TRAIN, 28, 28, 1)
    assert datasets.prepare("mnist") == data_dir() / "mnist" / "3.0.1"


def test_status_tells_what_is_prepared(two, tmp_path):
    assert [status.name for status in datasets.status()] == list(DATA_SETS)
    assert not any(status.prepared for status in datasets.status())
    datasets.prepare("mnist", tmp_path / "mnist")
    assert [status.name for status in datasets.status() if status.prepared] == ["mnist"]


def test_records_that_lack_images_are_refused(two, tmp_path, monkeypatch):
    datasets.prepare("mnist", tmp_path / "mnist")
    for cached in datasets.cache_dir().glob("data/*.npz"):
        cached.unlink()
    monkeypatch.setitem(DATA_SETS, "mnist", replace(DATA_SETS["mnist"], train=60_000))
    with pytest.raises(TicketError, match="holds 1,300 train and 20 test images, and MNIST has 60,000 and 20; remove"):
        datasets.read("mnist")


def test_missing_data_are_explained_at_once(home):
    with pytest.raises(TicketError) as error:
        datasets.read("cifar10")
    for words in (str(home / "data"), "`ticket-explorer data prepare cifar10`", "170 MB", "--from DIR", "`fashion`"):
        assert words in str(error.value)


def test_a_missing_reader_is_explained(monkeypatch):
    monkeypatch.setattr(datasets, "find_spec", lambda name: None)
    with pytest.raises(TicketError, match=re.escape('pip install "ticket-explorer[data]"')):
        datasets.read("mnist")
    with pytest.raises(TicketError, match="tensorflow_datasets and array_record is not installed"):
        datasets.prepare("mnist")


def test_an_unknown_data_set_lists_the_known():
    with pytest.raises(
        TicketError, match="unknown data set 'minst'; did you mean mnist\\? Known: cifar10, fashion_mnist"
    ):
        datasets.read("minst")


def test_files_of_another_data_set_are_recognised(two, tmp_path):
    with pytest.raises(
        TicketError, match=r"fashion_mnist.train-images-idx3-ubyte\.gz is not MNIST's .*: it is Fashion-MN"
    ):
        datasets.prepare("mnist", tmp_path / "fashion_mnist")


def test_damaged_and_missing_files_are_named(two, tmp_path):
    path = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(b"damaged")
    with pytest.raises(TicketError, match=r"t10k-labels-idx1-ubyte\.gz is not MNIST's .* SHA-256 is .*…, expected"):
        datasets.prepare("mnist", tmp_path / "mnist")
    path.unlink()
    with pytest.raises(TicketError, match=r"t10k-labels-idx1-ubyte\.gz is missing; MNIST is prepared from these files"):
        datasets.prepare("mnist", tmp_path / "mnist")


def test_downloads_are_checked_and_used(two, tmp_path, monkeypatch):
    asked = []

    def answer(address, timeout):
        asked.append(address)
        return io.BytesIO((tmp_path / "mnist" / address.rpartition("/")[2]).read_bytes())

    monkeypatch.setattr(download, "urlopen", answer)
    datasets.prepare("mnist")
    assert asked == [DATA_SETS["mnist"].url + file.name for file in DATA_SETS["mnist"].files]
    assert same(datasets.read("mnist"), read_raw(DATA_SETS["mnist"], tmp_path / "mnist"))


def test_a_failed_download_is_one_sentence(monkeypatch):
    def fail(address, timeout):
        raise URLError("Name or service not known")

    monkeypatch.setattr(download, "urlopen", fail)
    with pytest.raises(TicketError, match=r"could not be downloaded \(Name or service not known\); .* --from DIR"):
        datasets.prepare("cifar10")


def cifar_pixels():
    """1,320 images: CIFAR-10's own where they are at hand, noise elsewhere."""
    path = RAW / "cifar10_lossless_subset.npz"
    if path.is_file():
        with np.load(path) as arrays:
            return arrays["x_train"][: TRAIN + TEST], arrays["y_train"][: TRAIN + TEST]
    random = np.random.default_rng(0)
    return random.integers(0, 256, (TRAIN + TEST, 32, 32, 3), np.uint8), random.integers(0, 10, TRAIN + TEST, np.uint8)


def test_the_binary_archive_of_cifar_10_is_prepared(tmp_path, monkeypatch):
    images, labels = cifar_pixels()
    records = np.concatenate([labels[:, None], images.transpose(0, 3, 1, 2).reshape(len(labels), -1)], 1)
    parts = [*np.split(records[:TRAIN], 5), records[TRAIN:]]
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name, part in zip(names, parts, strict=True):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = part.nbytes
            archive.addfile(member, io.BytesIO(part.tobytes()))
    synthetic("cifar10", tmp_path / "raw", monkeypatch, [packed.getvalue()])
    raw = read_raw(DATA_SETS["cifar10"], tmp_path / "raw")
    np.testing.assert_array_equal(np.concatenate([raw.train.images, raw.test.images]), images)
    np.testing.assert_array_equal(np.concatenate([raw.train.labels, raw.test.labels]), labels)
    datasets.prepare("cifar10", tmp_path / "raw")
    assert same(datasets.read("cifar10"), raw)


@pytest.mark.parametrize("name", DATA_SETS)
def test_checksums_are_those_that_tfds_registers(name):
    lines = files("tensorflow_datasets").joinpath(f"url_checksums/{name}.txt").read_text().splitlines()
    registered = {fields[3]: (int(fields[1]), fields[2]) for fields in (line.split("\t") for line in lines)}
    assert {file.name: (file.size, file.sha256) for file in DATA_SETS[name].files} == registered
    assert DATA_SETS[name].url.startswith("https://")


def test_neither_jax_nor_tfds_is_imported_before_it_is_needed():
    code = (
        "import sys; from ticket_explorer.tasks import datasets; datasets.status();"
        "print(sorted({'jax', 'tensorflow_datasets', 'tensorflow'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.skipif(not (RAW / "mnist").is_dir(), reason=f"no raw MNIST files in {RAW}")
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_real_data_sets_are_prepared_whole(name):
    datasets.prepare(name, RAW / name)
    splits, raw = datasets.read(name), read_raw(DATA_SETS[name], RAW / name)
    assert same(splits, raw)
    pixels = splits.train.images / np.float32(255)
    assert pixels.mean(dtype=np.float64) == pytest.approx(DATA_SETS[name].mean[0], abs=1e-4)
    assert pixels.std(dtype=np.float64) == pytest.approx(DATA_SETS[name].deviation[0], abs=1e-4)
