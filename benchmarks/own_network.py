"""A network of one's own, of dense layers, against the network `mlp` of the same sizes, and against `jax.vmap`.

The file is what `ticket-explorer new network` writes, without its skip, which `mlp` doesn't have. Both train the preset
`fashion`, each in its usual form.
"""

from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, speed_ratio
from benchmarks.sparse_generation import generations
from sessions.specs.sources import spec_of
from sessions.specs.spec import Plan
from ticket_explorer.networks.forms import Form

SKIP = ' + nn.Dense(self.outputs, use_bias=False, name="skip")(flat)'
DENSITIES = (1.0, 0.2, 0.02)
REPEATS = 15


def measure() -> list[Figure]:
    builtin = _plan("network.name=mlp")
    with TemporaryDirectory() as place:
        text = (files("ticket_explorer.examples") / "network.py").read_text("utf-8")
        assert SKIP in text
        file = Path(place) / "my_net.py"
        file.write_text(text.replace(SKIP, ""), "utf-8")
        own = _plan(f"network.name={file}:MyNet")
        return [figure for density in DENSITIES for figure in _figures(own, builtin, density)]


def _plan(network: str) -> Plan:
    return spec_of("fashion", [network, "network.hidden=[32]"], None, None, None, None).branches[0].plan


def _figures(own: Plan, builtin: Plan, density: float) -> list[Figure]:
    together = Form(kind="grouped", group=builtin.trainer.individuals or 1, together=True)
    ours = generations(own, density)
    against = speed_ratio(ours, generations(builtin, density), REPEATS)
    vmapped = speed_ratio(ours, generations(own, density, form=together), REPEATS)
    name = f"generations of an own network of dense layers at density {density:g} against"
    return [
        Figure(f"{name} the network mlp, speed", against, 0.9, at_least=True),
        Figure(f"{name} jax.vmap of all individuals, speed", vmapped, 1.0, at_least=True),
    ]
