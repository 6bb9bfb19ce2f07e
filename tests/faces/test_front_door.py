import subprocess
import sys
from importlib.resources import files

import pytest

import ticket_explorer as tx

LIGHT = """
import sys
from importlib.resources import files
import ticket_explorer as tx
assert not {"jax", "numpy", "msgspec", "sessions", "widgets"} & set(sys.modules), "at import"
assert "fashion" in tx.preset_names()
tx.parse_spec(tx.load_preset("fashion"))
assert "jax" not in sys.modules, "for a spec"
assert tx.Session.__name__ == "Session"
"""


def test_the_command_line_starts_without_jax():
    code = "import sys, widgets.cli; assert not {'jax', 'evosax', 'textual'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_importing_it_imports_nothing_heavy():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)


def test_every_public_name_is_there():
    for name in tx.__all__:
        assert getattr(tx, name) is not None
        assert name in dir(tx)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = tx.nonsense


def test_subpackages_are_still_packages():
    from ticket_explorer import presets

    assert presets.names() == tx.preset_names()


@pytest.mark.parametrize("package", ["ticket_explorer", "sessions", "widgets"])
def test_types_are_published(package):
    assert (files(package) / "py.typed").is_file()
