"""The kinds of figures in plain words: titles, and the help that the apps show. NumPy is not imported here."""

from typing import Literal, NamedTuple


class Kind(NamedTuple):
    """A figure's title and its explanation for newcomers."""

    title: str
    help: str
    """What it shows, how to read it, and which figure of the papers it is."""


FIGURES: dict[str, Kind] = {
    "fitness": Kind(
        "Fitness",
        "How well the networks of the current round do on the training task, generation by generation; higher is "
        "better. The strong line is the average network, the faint line of the same colour the best one of each "
        "generation. The band shows how far networks differ from each other or, with several replicates, how certain "
        "the average is. Faint lines of other colours are the same round of other branches: one that ends lower was "
        "pruned worse. The paper shows only where such curves end; that is the ticket curve.",
    ),
    "learning": Kind(
        "Score while training",
        "Test score during a round, every analysis.score_every generations, on the test data of the round's own score, "
        "which is the last mark. The axis is the cost: environment steps of control tasks, forward passes of images, "
        "or generations. Other colours are the same round of other branches: one that is higher at the same place "
        "learns faster. The dashed line is the score at which the environment's makers call it solved. Error bars "
        "are standard errors over replicates. The form of figures 2 and 3 of Conklin's paper, and of figure 2 of "
        "Savarese et al. (2020).",
    ),
    "ticket_curve": Kind(
        "Ticket curve",
        "Test score against the share of weights that is kept. Each mark is a finished round; pruning goes on to the "
        "right. The dashed line is the score of the dense network: as long as marks stay near it, the weights that are "
        "left are a winning ticket. A branch that falls later has the better way to prune; compare with random "
        "pruning. Error bars are standard errors over replicates: with three of them a 95% interval is 4.3 times as "
        "wide, and a comparison of two branches says which differences may be chance. Figure 2 of Lange & Sprekeler "
        "(2023).",
    ),
    "sparsity": Kind(
        "Layers across rounds",
        "The share of each layer's weights that is kept after each round. The faint line is the whole network. A layer "
        "above it is spared, one that falls faster is given up: pruning ranks all weights together, so it finds out by "
        "itself which layers matter. A line that ends has nothing left. Cf. figure 11 of Lange & "
        "Sprekeler (2023); Vischer, Lange & Sprekeler (2021) discuss what the layers' shares are worth.",
    ),
    "sparsity_now": Kind(
        "Layers now",
        "The share of each layer's weights that is kept in one round, a bar for each layer. Equal bars mean that all "
        "layers were pruned alike. Figure 11 of Lange & Sprekeler (2023) shows the same shares across rounds.",
    ),
    "snr_magnitude": Kind(
        "SNR against magnitude",
        "Each point is a weight: large ones are to the right, and those that evolution is sure about, with a high "
        "ratio of size to uncertainty (SNR, |θ| / σ), at the top. Two lines show where the next pruning would cut: SNR "
        "pruning removes what is below its line, magnitude pruning what is left of its own. Grey points both prune, "
        "points of the branch's colour both keep; the criteria disagree about the two other groups: small weights that "
        "the search is sure of, and large ones that it isn't. The mask panel lights these up after its layers. If all "
        "points lie on a diagonal, both prune the same weights. Cf. figure 7 of Lange & Sprekeler (2023), which "
        "analyses these thresholds.",
    ),
    "overlap": Kind(
        "Overlap of the criteria",
        "Of the weights that SNR or magnitude pruning would remove after a round, the share that both would. At 100% "
        "they prune the same weights, and SNR can't be better; at the lower line two choices at random would agree as "
        "much. Error bars are standard errors over replicates. Cf. figure 7, bottom, of Lange & Sprekeler (2023): "
        "the correlation of the two.",
    ),
    "correlation": Kind(
        "SNR–magnitude correlation",
        "How far the two ways to choose weights agree at the end of each round. At 1 they prune the same weights, and "
        "SNR pruning can't be better than magnitude pruning; the lower it is, the more evolution's uncertainty adds. "
        "It is Pearson's correlation over the kept weights. Cf. figure 7, bottom, of Lange & Sprekeler (2023).",
    ),
    "curvature": Kind(
        "Curvature",
        "How quickly the loss rises when all weights are moved a little in a random direction. A wide valley is a flat "
        "optimum: weights can be far off without harm, and many of them can be pruned. Evolution tends to find such "
        "valleys. The strong line is the average over random directions; faint lines of its colour are single "
        "directions, faint lines of other colours other branches. Cf. figure 6, bottom, of Lange & Sprekeler (2023).",
    ),
    "sharpness": Kind(
        "Sharpness across rounds",
        "How much the loss bends around each round's weights: the second-order coefficient of a parabola fitted to the "
        "curvature profiles. Low is a flat valley. Error bars are standard errors over replicates. The fewer weights "
        "are left, the fewer move in a random direction, so compare branches at the same round. Cf. figure 6, bottom, "
        "of Lange & Sprekeler (2023).",
    ),
    "hessian": Kind(
        "σ and curvature",
        "Does the search's uncertainty tell how sharply the loss bends? Each point is a weight: to the right, how much "
        "the loss bends along it (the diagonal of the Hessian); upwards, the precision 1/σ² that evolution gave it. If "
        "σ meant curvature, the points would lie along a rising line, and SNR pruning would spare the sharp weights. "
        "Two kinds of weights are marked: those that SNR pruning would keep next and magnitude pruning would not, and "
        "those along which the loss bends down. This tests the premise of SNR pruning, section 2 of Lange & Sprekeler "
        "(2023), which has no such figure.",
    ),
    "hessian_correlation": Kind(
        "σ and curvature across rounds",
        "How far precision 1/σ² and curvature rank the weights alike at the end of each round: Spearman's correlation, "
        "1 if σ means curvature, 0 if it says nothing about it. Error bars are standard errors over replicates. The "
        "paper argues that they go together (section 2 of Lange & Sprekeler 2023) and has no such figure.",
    ),
    "eigenvalues": Kind(
        "Eigenvalues across rounds",
        "How sharply the loss bends along its sharpest directions at the end of each round: the largest eigenvalues of "
        "the Hessian over the kept weights. If lines rise, the valley gets sharper as fewer weights are left. Faint "
        "lines are the next eigenvalues of the selected branch. Error bars are standard errors over replicates. Lange "
        "& Sprekeler (2023) show sharpness along random directions instead.",
    ),
    "surface": Kind(
        "Loss surface",
        "The loss over the plane of two random directions, with the round's weights in the middle; strong colours are "
        "low. All rounds of a line use the same two directions, as large as the dense network's filters, so that you "
        "can see how pruning changes the valley. After Li et al. (2018); cf. figure 10 of Lange & Sprekeler (2023).",
    ),
    "connectivity": Kind(
        "Connectivity",
        "What lies on the straight line between the weights of two rounds. A strong colour means that both lie in one "
        "valley: nothing is lost on the way. Instability is how much the error rises above that of the ends "
        "(Frankle et al. 2020). Cf. figure 6, top, of Lange & Sprekeler (2023): it shows the best score on the way.",
    ),
    "instability": Kind(
        "Instability",
        "How much worse networks are on the straight line between two trainings of the same ticket that differ only in "
        "their batches or noise: the mean score of the ends less the lowest score on the way. Below the dashed line "
        "(2% of error) the ticket is called stable: both trainings end in one valley. Error bars are standard errors "
        "over replicates. From the paper of Frankle et al. (2020), who find that tickets win where they are stable.",
    ),
    "instability_from": Kind(
        "Instability from step k",
        "The dense network is trained twice: until step k with the same batches and noise, from there on with "
        "different ones. Where the line falls below the dashed one, training has become stable: the noise after that "
        "step no longer leads to another valley. Error bars are standard errors over replicates. From the paper of "
        "Frankle et al. (2020); figure 3 of the survey of 2021 reprints theirs.",
    ),
    "instability_profile": Kind(
        "Between two trainings",
        "The test score of networks on the straight line between two trainings of the same ticket that differ only in "
        "their noise; the trained networks are at 0 and 1. If the line is flat, both lie in one valley; if it has a "
        "dip, they don't. From the paper of Frankle et al. (2020); figure 2 of the survey of 2021 reprints theirs, "
        "with the error in place of the score.",
    ),
    "decomposition": Kind(
        "Parts of the ticket effect",
        "A ticket's lead over random pruning, and what it is due to: the weights' values, the places of the mask "
        "within each layer, or only how many weights each layer keeps. Each line is the score that is lost if only "
        "this is destroyed; together they are the faint line, the whole effect. Bars are 95% intervals over replicates "
        "(Student's t): where one reaches zero it may be chance. Decompose a branch to train the controls that this "
        "needs. After Vischer, Lange & Sprekeler (2021); cf. figure 8 of Lange & Sprekeler (2023), for gradient "
        "descent.",
    ),
    "comparison": Kind(
        "Comparison",
        "How much better the branch scores than another one at equal density: above zero it is better. Replicates see "
        "the same initial weights, batches and noise, so differences are taken pair by pair; bars are 95% intervals of "
        "the mean difference (Student's paired t-test). One bar of twenty misses zero by chance: the sentence below "
        "counts the densities where p < 0.05, with Holm's correction for all of them and without it. Cf. figure 7, "
        "top, of Lange & Sprekeler (2023), which compares SNR and magnitude pruning.",
    ),
    "compare": Kind(
        "Compare",
        "How much better the selected branch scores than another one at equal density: above zero it is better. The "
        "other one is the branch's parent or the first other branch, unless you pin one. Replicates see the same "
        "initial weights, batches and noise, so differences are taken pair by pair; bars are 95% intervals of the mean "
        "(Student's paired t-test), and the sentence below counts the densities where p < 0.05, with Holm's "
        "correction for all of them and without it. Next come the differences of all branches, and all branches in one "
        "ticket curve, as they are and scaled from the worst to the best. Branches of other sessions can be added. "
        "Cf. figure 7, top, of Lange & Sprekeler (2023), which compares SNR and magnitude pruning.",
    ),
    "mask": Kind(
        "Mask",
        "Which weights of one layer are left. For the first layer each cell is a pixel of the input; the stronger its "
        "colour, the more of its connections are kept, and pixels without colour are no longer used. For other layers "
        "each cell is one connection, inputs from top to bottom, outputs from left to right; for convolutions each "
        "small square is one filter. Vischer, Lange & Sprekeler (2021) show such masks; the paper of 2023 does not.",
    ),
    "distribution": Kind(
        "Distribution",
        "How many weights have which size |θ|, uncertainty σ, or ratio of the two (SNR), on a logarithmic axis. The "
        "line is where the next pruning cuts, if the branch prunes by this quantity: weights to its left are pruned. A "
        "single bar for σ means that the strategy has one σ for all weights, so that SNR pruning is magnitude pruning. "
        "The paper summarises weights in figure 11, and its figure 7 is about these thresholds.",
    ),
    "examples": Kind(
        "Examples",
        "Images of the test set as the search mean sees them: their class, ✓ or ✗ and the class that they are "
        "taken for, and how sure that is; after the arrow the same with the weights that the next pruning would leave. "
        "Images that are taken for another class are grey. A click, or enter, lights up the weights that matter most "
        "for what an image is taken for, in the mask and among the points of SNR against magnitude. The papers report "
        "only how many are right; that is the score.",
    ),
    "search": Kind(
        "Search",
        "How the search moves through the space of weights in a round, seen on the plane in which its mean moves most. "
        "The line is the mean's way from its start to the generation that you look at; grey points are individuals "
        "as the search draws them there, and the rings are one σ around the mean, at the start and now: as the search "
        "gets surer, its ring shrinks. The plane is that of a fixed sample of weights. Li et al. (2018) show ways of "
        "gradient descent like this; Lange & Sprekeler (2023) have no such figure.",
    ),
    "policy": Kind(
        "Policy",
        "An episode of the branch's current policy, played over and over: the search mean, on the first of the test "
        "episodes. Watch what it has learnt, and what pruning took from it. Environments that can't be drawn show what "
        "the policy sees, a bar for each number. Only control tasks have a policy. Lange & Sprekeler (2023) report the "
        "returns of such policies; that is the ticket curve.",
    ),
}
"""All kinds of figures, by the name of the function that makes them."""

LETTERS = {"overlap": "o", "spec": "i", "compare": "y", "examples": "E", "search": "S"}
"""The keys of panels beyond the ten that have a digit, by name."""

SHOWN = (
    "ticket_curve",
    "fitness",
    "learning",
    "sparsity",
    "snr_magnitude",
    "correlation",
    "overlap",
    "search",
    "curvature",
    "sharpness",
    "hessian",
    "hessian_correlation",
    "eigenvalues",
    "surface",
    "connectivity",
    "instability",
    "instability_from",
    "instability_profile",
    "decomposition",
    "comparison",
)
"""The kinds that need only a view and a selection, by the function's name."""

OF_PANELS = ("mask", "distribution", "compare")
"""Kinds that can be exported too, and show one of several layers, quantities or branches."""
EXPORTED = (*SHOWN, *OF_PANELS)
"""The kinds of figures of one session that a file can hold."""

Against = Literal["generations", "environment_steps", "forward_passes"]
AGAINST: dict[Against, str] = {
    "generations": "generation",
    "environment_steps": "environment steps",
    "forward_passes": "forward passes of a batch",
}
"""The quantities that scores may be shown against, as text."""
