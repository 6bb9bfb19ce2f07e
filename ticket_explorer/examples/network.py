"""A network of my own: any module of flax.linen.

Run it with: ticket-explorer run fashion --set network.name=FILE:MyNet --set network.hidden=[64,32]
Try it without: python FILE
"""

import jax
import jax.numpy as jnp
from flax import linen as nn


class MyNet(nn.Module):
    """Dense layers with a skip from the inputs to the outputs. Its fields are settings: `--set network.hidden=[64]`."""

    outputs: int
    """How many numbers the task needs: classes, or actions. The explorer fills it in."""
    hidden: tuple[int, ...] = (32,)

    @nn.compact
    def __call__(self, inputs: jax.Array) -> jax.Array:
        """Outputs [B, outputs] of inputs [B, ...]; kernels are what is pruned."""
        flat = units = inputs.reshape(inputs.shape[0], -1)
        for width in self.hidden:
            units = nn.relu(nn.Dense(width)(units))
        return nn.Dense(self.outputs)(units) + nn.Dense(self.outputs, use_bias=False, name="skip")(flat)


if __name__ == "__main__":
    images = jnp.zeros((5, 14, 14, 1))
    network = MyNet(outputs=10)
    outputs, variables = network.init_with_output(jax.random.key(0), images)
    assert outputs.shape == (5, 10)
    print("It works:", jax.tree.map(jnp.shape, variables["params"]))
