"""In which form N networks are computed at once. Which is fastest is a matter of the device, and is measured.

Forms differ in memory and in speed, and in the last bits of what they give. So a run doesn't choose by itself:
it takes what a table says (`form_table`), and its journal says which form computed which generation.
No JAX is imported here.
"""

from typing import Literal

import msgspec
from msgspec import structs

Precision = Literal["float32", "tf32", "bfloat16"]
"""What a population's products are computed in. Weights, σ, losses and updates are float32 with all of them.

`tf32` rounds what is multiplied to 10 bits and adds up in float32, on a GPU; a CPU computes float32 instead.
`bfloat16` rounds weights, inputs and units to 7 bits.
"""


class Form(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way of computing the outputs of a population."""

    kind: str
    """A name that the network knows: `grouped`, `shared`, `rows`, `wide`."""
    group: int = 1
    """Individuals at once; with the examples at once it bounds the memory."""
    examples: int = 0
    """Examples at once; 0: all."""
    sparse: bool = False
    """Whether kept weights are gone through one by one once they are few; only where the network can."""
    together: bool = False
    """Whether replicates are computed in one batch; otherwise one after another, in the memory of one."""

    @property
    def words(self) -> str:
        """It in words: `rows, 2 individuals × 32 examples at once`."""
        individuals = f"{self.group} individual{'' if self.group == 1 else 's'}"
        examples = f" × {self.examples} examples" if self.examples else ""
        sparse = ", few weights one by one" if self.sparse else ""
        return f"{self.kind}, {individuals}{examples} at once{sparse}{', replicates together' if self.together else ''}"

    def smaller(self) -> "Form | None":
        """The next form that takes less memory; None if there is none."""
        if self.together:
            return structs.replace(self, together=False)
        if self.group > 1:
            return structs.replace(self, group=-(-self.group // 2))
        return None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a form is chosen for: everything that its speed depends on, but the device."""

    network: str
    """The network's settings that shape it, in words: `cnn filters=[8, 16] kernel_size=5`."""
    inputs: tuple[int, ...]
    """The shape of one input."""
    outputs: int
    precision: Precision = "float32"
    individuals: int
    examples: int
    replicates: int = 1

    @property
    def words(self) -> str:
        """It in words."""
        shape = "×".join(map(str, self.inputs))
        replicates = f" × {self.replicates} replicates" if self.replicates > 1 else ""
        return (
            f"{self.network} on {shape}: {self.individuals} individuals × {self.examples} examples{replicates}, "
            f"{self.precision}"
        )
