"""Curvature, surfaces and lines between networks, where the answer is known."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.analysis import ANALYSES, landscape
from ticket_explorer.analysis.analysis import Subject, Trained
from ticket_explorer.analysis.curvature import quadratic_fit
from ticket_explorer.analysis.directions import directions, filter_normalised
from ticket_explorer.analysis.settings import Connectivity, Curvature, Surface
from ticket_explorer.errors import InvalidValue
from ticket_explorer.networks import MLP
from ticket_explorer.networks.settings import ResNet18
from ticket_explorer.problems import MeasurableProblem, bind
from ticket_explorer.registry import implementation_of
from ticket_explorer.tasks.settings import Fashion

pytestmark = pytest.mark.thorough

KEYS = jax.random.split(jax.random.key(3), 2)
EXAMPLES = 64


@pytest.fixture(scope="module")
def problem():
    return bind(Fashion(batch=64), MLP(hidden=(8,)))


@pytest.fixture(scope="module")
def evaluate(problem):
    return jax.jit(partial(landscape.evaluated, examples=EXAMPLES))


@pytest.fixture
def trained(problem):
    """Makes a network for each of two replicates, a tenth of its weights pruned."""

    def make(seed: int, number: int = 0) -> Trained:
        rng = np.random.default_rng(seed)
        mask = (rng.random((2, problem.layout.size)) < 0.9) | ~problem.layout.prunable
        mean = (0.2 * rng.normal(size=mask.shape) * mask).astype(np.float32)
        return Trained("mine", number, mean, None, mask)

    return make


@pytest.fixture
def walk(problem, evaluate):
    """Runs an analysis in steps of some points."""

    def run(settings, subject, count=landscape.SLICE, which=problem, function=evaluate):
        analysis = implementation_of(settings)(settings)
        points = landscape.padded(analysis.points(KEYS, subject))

        def call(replicate, coefficients):
            filled, blocks = landscape.blocks_of(coefficients)
            states = jax.tree.map(lambda array: array[replicate], points.states)
            return function(which, KEYS[0], points.basis[replicate], filled, blocks, states)

        state = landscape.init(points)
        while state.done < state.total:
            state = landscape.step(state, points, call, count)
        return analysis.result(subject, landscape.finish(state, points))

    return run


@pytest.fixture
def subject(problem):
    return lambda centre, **more: Subject(problem.layout, problem.input_shape, centre, **more)


def test_an_image_problem_is_measurable_and_measures_what_it_scores(problem, trained):
    assert isinstance(problem, MeasurableProblem)
    theta = jnp.asarray(trained(0).mean)
    whole = problem.evaluate(KEYS[0], theta, (), examples=10_000)
    np.testing.assert_allclose(whole.score, [problem.score(KEYS[0], one, ()) for one in theta], rtol=1e-6)
    half = [problem.evaluate(KEYS[0], theta, (), examples=count).loss for count in (500, 1000)]
    assert not np.allclose(half[0], half[1])
    np.testing.assert_allclose(half[1], whole.loss, rtol=1e-5)


def test_slices_of_test_images_add_up(problem, trained, monkeypatch):
    theta = jnp.asarray(trained(0).mean)
    whole = problem.evaluate(KEYS[0], theta, ())
    monkeypatch.setattr("ticket_explorer.tasks.images.SLICE", 300)
    sliced = problem.evaluate(KEYS[0], theta, ())
    np.testing.assert_allclose(sliced.loss, whole.loss, rtol=1e-5)
    np.testing.assert_allclose(sliced.score, whole.score, rtol=1e-6)


def test_curvature_of_a_quadratic_is_its_hessians(quadratic):
    curvature = np.linspace(0.5, 4.0, 12)
    task, mean = quadratic(curvature, 0.3), np.random.default_rng(0).normal(size=(2, 12)).astype(np.float32)
    centre = Trained("mine", 0, mean, None, np.arange(24).reshape(2, 12) % 5 > 0)
    settings = Curvature(directions=3, points=21)
    analysis = implementation_of(settings)(settings)
    points = analysis.points(KEYS, Subject(task.layout, (1,), centre))
    thetas = np.einsum("nk,rkd->rnd", points.coefficients, points.basis)
    loss = -np.stack([task.fitness(KEYS[0], jnp.asarray(one), 0)[0] for one in thetas])
    found = analysis.result(Subject(task.layout, (1,), centre), landscape.Seen(loss, loss))
    eta = points.basis[:, 1:]
    assert (eta[~np.broadcast_to(centre.mask[:, None], eta.shape)] == 0).all()
    np.testing.assert_allclose(found.sharpness, 0.5 * (curvature * eta**2).sum(-1), rtol=1e-3)
    slope = (curvature * (mean - 0.3))[:, None] * eta
    np.testing.assert_allclose(found.fit[..., 1], slope.sum(-1), rtol=1e-3, atol=1e-3)


def test_a_profile_goes_through_the_networks_own_loss(problem, trained, walk, subject):
    centre = trained(1)
    found = walk(Curvature(directions=2, points=5, examples=EXAMPLES), subject(centre))
    own = problem.evaluate(KEYS[0], jnp.asarray(centre.mean), (), EXAMPLES)
    assert found.steps.tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]
    np.testing.assert_allclose(found.loss[:, :, 2], np.asarray(own.loss)[:, None].repeat(2, 1), rtol=1e-5)
    np.testing.assert_allclose(found.score[:, :, 2], np.asarray(own.score)[:, None].repeat(2, 1))


def test_steps_of_any_size_see_the_same(trained, walk, subject):
    settings, centre = Curvature(directions=3, points=7, examples=EXAMPLES), subject(trained(1))
    whole, cut = walk(settings, centre), walk(settings, centre, count=landscape.block())
    np.testing.assert_array_equal(whole.loss, cut.loss)
    np.testing.assert_array_equal(whole.sharpness, cut.sharpness)


def test_the_middle_of_a_surface_is_the_loss(problem, trained, walk, subject):
    centre, dense = trained(1, 3), trained(2)
    found = walk(Surface(points=5, examples=EXAMPLES), subject(centre, line=(dense,)))
    own = problem.evaluate(KEYS[0], jnp.asarray(centre.mean), (), EXAMPLES)
    np.testing.assert_allclose(found.loss[:, 2, 2], own.loss, rtol=1e-5)
    assert found.loss.shape == (2, 5, 5)


def test_all_rounds_of_a_line_share_the_surfaces_directions(trained, subject):
    dense, analysis = trained(2), implementation_of(Surface())(Surface(points=3))
    first, later = (analysis.points(KEYS, subject(centre, line=(dense,))) for centre in (dense, trained(1, 3)))
    kept = dense.mask & trained(1).mask
    for one in (1, 2):
        np.testing.assert_array_equal(first.basis[:, one][kept], later.basis[:, one][kept])
        assert not later.basis[:, one][~trained(1).mask].any()


def permuted(layout, mean):
    """The network with its hidden units in the opposite order: the same function."""
    parameters = layout.unflatten(jnp.asarray(mean))
    first, last = parameters["dense_0"], parameters["dense_1"]
    first = {"kernel": first["kernel"][..., ::-1], "bias": first["bias"][..., ::-1]}
    last = {"kernel": last["kernel"][..., ::-1, :], "bias": last["bias"]}
    rows = [jax.tree.map(lambda leaf, r=r: leaf[r], {"dense_0": first, "dense_1": last}) for r in range(len(mean))]
    return np.stack([np.asarray(layout.flatten(row)) for row in rows])


def test_a_network_is_connected_with_itself_and_not_with_its_permutation(problem, trained, walk, subject):
    one = replace(trained(1), mean=trained(1).mean * 3)
    twin = replace(one, number=1)
    mirrored = replace(one, number=2, mean=permuted(problem.layout, one.mean))
    found = walk(Connectivity(points=5, examples=EXAMPLES), subject(one, line=(one, twin, mirrored)))
    assert found.rounds.tolist() == [0, 1, 2]
    flat = found.loss[:, 0, 1]
    np.testing.assert_allclose(flat, flat[:, :1].repeat(5, 1), rtol=1e-4)
    np.testing.assert_allclose(found.loss_barrier[:, 0, 1], 0, atol=1e-4)
    np.testing.assert_allclose(found.loss[:, 0, 2, 0], found.loss[:, 0, 2, -1], rtol=1e-4)
    assert (np.ptp(found.loss[:, 0, 2], axis=-1) > 0.05).all()
    np.testing.assert_array_equal(found.loss[:, 2, 0], found.loss[:, 0, 2, ::-1])
    np.testing.assert_array_equal(found.best_score, found.score.max(-1))


def test_two_lines_are_joined_end_to_end(problem, trained, walk, subject):
    line, other = (trained(1), trained(2, 1)), (trained(3), trained(4, 1), trained(5, 2))
    found = walk(Connectivity(points=3, examples=EXAMPLES), subject(line[-1], line=line, other=other))
    assert found.loss.shape == (2, 2, 3, 3)
    half = jnp.asarray((line[1].mean + other[2].mean) / 2)
    middle = problem.evaluate(KEYS[0], half, (), EXAMPLES)
    np.testing.assert_allclose(found.loss[:, 1, 2, 1], middle.loss, rtol=1e-5)
    ends = [problem.evaluate(KEYS[0], jnp.asarray(t.mean), (), EXAMPLES).score for t in (line[1], other[2])]
    expected = (ends[0] + ends[1]) / 2 - np.minimum(np.minimum(ends[0], ends[1]), middle.score)
    np.testing.assert_allclose(found.instability[:, 1, 2], expected, atol=1e-6)


def test_filters_of_a_direction_have_the_norms_of_the_weights(problem, trained):
    one = trained(1)
    drawn = directions(KEYS, 3, one.mean, one.mask, problem.layout, "filter")
    leaf = next(leaf for leaf in problem.layout if leaf.name == "dense_0/kernel")
    into = (-1, leaf.shape[-1])
    norms = np.linalg.norm(drawn[:, :, leaf.slice].reshape(2, 3, *into), axis=2)
    own = np.linalg.norm(one.mean[:, leaf.slice].reshape(2, *into), axis=1)
    np.testing.assert_allclose(norms, own[:, None].repeat(3, 1), rtol=1e-4)
    biases = next(leaf for leaf in problem.layout if leaf.name == "dense_0/bias")
    assert not drawn[:, :, biases.slice].any()
    again = filter_normalised(7 * drawn, one.mean, problem.layout)
    np.testing.assert_allclose(again, drawn, rtol=1e-4, atol=1e-7)


def test_filter_normalised_profiles_do_not_change_with_the_scale_of_a_relu_layer(problem, trained, walk, subject):
    one = trained(1)
    scaled = problem.layout.unflatten(jnp.asarray(one.mean))
    scaled["dense_0"] = jax.tree.map(lambda leaf: leaf * 4, scaled["dense_0"])
    scaled["dense_1"]["kernel"] = scaled["dense_1"]["kernel"] / 4
    rows = [jax.tree.map(lambda leaf, r=r: leaf[r], scaled) for r in range(2)]
    other = replace(one, mean=np.stack([np.asarray(problem.layout.flatten(row)) for row in rows]))
    for normalisation, is_invariant in (("filter", True), ("none", False)):
        settings = Curvature(directions=2, points=5, normalisation=normalisation, examples=EXAMPLES)
        first, second = (walk(settings, subject(centre)).loss for centre in (one, other))
        assert np.allclose(first, second, rtol=1e-3) == is_invariant


def test_what_is_not_finite_has_no_fit():
    steps = np.linspace(-1, 1, 5, dtype=np.float32)
    found = quadratic_fit(steps, np.array([1 + 2 * steps + 3 * steps**2, [np.nan, 1, 1, 1, 1]]))
    np.testing.assert_allclose(found[0], [1, 2, 3], rtol=1e-5)
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("name", ["curvature", "surface"])
def test_an_even_number_of_points_is_refused(name):
    with pytest.raises(InvalidValue, match=r"points: 50, expected an odd number.*51"):
        ANALYSES[name](points=50).check()


def test_walks_of_all_kinds_share_one_executable(trained, subject, walk, evaluate, problem):
    one = trained(1)
    walk(Curvature(directions=2, points=3, examples=EXAMPLES), subject(one))
    before = evaluate._cache_size()
    walk(Surface(points=3, examples=EXAMPLES), subject(one, line=(one,)))
    walk(Connectivity(points=3, examples=EXAMPLES), subject(one, line=(one, trained(2, 1))))
    assert evaluate._cache_size() == before


@pytest.fixture(scope="module")
def residual():
    """A network with batch normalisation, and its evaluation."""
    problem = bind(Fashion(batch=64), ResNet18(width=4, blocks=1))
    return problem, jax.jit(partial(landscape.evaluated, examples=EXAMPLES))


@pytest.fixture(scope="module")
def normalised(residual):
    """Makes a network for each of two replicates, with the running statistics of a few batches."""
    problem, _ = residual

    def make(seed: int, number: int = 0) -> Trained:
        keys = jax.random.split(jax.random.key(seed), 2)
        mean = np.asarray(jax.vmap(problem.initialise)(keys))
        states = [problem.initial_state() for _ in keys]
        for key in keys:
            states = [problem.training_loss(key, jnp.asarray(one), s)[1] for one, s in zip(mean, states, strict=True)]
        state = jax.tree.map(lambda *arrays: np.stack(arrays), *states)
        return Trained("mine", number, mean, None, np.ones_like(mean, bool), state=state)

    return make


def running(problem, trained, mean=None, state=None):
    """Loss and score of each replicate by the running statistics, image by image as a round is scored."""
    loss, score = [], []
    for replicate, theta in enumerate(trained.mean if mean is None else mean):
        own = jax.tree.map(lambda a, r=replicate: a[r], trained.state if state is None else state)
        inputs = problem._standardise(problem.test.pixels[:EXAMPLES]).reshape(-1, *problem.test.shape)
        logits = problem.network.apply_testing(jnp.asarray(theta), inputs, own)
        labels = problem.test.labels[:EXAMPLES]
        loss.append(-jax.nn.log_softmax(logits)[np.arange(EXAMPLES), labels].mean())
        score.append((logits.argmax(-1) == labels).mean())
    return np.array(loss), np.array(score)


def test_landscapes_of_a_normalised_network_go_through_its_own_score(residual, normalised, walk):
    problem, evaluate = residual
    centre, dense = normalised(1, 1), normalised(2)
    loss, score = running(problem, centre)
    subject = Subject(problem.layout, problem.input_shape, centre, line=(dense,))
    profile = walk(Curvature(directions=2, points=3, examples=EXAMPLES), subject, which=problem, function=evaluate)
    plane = walk(Surface(points=3, examples=EXAMPLES), subject, which=problem, function=evaluate)
    for middle in (profile.loss[:, 0, 1], profile.loss[:, 1, 1], plane.loss[:, 1, 1]):
        np.testing.assert_allclose(middle, loss, rtol=1e-4)
    np.testing.assert_array_equal(plane.score[:, 1, 1], np.float32(score))


def test_between_normalised_networks_statistics_are_mixed_like_weights(residual, normalised, walk):
    problem, evaluate = residual
    one, other = normalised(1, 1), normalised(2, 0)
    subject = Subject(problem.layout, problem.input_shape, one, line=(other, one))
    found = walk(Connectivity(points=3, examples=EXAMPLES), subject, which=problem, function=evaluate)
    ends = [running(problem, trained) for trained in (other, one)]
    np.testing.assert_allclose(found.loss[:, 0, 1, -1], ends[0][0], rtol=1e-4)
    np.testing.assert_allclose(found.loss[:, 0, 1, 0], ends[1][0], rtol=1e-4)
    halfway = jax.tree.map(lambda a, b: (a + b) / 2, one.state, other.state)
    middle = running(problem, one, (one.mean + other.mean) / 2, halfway)
    np.testing.assert_allclose(found.loss[:, 0, 1, 1], middle[0], rtol=1e-3)
