"""Layers are pruned at ratios of their own, each group exactly, from the spec to the report."""

import numpy as np
import pytest

from sessions.plans.cost import estimate
from sessions.reports.json_report import report
from sessions.views.densities import densities_of
from sessions.views.reading import read_view
from ticket_explorer import masks
from ticket_explorer.densities import finer, overall, ratios_of, scope_of, unused
from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, Leaf

pytestmark = pytest.mark.thorough

OWN = {"ratio": 0.4, "ratios": {"dense": 0.3, "output": 0.1}, "rounds": 4}


def layout_of(*shapes: tuple[str, tuple[int, ...]]) -> Layout:
    leaves, offset = [], 0
    for name, shape in shapes:
        leaves.append(Leaf(name, shape, name.endswith("kernel"), offset))
        offset += leaves[-1].size
    return Layout(tuple(leaves))


CONV_6 = layout_of(
    ("conv_0/bias", (4,)),
    ("conv_0/kernel", (3, 3, 3, 4)),
    ("conv_1/kernel", (3, 3, 4, 5)),
    ("dense_0/kernel", (20, 7)),
    ("dense_10/kernel", (6, 3)),
    ("dense_9/kernel", (7, 6)),
)


def test_the_most_particular_ratio_counts():
    given = {"convolution": 0.15, "dense": 0.2, "output": 0.1, "dense_*": 0.25, "conv_1/kernel": 0.5}
    assert ratios_of(0.3, {}, CONV_6.leaves) == dict.fromkeys((leaf.name for leaf in CONV_6.prunable_leaves), 0.3)
    kinds = {key: given[key] for key in ("convolution", "dense", "output")}
    assert ratios_of(0.3, kinds, CONV_6.leaves) == {
        "conv_0/kernel": 0.15,
        "conv_1/kernel": 0.15,
        "dense_0/kernel": 0.2,
        "dense_9/kernel": 0.2,
        "dense_10/kernel": 0.1,
    }
    particular = ratios_of(0.3, given, CONV_6.leaves)
    assert particular["conv_1/kernel"] == 0.5
    assert {particular[f"dense_{depth}/kernel"] for depth in (0, 9, 10)} == {0.25}
    assert ratios_of(0.3, {"output": 0.1}, CONV_6.leaves)["dense_9/kernel"] == 0.3


def test_weights_are_ranked_among_those_of_one_ratio():
    ratios = {"convolution": 0.15, "output": 0.1}
    groups = scope_of("global", ratios, CONV_6.leaves)
    assert groups == (("conv_0/kernel", "conv_1/kernel"), ("dense_0/kernel", "dense_9/kernel"), ("dense_10/kernel",))
    assert scope_of("layer", ratios, CONV_6.leaves) == "layer"
    assert scope_of("global", {}, CONV_6.leaves) == "global"
    order = ["global", groups, "layer"]
    for i, one in enumerate(order):
        assert [finer(one, other, CONV_6.leaves) for other in order] == [i > j for j in range(3)]
    assert unused({"output": 0.1, "conv_2": 0.1, "*": 0.5}, CONV_6.leaves) == ["conv_2"]


@pytest.mark.parametrize("scope", ["global", "layer"])
def test_each_group_keeps_exactly_its_own_share(scope):
    ratios = {"convolution": 0.15, "dense": 0.2, "output": 0.1}
    each, parts = ratios_of(0.2, ratios, CONV_6.leaves), scope_of(scope, ratios, CONV_6.leaves)
    score = np.random.default_rng(0).normal(size=CONV_6.size).astype(np.float32)
    mask = masks.dense(CONV_6)
    for number in range(12):
        density = {name: (1 - ratio) ** number for name, ratio in each.items()}
        mask = np.asarray(masks.prune(mask, score, CONV_6, masks.counts(CONV_6, density, parts), parts).mask)
        names = [[leaf.name for leaf in CONV_6.prunable_leaves if each[leaf.name] == r] for r in (0.15, 0.2, 0.1)]
        groups = names if scope == "global" else [[name] for group in names for name in group]
        for group in groups:
            leaves = [leaf for leaf in CONV_6 if leaf.name in group]
            wanted = round((1 - each[group[0]]) ** number * sum(leaf.size for leaf in leaves))
            inside = np.concatenate([np.r_[leaf.slice] for leaf in leaves])
            assert mask[inside].sum() == wanted
            ranked = inside[np.argsort(-score[inside], kind="stable")]
            assert mask[ranked[:wanted]].all()
        assert mask[~CONV_6.prunable].all()
        assert mask[CONV_6.prunable].sum() == masks.kept_prunable(CONV_6, density, parts)


def test_equal_densities_of_leaves_are_exactly_the_whole():
    density = 0.8**7
    each = {leaf.name: density for leaf in CONV_6.prunable_leaves}
    assert overall(each, CONV_6.prunable_leaves) == density
    for scope in ("global", "layer"):
        np.testing.assert_array_equal(masks.counts(CONV_6, each, scope), masks.counts(CONV_6, density, scope))


def test_a_session_prunes_its_layers_at_their_ratios(lab):
    with lab.create("own", pruning=OWN) as session:
        planned = [densities_of(session.view, "snr", number) for number in range(4)]
        session.run()
        rounds = list(session.view.lineage("snr"))
        report_of = report(session.path, session.header, session.view)["branches"][0]["rounds"]
        cost = estimate(session.spec.branches[0].plan, 1)
    for number, round_ in enumerate(rounds):
        # fashion is 196 inputs: 1,568 weights of the hidden layer, 80 of the output layer
        kept = [round(0.7**number * 1568), round(0.9**number * 80)]
        assert round_.kept == sum(kept)
        if number:
            assert round_.densities == planned[number]
            assert round_.densities == pytest.approx({"dense_0/kernel": 0.7**number, "dense_1/kernel": 0.9**number})
        assert round_.density == pytest.approx((0.7**number * 1568 + 0.9**number * 80) / 1648)
        assert round_.finished.kept == [sum(kept)]
        assert report_of[number]["layers"]["dense_0/kernel"] == pytest.approx(kept[0] / 1568)
        assert report_of[number]["layers"]["dense_1/kernel"] == pytest.approx(kept[1] / 80)
        assert report_of[number]["density"] == pytest.approx(sum(kept) / 1648)
    assert cost.kept_last == rounds[-1].kept
    assert len(rounds[0].pruned[-1].threshold[0]) == 2


def test_a_killed_session_goes_on_with_its_ratios(lab):
    whole = lab.finished("whole-ratios", pruning=OWN)
    session = lab.create("killed-ratios", pruning=OWN)
    session.run_round()
    session.run_round()
    session.step(7)
    lab.assert_same(whole, lab.go_on(lab.kill(session)), rounds=4)


def test_ratios_may_be_given_up_but_not_made_finer(lab):
    with lab.create("forked-ratios", pruning={**OWN, "rounds": 2}) as session:
        session.run()
        session.branch("snr", 1, "all", {"pruning": {"ratios": {}, "ratio": 0.5, "rounds": 3}})
        session.run()
        last = list(session.view.lineage("all"))[-1]
        before = 0.7 * 1568 + 0.9 * 80
        assert last.kept == round(0.5 * before)
        with pytest.raises(
            TicketError, match=r"^\$\.pruning\.ratios: dense, expected none: this branch was pruned glob"
        ):
            session.branch("all", 2, None, {"pruning": {"ratios": {"dense": 0.2}, "rounds": 4}})


def test_groups_of_layers_are_not_parted_again(lab):
    network, trainer = {"name": "mlp", "hidden": [8, 4]}, {"generations": 10}
    with lab.create("groups", network=network, trainer=trainer, pruning={**OWN, "rounds": 2}) as session:
        session.run()
        with pytest.raises(TicketError, match=r"^\$\.pruning\.scope: layer, expected global: .* in groups of layers"):
            session.branch("snr", 1, None, {"pruning": {"scope": "layer", "rounds": 3}})
        parted = {"ratios": {"dense_0*": 0.2}, "rounds": 3}
        with pytest.raises(TicketError, match=r"^\$\.pruning\.ratios: dense_0\*, expected no finer groups than before"):
            session.branch("snr", 1, None, {"pruning": parted})
        session.branch("snr", 1, "same", {"pruning": {"ratios": {"dense": 0.5, "output": 0.2}, "rounds": 3}})


@pytest.mark.parametrize(
    ("ratios", "message"),
    [
        ({"convolution": 0.15}, r"^\$\.pruning\.ratios\.convolution: no such layer, expected .* dense_1/kernel"),
        ({"dense": 1.5}, r"^\$\.pruning\.ratios\.dense: 1\.5, expected a number between 0 and 1, exclusive"),
        ({"dense": 0.9999, "output": 0.99}, r"^\$\.pruning: ratio 0\.4 \(dense 0\.9999, output 0\.99\) over 4 rounds"),
    ],
)
def test_wrong_ratios_are_refused(lab, ratios, message):
    with pytest.raises(TicketError, match=message):
        lab.create(pruning={**OWN, "ratios": ratios})


def test_ratios_are_kept_when_a_branch_is_adopted(lab):
    source = lab.finished("source-ratios", pruning={**OWN, "rounds": 2})
    with lab.create("adopting", pruning={"ratio": 0.3, "rounds": 1}) as session:
        name = session.adopt(source, "snr", "theirs")
        adopted, known = session.view.branches[name].rounds, read_view(source).branches["snr"].rounds
        assert {n: r.densities for n, r in adopted.items()} == {n: r.densities for n, r in known.items()}
        assert adopted[1].densities
