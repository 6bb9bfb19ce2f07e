"""The paper's CNN preset (128 individuals × 1024 images) on a GPU: projected time of its 20 × 4000 generations.

Real MNIST is used if it is prepared; otherwise the shipped Fashion-MNIST images at full size, which cost the same.
"""

import jax

from benchmarks.figures import Figure, seconds
from benchmarks.sparse_generation import generations
from sessions.specs.spec import parse_plan
from ticket_explorer import presets

COUNT = 200
TOTAL = 20 * 4000


def measure() -> list[Figure]:
    if jax.default_backend() == "cpu":
        print("paper preset: no GPU here, not measured")
        return []
    table = presets.load("mnist-snes") | {"task": {"name": "fashion", "pool": 1, "batch": 1024}}
    table.pop("branch")
    plan = parse_plan({key: table[key] for key in ("task", "network", "trainer")})
    one, five = (generations(plan, 1.0, replicates, COUNT) for replicates in (1, 5))
    one(), five()
    alone = min(seconds(one) for _ in range(3))
    together = min(seconds(five) for _ in range(3))
    print(f"paper preset: {COUNT / alone:.1f} generations a second")
    return [
        Figure("20 × 4000 generations of the paper's CNN, projected", TOTAL * alone / COUNT / 60, 10, False, "min"),
        Figure("five replicates together against one, time", together / alone, 3, at_least=False),
    ]
