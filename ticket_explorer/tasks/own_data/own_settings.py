"""Settings of data that a function of one's own returns; no JAX is imported here, and no code is run."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from ticket_explorer.tasks.own_data.settings import OwnDataSettings, Share


class OwnData(OwnDataSettings, frozen=True, kw_only=True, tag="own_data"):
    """Arrays that a function of one's own returns, `./my_data.py:my_data`."""

    reader: ClassVar[str] = "ticket_explorer.tasks.own_data.function"
    filled_in: ClassVar[tuple[str, ...]] = ("measured", "source", "file")
    place: str
    """File and function, `my_data.py:my_data`."""
    source: str
    """The file's text, which the session goes on with."""
    file: str = ""
    """Where that file was, to tell when it has changed."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The function's keyword arguments."""
    loss: Literal["cross_entropy", "mse"] = "cross_entropy"
    """`mse` where y holds numbers to be predicted: the score is R² then, and they are standardised for the loss."""
    test_share: Share = 0.2
    """Of the examples, where the function returns x and y alone."""
    split_seed: Annotated[int, Meta(ge=0, lt=2**32)] = 0
    """What draws those examples."""

    def __hash__(self) -> int:
        return hash(msgspec.msgpack.encode(self))

    @property
    def predicts_numbers(self) -> bool:
        """Whether `y` holds numbers to be predicted."""
        return self.loss == "mse"

    @property
    def location(self) -> str:
        """File and function, as sentences about the data name them."""
        return self.place

    @property
    def location_path(self) -> str:
        """The field that names it."""
        return "$.task.name"
