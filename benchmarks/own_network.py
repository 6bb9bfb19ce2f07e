"""Networks of one's own against built-in ones of the same sizes, `mlp` and `cnn`, and against `jax.vmap`.

The dense one is what `ticket-explorer new network` writes, without its skip, which `mlp` doesn't have. All train the
preset `fashion`, each in its usual form.
"""

from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, speed_ratio
from benchmarks.sparse_generation import GENERATIONS, generations
from sessions.specs.sources import spec_of
from sessions.specs.spec import Plan
from ticket_explorer.networks.forms import Form

SKIP = ' + nn.Dense(self.outputs, use_bias=False, name="skip")(flat)'
CNN = """
from flax import linen as nn

class MyCNN(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        for filters in (8, 16):
            x = nn.max_pool(nn.relu(nn.Conv(filters, (5, 5))(x)), (2, 2), strides=(2, 2))
        return nn.Dense(self.outputs)(x.reshape(x.shape[0], -1))
"""
"""The layers of the network `cnn`, as its author would write them."""
DENSITIES = (1.0, 0.2, 0.02)
REPEATS = 15
CNN_GENERATIONS, CNN_REPEATS = 2, 7


def measure() -> list[Figure]:
    builtin = _plan("network.name=mlp", "network.hidden=[32]")
    with TemporaryDirectory() as place:
        text = (files("ticket_explorer.examples") / "network.py").read_text("utf-8")
        assert SKIP in text
        file = Path(place) / "my_net.py"
        file.write_text(text.replace(SKIP, ""), "utf-8")
        own = _plan(f"network.name={file}:MyNet", "network.hidden=[32]")
        dense = [
            figure
            for density in DENSITIES
            for figure in _figures(own, builtin, density, "an own network of dense layers", "mlp")
        ]
        file.write_text(CNN, "utf-8")
        own, builtin = _plan(f"network.name={file}:MyCNN"), _plan("network.name=cnn")
        return dense + [
            figure
            for density in DENSITIES[:2]
            for figure in _figures(own, builtin, density, "an own network of convolutions", "cnn")
        ]


def _plan(*settings: str) -> Plan:
    return spec_of("fashion", list(settings), None, None, None, None).branches[0].plan


def _figures(own: Plan, builtin: Plan, density: float, what: str, known: str) -> list[Figure]:
    together = Form(kind="grouped", group=builtin.trainer.individuals or 1, together=True)
    count, repeats = (CNN_GENERATIONS, CNN_REPEATS) if known == "cnn" else (GENERATIONS, REPEATS)
    ours = generations(own, density, count=count)
    against = speed_ratio(ours, generations(builtin, density, count=count), repeats)
    vmapped = speed_ratio(ours, generations(own, density, count=count, form=together), repeats)
    name = f"generations of {what} at density {density:g} against"
    return [
        Figure(f"{name} the network {known}, speed", against, 0.9, at_least=True),
        Figure(f"{name} jax.vmap of all individuals, speed", vmapped, 1.0, at_least=True),
    ]
