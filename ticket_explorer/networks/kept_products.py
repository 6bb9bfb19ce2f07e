"""Finding the dense layers of any module: its products with kernels, which may then go through kept weights one by one.

A module is traced once. Where one of its parameters is the right side of a plain matrix product, that product is
computed from the kept weights, and what is done unit by unit between two of them keeps the layout; everything else is
evaluated by `jax.vmap`, as its author wrote it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core
from jaxtyping import Array, Float, Int

from ticket_explorer.layout import Layout, Leaf
from ticket_explorer.networks.policies import sparse_layer
from ticket_explorer.networks.unit_values import Value

Apply = Callable[[Any, Array], Array]
"""From a module's parameters and inputs [B, ...] to its outputs [B, O]."""
UNIT_BY_UNIT = frozenset(
    (
        *("add", "sub", "mul", "div", "max", "min", "neg", "abs", "sign", "square", "pow", "integer_pow", "clamp"),
        *("exp", "exp2", "expm1", "log", "log1p", "tanh", "logistic", "sin", "cos", "sqrt", "rsqrt", "cbrt", "erf"),
        *("select_n", "gt", "ge", "lt", "le", "eq", "ne", "and", "or", "not", "is_finite"),
        *("convert_element_type", "copy"),
    )
)
"""JAX's operations on each number by itself."""
INSIDE = {"jit": "jaxpr", "pjit": "jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
"""Operations that only wrap others, as activations are, and where these are."""


@dataclass(frozen=True)
class KeptProducts:
    """A module as JAX sees it, and which of its steps are products with which kernels."""

    layout: Layout
    program: Any
    """A closed jaxpr of all leaves, in the layout's order, and the inputs."""
    kernels: Mapping[int, Leaf]
    """By the number of the step."""

    @classmethod
    def of(cls, apply: Apply, layout: Layout, inputs: tuple[int, ...]) -> "KeptProducts":
        """Trace a module on inputs of a shape, [B, ...]."""
        parameters = jax.eval_shape(layout.unflatten, jax.ShapeDtypeStruct((layout.size,), jnp.float32))
        program = jax.make_jaxpr(apply)(parameters, jax.ShapeDtypeStruct(inputs, jnp.float32))
        leaves = dict(zip(program.jaxpr.invars, layout, strict=False))
        found = {number: _kernel_of(step, leaves) for number, step in enumerate(program.jaxpr.eqns)}
        return cls(layout, program, {number: leaf for number, leaf in found.items() if leaf is not None})

    @property
    def are_all(self) -> bool:
        """Whether every prunable weight is in such a product, and used nowhere else."""
        jaxpr = self.program.jaxpr
        used = [one for step in jaxpr.eqns for one in step.invars if not isinstance(one, core.Literal)]
        uses = {leaf: used.count(variable) for variable, leaf in zip(jaxpr.invars, self.layout, strict=False)}
        products = list(self.kernels.values())
        return all(uses[leaf] == products.count(leaf) == 1 for leaf in self.layout.prunable_leaves)

    def outputs(
        self, population: Float[Array, "N D"], inputs: Array, kept: Int[Array, " n"], shared: bool
    ) -> Float[Array, "N B O"]:
        """The outputs of N networks, whose kernels' kept weights are gone through one by one.

        Args:
            population: A weight vector a row; zero where it is not kept.
            inputs: [B, ...] that all networks see, or [N, B, ...].
            kept: The kept entries of θ, ascending.
            shared: Whether all see the same inputs.
        """
        leaves = [population[:, leaf.slice].reshape(-1, *leaf.shape) for leaf in self.layout]
        given = [*(Value(leaf, "many") for leaf in leaves), Value(inputs, "shared" if shared else "many")]
        sums = {number: sparse_layer(population, kept, kernel, None) for number, kernel in self.kernels.items()}
        size = len(population), inputs.shape[0 if shared else 1]
        (found,) = _run(self.program, given, size, sums)
        outputs = found.many(*size)
        return outputs if found.kind != "shared" else jnp.broadcast_to(outputs, (size[0], *outputs.shape))


def _run(
    program: Any,
    given: Sequence[Value],
    size: tuple[int, int],
    sums: Mapping[int, Callable[[Array], Array]] | None = None,
) -> list[Value]:
    """Evaluate a program for N networks on B examples; of some steps it is known how."""
    jaxpr = program.jaxpr
    constants = [Value(jnp.asarray(constant), "shared") for constant in program.consts]
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *given), strict=True))

    def read(variable: Any) -> Value:
        return Value(variable.val, "shared") if isinstance(variable, core.Literal) else known[variable]

    for number, step in enumerate(jaxpr.eqns):
        values = [read(variable) for variable in step.invars]
        if sums and number in sums:
            found: Sequence[Value] = [_product(values[0], sums[number], len(step.invars[0].aval.shape))]
        else:
            found = _evaluated(step, values, size)
        known.update(zip(step.outvars, found, strict=True))
    return [read(variable) for variable in jaxpr.outvars]


def _product(units: Value, sums: Callable[[Array], Array], rank: int) -> Value:
    """Units [..., I] times a kernel; several axes between the batch and the units count as more examples."""
    leading = units.leading()
    if rank == 2:
        return Value(sums(leading), "leading")
    *between, inputs, networks, examples = leading.shape
    flat = jnp.moveaxis(leading, -3, 0).reshape(inputs, -1, networks, examples)
    summed = sums(jnp.moveaxis(flat, 1, 2).reshape(inputs, networks, -1))
    outputs, count = summed.shape[:2]
    apart = summed.reshape(outputs, count, *between, examples)
    return Value(jnp.moveaxis(apart, (0, 1), (-3, -2)), "leading")


def _evaluated(step: Any, values: Sequence[Value], size: tuple[int, int]) -> Sequence[Value]:
    name = step.primitive.name
    if all(value.kind == "shared" for value in values):
        return [Value(array, "shared") for array in bound(step, [value.array for value in values])]
    if name in INSIDE:
        return _run(step.params[INSIDE[name]], values, size)
    if name == "broadcast_in_dim" and (spread := _spread(step, values[0], size)) is not None:
        return [spread]
    if name in UNIT_BY_UNIT and any(value.kind == "leading" for value in values):
        arrays = [value.array if value.is_number else value.leading() for value in values]
        whole = jnp.broadcast_shapes(*(jnp.shape(array) for array in arrays))
        spread_out = [jnp.broadcast_to(array, whole) for array in arrays]
        return [Value(array, "leading") for array in bound(step, spread_out)]
    arrays = [value.many(*size) for value in values]
    axes = [None if value.kind == "shared" else 0 for value in values]
    return [Value(array, "many") for array in jax.vmap(lambda *given: bound(step, given), axes)(*arrays)]


def _spread(step: Any, value: Value, size: tuple[int, int]) -> Value | None:
    """Parameters [units] or [1, units] spread over the batch: nothing is written out before it is used."""
    shape, dimensions = step.params["shape"], step.params["broadcast_dimensions"]
    own = step.invars[0].aval.shape
    first = len(shape) - len(own)
    if value.kind != "many" or shape[:1] != (size[1],) or dimensions != tuple(range(first, len(shape))):
        return None
    if own == shape[1:]:
        return Value(jnp.moveaxis(value.array, 0, -1)[..., None], "leading")
    return Value(value.leading(), "leading") if own == (1, *shape[1:]) else None


def bound(step: Any, values: Sequence[Any]) -> Sequence[Array]:
    """What a step of a program gives for these values."""
    given = step.primitive.get_bind_params(step.params)
    functions, options = given if isinstance(given, tuple) else ((), given)  # jax 0.10 has no functions any more
    result = step.primitive.bind(*functions, *values, **options)
    return result if step.primitive.multiple_results else [result]


def _kernel_of(step: Any, leaves: Mapping[Any, Leaf]) -> Leaf | None:
    """The leaf that a step multiplies [..., I] by, if it is such a product with a prunable kernel [I, O]."""
    if step.primitive.name != "dot_general" or isinstance(step.invars[1], core.Literal):
        return None
    left, right = step.invars
    leaf, rank = leaves.get(right), len(left.aval.shape)
    is_plain = step.params["dimension_numbers"] == (((rank - 1,), (0,)), ((), ()))
    return leaf if leaf is not None and leaf.prunable and len(leaf.shape) == 2 and rank > 1 and is_plain else None
