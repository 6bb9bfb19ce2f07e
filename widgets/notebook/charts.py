"""The charts by name: `TicketCurve(session)` is `Chart(session, "ticket_curve")`."""

from widgets.notebook.chart import Chart


class Fitness(Chart):
    """Fitness against generations, of the running round and of the same round of other branches."""

    KIND = "fitness"


class TicketCurve(Chart):
    """Score against density, a line a branch."""

    KIND = "ticket_curve"


class Sparsity(Chart):
    """The density of each layer across rounds."""

    KIND = "sparsity"


class SnrMagnitude(Chart):
    """SNR against magnitude, a point a weight; selected ones are named, and lit up in the mask."""

    KIND = "snr_magnitude"


class Curvature(Chart):
    """How the loss rises around what a round found."""

    KIND = "curvature"


class Mask(Chart):
    """The mask of a finished round, a layer at a time."""

    KIND = "mask"


class Policy(Chart):
    """The policy at play, in an environment that can be drawn."""

    KIND = "policy"


class Distribution(Chart):
    """How many weights have which size, σ or SNR."""

    KIND = "distribution"


class Correlation(Chart):
    """How far SNR and magnitude agree, round by round."""

    KIND = "correlation"


class Overlap(Chart):
    """How much of what SNR or magnitude pruning would remove both would, round by round."""

    KIND = "overlap"


class Compare(Chart):
    """How much better a branch scores than another one, with the paired test; then all branches in one curve."""

    KIND = "compare"


class Examples(Chart):
    """Test images as the search mean sees them, now and after the next pruning."""

    KIND = "examples"


class Search(Chart):
    """The mean's way through a round, individuals and σ, on the plane of its movement."""

    KIND = "search"
