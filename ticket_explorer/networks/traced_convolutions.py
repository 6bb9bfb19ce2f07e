"""Finding the convolutions of any module: on a CPU each becomes matrix products, as those of the network `cnn` are.

A module is traced once. What depends on the images alone, the windows of a first convolution among it, is computed once
for all networks; each further convolution is a product row by row, and pooling the largest of a few strided slices.
Everything else is evaluated as its author wrote it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core
from jaxtyping import Array, Float

from ticket_explorer.layout import Layout
from ticket_explorer.networks.kept_products import INSIDE, Apply, bound

LARGEST_POOL = 16
"""Pixels of a pooling window that is taken apart."""
_POOLS: Mapping[str, tuple[Callable[[Array, Array], Array], float]] = {
    "reduce_window_max": (jnp.maximum, -jnp.inf),
    "reduce_window_sum": (jnp.add, 0.0),
}
"""How two pixels come together, and what lies around an image."""


@dataclass(frozen=True)
class TracedConvolutions:
    """A module as JAX sees it, whose convolutions can be matrix products."""

    layout: Layout
    program: Any
    """A closed jaxpr of all leaves, in the layout's order, and the inputs."""

    @classmethod
    def of(cls, apply: Apply, layout: Layout, inputs: tuple[int, ...], kind: Any = jnp.float32) -> "TracedConvolutions":
        """Trace a module on inputs of a shape, [B, ...], and of a type."""
        theta = jax.ShapeDtypeStruct((layout.size,), kind)
        parameters = jax.eval_shape(layout.unflatten, theta)
        return cls(layout, jax.make_jaxpr(apply)(parameters, jax.ShapeDtypeStruct(inputs, kind)))

    @property
    def are_all(self) -> bool:
        """Whether there are convolutions, and all are plain ones of images."""
        steps = [step for step in _steps(self.program.jaxpr) if step.primitive.name == "conv_general_dilated"]
        hidden = any(_hides_convolutions(step) for step in _steps(self.program.jaxpr))
        return bool(steps) and not hidden and all(map(_is_plain, steps))

    def shared(self, inputs: Float[Array, "B ..."]) -> list[Array]:
        """What is the same for all networks: arrays that `outputs` takes."""
        return list(self._known(inputs).values())

    def outputs(
        self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."], shared: Sequence[Array]
    ) -> Float[Array, "B O"]:
        """The outputs of one network.

        Args:
            theta: One θ, in the layout's order; zero where it is pruned.
            inputs: What it sees.
            shared: What `shared` gave for these inputs.
        """
        given = [theta[leaf.slice].reshape(leaf.shape) for leaf in self.layout]
        known = dict(zip(self._places, shared, strict=True))
        (found,) = _evaluated(self.program.jaxpr, self.program.consts, [*given, inputs], known)
        return found

    @property
    def _places(self) -> list[int]:
        """The numbers of the steps whose results are shared, or the windows of whose images are."""
        return _of_inputs_alone(self.program.jaxpr, len(self.layout.leaves))

    def _known(self, inputs: Array) -> dict[int, Array]:
        jaxpr, found = self.program.jaxpr, dict[int, Array]()
        values: dict[Any, Any] = dict(zip(jaxpr.constvars, self.program.consts, strict=True))
        values[jaxpr.invars[-1]] = inputs
        for number in self._places:
            step = jaxpr.eqns[number]
            if step.primitive.name == "conv_general_dilated":
                found[number] = _windows(step, _read(values, step.invars[0]))
                continue
            (result,) = bound(step, [_read(values, variable) for variable in step.invars])
            found[number] = values[step.outvars[0]] = result
        return found


def _of_inputs_alone(jaxpr: Any, leaves: int) -> list[int]:
    """The steps of a program that need no weights; and convolutions of what such steps give."""
    known, found = {*jaxpr.constvars, *jaxpr.invars[leaves:]}, list[int]()
    for number, step in enumerate(jaxpr.eqns):
        is_known = [isinstance(one, core.Literal) or one in known for one in step.invars]
        if step.primitive.name == "conv_general_dilated" and is_known[0] and _is_plain(step):
            found.append(number)
        elif all(is_known) and len(step.outvars) == 1 and step.invars:
            found.append(number)
            known.add(step.outvars[0])
    return found


def _evaluated(jaxpr: Any, constants: Sequence[Any], given: Sequence[Any], known: Mapping[int, Array]) -> list[Array]:
    """Evaluate a program for one network; of some steps the result is known, or the windows."""
    values = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *given), strict=True))
    for number, step in enumerate(jaxpr.eqns):
        name = step.primitive.name
        found: Sequence[Array]
        if number in known and name != "conv_general_dilated":
            found = [known[number]]
        else:
            read = [_read(values, variable) for variable in step.invars]
            if name == "conv_general_dilated":
                found = [_convolved(step, read[0], read[1], known.get(number))]
            elif name in _POOLS and _is_small_pool(step):
                found = [_pooled(step, read[0])]
            elif name in INSIDE:
                inner = step.params[INSIDE[name]]
                found = _evaluated(inner.jaxpr, inner.consts, read, {})
            else:
                found = bound(step, read)
        values.update(zip(step.outvars, found, strict=True))
    return [_read(values, variable) for variable in jaxpr.outvars]


def _read(values: Mapping[Any, Any], variable: Any) -> Any:
    return variable.val if isinstance(variable, core.Literal) else values[variable]


def _steps(jaxpr: Any) -> list[Any]:
    """All steps of a program, those that others only wrap among them."""
    found = []
    for step in jaxpr.eqns:
        found.append(step)
        if step.primitive.name in INSIDE:
            found += _steps(step.params[INSIDE[step.primitive.name]].jaxpr)
    return found


def _hides_convolutions(step: Any) -> bool:
    """Whether a step has a program of its own with convolutions, as a loop may have."""
    if step.primitive.name in INSIDE:
        return False
    return "conv_general_dilated" in str(step.params)


def _is_plain(step: Any) -> bool:
    """Whether a convolution is one of images, channels last, of one group, without strides or dilation."""
    params = step.params
    numbers = params["dimension_numbers"]
    return (
        (numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec) == ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))
        and {*params["window_strides"], *params["lhs_dilation"], *params["rhs_dilation"]} == {1}
        and params["feature_group_count"] == params["batch_group_count"] == 1
        and all(side >= 0 for sides in params["padding"] for side in sides)
    )


def _columns(step: Any, images: Float[Array, "B H W C"]) -> Float[Array, "B rows J k"]:
    """For each pixel of the outcome the pixels of a row that its kernel covers; rows are padded."""
    width = step.invars[1].aval.shape[1]
    padded = jnp.pad(images, ((0, 0), *step.params["padding"], (0, 0)))
    columns = padded.shape[2] - width + 1
    return jnp.concatenate([padded[:, :, j : j + columns] for j in range(width)], -1)


def _windows(step: Any, images: Float[Array, "B H W C"]) -> Float[Array, "B I J k"]:
    """For each pixel of the outcome all that its kernel covers, in the order of the kernel's entries."""
    columns, height = _columns(step, images), step.invars[1].aval.shape[0]
    rows = columns.shape[1] - height + 1
    return jnp.concatenate([columns[:, i : i + rows] for i in range(height)], -1)


def _convolved(
    step: Any, images: Float[Array, "B H W C"], kernel: Float[Array, "h w C F"], windows: Array | None
) -> Float[Array, "B I J F"]:
    """A convolution: a product with known windows, or one that gives each row's part of every output row."""
    height, width, channels, filters = kernel.shape
    if windows is not None:
        return windows @ kernel.reshape(-1, filters)
    by_row = kernel.transpose(1, 2, 0, 3).reshape(width * channels, height * filters)
    columns = _columns(step, images)
    parts = (columns @ by_row).reshape(*columns.shape[:3], height, filters)
    rows = columns.shape[1] - height + 1
    return reduce(jnp.add, [parts[:, i : i + rows, :, i] for i in range(height)])


def _is_small_pool(step: Any) -> bool:
    """Whether a pooling has few pixels, along height and width alone."""
    params = step.params
    window, strides = params["window_dimensions"], params["window_strides"]
    plain = {*params["base_dilation"], *params["window_dilation"]} == {1}
    across = len(window) == 4 and {window[0], window[3], strides[0], strides[3]} == {1}
    edges = across and not any((*params["padding"][0], *params["padding"][3]))
    return plain and edges and window[1] * window[2] <= LARGEST_POOL


def _pooled(step: Any, images: Float[Array, "B H W C"]) -> Float[Array, "B I J C"]:
    """The largest, or the sum, of the pixels of each window."""
    join, around = _POOLS[step.primitive.name]
    (_, height, width, _), (_, down, right, _) = step.params["window_dimensions"], step.params["window_strides"]
    padded = jnp.pad(images, step.params["padding"], constant_values=around)
    rows, columns = ((padded.shape[1] - height) // down + 1, (padded.shape[2] - width) // right + 1)
    slices = [
        padded[:, i : i + (rows - 1) * down + 1 : down, j : j + (columns - 1) * right + 1 : right]
        for i in range(height)
        for j in range(width)
    ]
    return reduce(join, slices)
