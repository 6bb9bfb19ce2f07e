"""The data sets that are not embedded, read through TensorFlow Datasets without TensorFlow."""

from ticket_explorer.errors import TicketError
from ticket_explorer.tasks.catalogue import DATA_SETS
from ticket_explorer.tasks.labelled import Splits


def read(name: str) -> Splits:
    """All images of a data set.

    Raises:
        TicketError: if the data set is not prepared.
    """
    raise TicketError(f"{DATA_SETS[name].title} is not prepared.")
