"""Whether a network's filters fit into the task's images. No JAX is imported."""

from sessions.specs.spec import Plan
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.registry import name_of


def check_kernels(plan: Plan) -> None:
    """Refuse filters larger than images: some of their weights would never touch a pixel.

    Raises:
        InvalidValue: with the sides of both.
    """
    try:
        inputs, layers = plan.task.input_shape, plan.layers()
    except TicketError:  # sizes that aren't known yet, or can't go together, are for others to judge
        return
    largest = max((max(layer.shape[:2]) for layer in layers if len(layer.shape) == 4), default=0)
    if len(inputs) != 3 or largest <= min(inputs[:2]):
        return
    height, width, _ = inputs
    if "kernel_size" in plan.network.__struct_fields__:
        expected = f"at most {min(height, width)}: images are of {height}×{width} pixels"
        raise InvalidValue("$.network.kernel_size", largest, expected)
    given = f"{name_of(plan.network)}, whose filters are of {largest}×{largest} pixels and images of {height}×{width}"
    raise InvalidValue("$.network.name", given, "a network whose filters fit, such as mlp")
