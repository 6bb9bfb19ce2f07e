"""What keys are for, as sessions on disk have it."""

from ticket_explorer.keys import RESERVED, Purpose


def test_purposes_have_the_numbers_that_sessions_were_made_with() -> None:
    """Another number draws other weights, batches and noise from a session's seed."""
    known = {
        "INITIALISE": 0,
        "TRAIN": 1,
        "PRUNE": 2,
        "REWIND": 3,
        "SCORE": 4,
        "CHOOSE": 6,
        "ANALYSE": 10,
        "TRANSFER": 11,
    }
    assert {purpose.name: int(purpose) for purpose in Purpose} == known
    assert not RESERVED & set(Purpose)
