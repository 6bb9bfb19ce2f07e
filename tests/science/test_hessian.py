"""Hessians where the answer is known: quadratics, a small network, finite differences, and what σ has of them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.analysis import differences, landscape, spectrum
from ticket_explorer.analysis.analysis import Subject, Trained
from ticket_explorer.analysis.hessian import Hessian
from ticket_explorer.analysis.products import AT_ONCE, products
from ticket_explorer.analysis.settings import Hessian as Settings
from ticket_explorer.analysis.significance import quantile
from ticket_explorer.analysis.spectrum import Wanted
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.networks import MLP
from ticket_explorer.networks.settings import ResNet18
from ticket_explorer.problems import bind, curved
from ticket_explorer.tasks.settings import Fashion
from ticket_explorer.trainers.evolution import Evolution
from ticket_explorer.trainers.strategies import STRATEGIES
from ticket_explorer.trainers.strategies.settings import Evolution as Search

pytestmark = pytest.mark.thorough

KEYS = jax.random.split(jax.random.key(3), 2)
SIZE = 24


def of_matrix(matrix):
    """The masked products of a matrix that all replicates share."""

    def multiply(replicate, vectors):
        return np.float32(vectors @ matrix)

    return multiply


def found(wanted, mask, product, keys=KEYS, count=AT_ONCE, parts=()):
    course = spectrum.init(keys, mask, parts, wanted)
    while course.done < course.total:
        course = spectrum.step(course, product, count)
    return spectrum.finish(course)


@pytest.fixture(scope="module")
def matrix():
    """Symmetric, with eigenvalues of both signs, two of them large, as networks' Hessians have."""
    rng = np.random.default_rng(0)
    values = np.concatenate([[40.0, 20.0], rng.normal(size=SIZE - 2)])
    basis = np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0]
    return basis @ np.diag(values) @ basis.T


@pytest.fixture(scope="module")
def problem():
    return bind(Fashion(batch=64, pool=7), MLP(hidden=(5,), activation="tanh"))


@pytest.fixture(scope="module")
def network(problem):
    """θ of two replicates, a fifth of their weights pruned; not the same ones."""
    rng = np.random.default_rng(1)
    mask = (rng.random((2, problem.layout.size)) < 0.8) | ~problem.layout.prunable
    return Trained("mine", 0, np.float32(rng.normal(size=mask.shape) * mask), np.float32(mask * 0.1), mask)


@pytest.fixture(scope="module")
def multiply(problem, network):
    executable = jax.jit(partial(products, split="test", examples=300))

    def call(replicate, vectors):
        filled = np.zeros((AT_ONCE, vectors.shape[1]), np.float32)
        filled[: len(vectors)] = vectors
        mean, mask = network.mean[replicate], network.mask[replicate]
        return np.asarray(executable(problem, mean, mask, filled, len(vectors)))[: len(vectors)]

    return call


def test_of_a_quadratic_all_is_exact():
    curvature = np.array([0.5, 1.0, 1.0, 1.0, 3.0, 10.0, 100.0, -2.0])
    mask = np.array([[True] * 8, [True] * 7 + [False]])
    result = found(
        Wanted(steps=8, eigenvalues=5, vectors=3), mask, of_matrix(np.diag(curvature)), parts=(slice(0, 4), slice(4, 8))
    )
    for leading, diagonal, kept in zip(result.leading, result.diagonals, mask, strict=True):
        np.testing.assert_allclose(leading.values, [100, 10, 3, 1, 1], rtol=1e-4)  # one of multiplicity 3 comes again
        assert (leading.errors < 1e-3).all()
        np.testing.assert_allclose(np.abs(leading.vectors[0]), np.eye(8)[6], atol=1e-3)
        np.testing.assert_allclose(diagonal.values, curvature * kept, atol=1e-3)
        np.testing.assert_allclose(diagonal.errors, 0, atol=1e-3)
        np.testing.assert_allclose(diagonal.traces, [(curvature * kept)[p].sum() for p in np.s_[:, :4, 4:]], rtol=1e-4)
    assert result.leading[0].lowest == pytest.approx(-2, abs=1e-3)
    assert result.leading[1].lowest == pytest.approx(0.5, abs=1e-3)


def test_what_is_known_never_spoils_a_diagonal_matrix():
    curvature = np.linspace(-1, 5, SIZE)
    result = found(Wanted(4, 2, 6), np.ones((2, SIZE), bool), of_matrix(np.diag(curvature)))
    np.testing.assert_allclose(result.diagonals[0].values, curvature, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(result.diagonals[0].errors, 0, atol=1e-6)


def test_as_many_vectors_as_weights_are_exact_whatever_is_off_the_diagonal(matrix):
    mask = np.arange(SIZE) % 4 > 0
    masked = matrix * np.outer(mask, mask)
    result = found(Wanted(3, 1, 10_000), np.stack([mask, mask]), of_matrix(masked), count=5, parts=(slice(0, 9),))
    np.testing.assert_allclose(result.diagonals[0].values, np.diag(masked), rtol=1e-5)
    assert not result.diagonals[0].errors.any()
    np.testing.assert_allclose(result.diagonals[1].traces, [np.trace(masked), np.trace(masked[:9, :9])], rtol=1e-5)


def test_eigenvalues_are_the_matrixs_and_their_errors_hold(matrix):
    true = np.linalg.eigvalsh(matrix)[::-1]
    mask = np.ones((2, SIZE), bool)
    for steps in (4, 8, SIZE):
        leading = found(Wanted(steps, 3, 0), mask, of_matrix(matrix)).leading[0]
        nearest = np.abs(leading.values[:, None] - true).min(1)
        assert (nearest <= leading.errors + 1e-3).all()
        np.testing.assert_allclose(np.linalg.norm(leading.vectors, axis=1), 1, rtol=1e-4)
    np.testing.assert_allclose(leading.values, true[:3], rtol=1e-4)
    residual = leading.vectors @ matrix - leading.values[:, None] * leading.vectors
    assert np.abs(residual).max() < 1e-2
    assert leading.lowest == pytest.approx(true[-1], rel=1e-3)


def test_errors_cover_the_truth_at_their_rate_over_a_hundred_keys(matrix):
    """95% intervals by Student's t of the diagonal, weight by weight, and of the trace, with and without deflation."""
    keys, vectors = jax.random.split(jax.random.key(0), 100), 16
    mask = np.ones((1, SIZE), bool)
    reach = quantile(vectors - 1)
    widths = []
    for steps in (0, 4):
        wanted = Wanted(steps, 0, vectors)
        diagonals = [found(wanted, mask, of_matrix(matrix), keys[i : i + 1]).diagonals[0] for i in range(100)]
        values, errors = (np.stack([getattr(one, name) for one in diagonals]) for name in ("values", "errors"))
        inside = np.abs(values - np.diag(matrix)) <= reach * errors
        assert 0.93 < inside.mean() < 0.97
        traces, trace_errors = np.array([(one.traces[0], one.trace_errors[0]) for one in diagonals]).T
        assert 89 <= (np.abs(traces - np.trace(matrix)) <= reach * trace_errors).sum() <= 99
        np.testing.assert_allclose(values.mean(0), np.diag(matrix), atol=4 * errors.max() / 10)
        widths.append(errors.mean())
    assert widths[1] < 0.5 * widths[0]  # what the leading eigenvectors tell is not left to chance


def test_slices_of_any_size_find_the_same(matrix):
    mask, wanted = np.ones((2, SIZE), bool), Wanted(4, 2, 20)
    whole, cut = (found(wanted, mask, of_matrix(matrix), count=count) for count in (AT_ONCE, 3))
    for one, other in zip(whole.diagonals, cut.diagonals, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=1e-5, atol=1e-5)
    assert not np.array_equal(whole.diagonals[0].values, whole.diagonals[1].values)  # keys decide
    again = found(wanted, mask[:1], of_matrix(matrix), KEYS[1:])
    np.testing.assert_array_equal(again.diagonals[0].values, whole.diagonals[1].values)


def whole_hessian(problem, theta, split, count):
    given = problem.fixed_examples(split, count, count)
    examples = jax.tree.map(lambda array: array[0], given.examples)
    return np.asarray(jax.jit(jax.hessian(lambda t: problem.losses(t, examples).mean()))(jnp.asarray(theta)))


def test_products_and_all_that_comes_of_them_are_jaxs_hessian(problem, network, multiply):
    """Pruned entries neither contribute nor appear; parts of 200 examples, the last one filled up, add up."""
    layout = problem.layout
    result = found(Wanted(40, 3, 100_000), network.mask, multiply, parts=tuple(leaf.slice for leaf in layout))
    for number, kept in enumerate(network.mask):
        masked = whole_hessian(problem, network.mean[number], "test", 300) * np.outer(kept, kept)
        vector = np.float32(np.random.default_rng(2).normal(size=layout.size))
        product = multiply(number, vector[None])[0]
        np.testing.assert_allclose(product, masked @ vector, rtol=1e-3, atol=1e-4)
        assert not product[~kept].any()
        np.testing.assert_allclose(result.diagonals[number].values, np.diag(masked), rtol=1e-3, atol=1e-5)
        expected = np.linalg.eigvalsh(masked)[::-1][:3]
        np.testing.assert_allclose(result.leading[number].values, expected, rtol=1e-3)
        assert not result.leading[number].vectors[:, ~kept].any()


def test_the_fixed_loss_is_the_one_that_landscapes_show(problem, network):
    theta = jnp.asarray(network.mean[0])

    @partial(jax.jit, static_argnames=("split", "size"))
    def loss(split, size):
        given = problem.fixed_examples(split, 300, size)
        losses = jax.lax.map(lambda part: problem.losses(theta, part), given.examples)
        return jnp.sum(given.weights * losses), given.weights.sum()

    whole, cut, training = (loss(*of) for of in (("test", 300), ("test", 77), ("train", 300)))
    expected = jax.jit(lambda t: problem.evaluate(KEYS[0], t[None], (), 300).loss[0])(theta)
    for found_, weights in (whole, cut):
        np.testing.assert_allclose(found_, expected, rtol=1e-5)
        assert float(weights) == pytest.approx(1, abs=1e-5)
    assert not np.isclose(training[0], expected, rtol=1e-3)


def analysed(problem, network, multiply, **settings):
    analysis = Hessian(Settings(examples=300, **settings))
    wanted = analysis.wanted(has_loss=True)
    subject = Subject(problem.layout, problem.input_shape, network)
    curved_ = found(wanted, network.mask, multiply, parts=tuple(leaf.slice for leaf in problem.layout))
    subject = Subject(problem.layout, problem.input_shape, network, curved=curved_)
    assert analysis.points(KEYS, subject) is None
    return analysis.result(subject, landscape.Seen(np.zeros((2, 0)), np.zeros((2, 0))))


def test_what_is_told_is_of_kept_prunable_weights(problem, network, multiply):
    result = analysed(problem, network, multiply, vectors=4, steps=4, eigenvalues=2)
    for number, kept in enumerate(network.mask):
        told = result.entries[number][np.isfinite(result.entries[number])].astype(int)
        np.testing.assert_array_equal(told, np.flatnonzero(kept & problem.layout.prunable))
        np.testing.assert_array_equal(result.theta[number][: told.size], network.mean[number][told])
    assert result.trace.shape == (2, 1 + len(problem.layout.leaves))
    np.testing.assert_allclose(result.trace[:, 1:].sum(1), result.trace[:, 0], rtol=1e-4)
    assert np.isnan(result.spearman).all()  # one σ for all weights tells nothing
    few = analysed(problem, network, multiply, vectors=4, steps=4, eigenvalues=2, keep=20)
    assert few.entries.shape == (2, 20)
    assert few.trace[0, 0] == result.trace[0, 0]


def test_a_precise_estimate_is_reliable_and_a_rough_one_says_so(problem, network, multiply):
    rough = analysed(problem, network, multiply, vectors=2, steps=0, eigenvalues=0)
    fair = analysed(problem, network, multiply, vectors=100, steps=10, eigenvalues=0)
    exact = analysed(problem, network, multiply, vectors=10_000)
    assert (rough.reliability[:, 0] < fair.reliability[:, 0]).all()
    np.testing.assert_allclose(exact.reliability[:, 0], 1, rtol=1e-6)
    assert exact.eigenvalues.shape == (2, 5)


@pytest.mark.parametrize("draws", [1, 4])
def test_differences_of_a_quadratic_are_its_diagonal(quadratic, draws):
    """Of noise that all points of a draw share nothing is seen; pruned weights are not among those moved."""
    curvature = np.linspace(0.5, 8.0, 12)
    task, rng = quadratic(curvature, 0.3), np.random.default_rng(0)
    mask = np.arange(24).reshape(2, 12) % 5 > 0
    centre = Trained("mine", 0, np.float32(rng.normal(size=(2, 12)) * mask), None, mask)
    subject, analysis = Subject(task.layout, (1,), centre), Hessian(Settings(weights=6, step=0.5, draws=draws))
    points = analysis.points(KEYS, subject)
    thetas = np.einsum("nk,rkd->rnd", points.coefficients, points.basis)
    assert not thetas[~np.broadcast_to(mask[:, None], thetas.shape)].any()
    noise = rng.normal(size=(2, draws, 1))
    exact = np.stack([-task.fitness(KEYS[0], jnp.asarray(one), 0)[0] for one in thetas])
    loss = np.float32((exact[:, None] + noise).reshape(2 * draws, -1))
    result = analysis.result(subject, landscape.Seen(loss, loss))
    told = result.entries.astype(int)
    assert told.shape == (2, 6)
    assert mask[np.arange(2)[:, None], told].all()
    np.testing.assert_allclose(result.diagonal, curvature[told], rtol=1e-3)
    assert np.isnan(result.diagonal_error).all() if draws == 1 else (result.diagonal_error < 1e-3).all()
    assert result.eigenvalues.shape == (2, 0)
    assert np.isnan(result.trace).all()


def test_draws_see_the_same_weights_in_every_round():
    considered = np.arange(100) % 3 > 0
    more, fewer = differences.drawn(np.ones(100, bool), 40), differences.drawn(considered, 20)
    assert considered[fewer].all()
    assert np.isin(more[considered[more]][:20], fewer).mean() > 0.5


@pytest.mark.parametrize(
    "strategy",
    [
        pytest.param(name, marks=pytest.mark.slow if "evosax_native" in info.implementation else ())
        for name, info in STRATEGIES.items()
        if info.per_weight_std
    ],
)
def test_sigma_means_curvature_where_curvature_is_planted(strategy, quadratic):
    """Curvatures 1, 10 and 100: the most that Spearman's correlation with three values can be is 0.943."""
    curvature = np.repeat([1.0, 10.0, 100.0], 20)
    problem, trainer = quadratic(curvature), Evolution(Search(strategy=strategy, population=64, std_init=0.1), 60)

    @jax.jit
    def searched(key):
        state = trainer.init(key, jnp.full(60, 0.1), jnp.ones(60, bool), problem)
        step = lambda i, state: trainer.step(jax.random.fold_in(key, i), state, problem)[0]  # noqa: E731
        return trainer.finish(jax.lax.fori_loop(0, 200, step, state), problem)

    result = searched(jax.random.key(0))
    centre = Trained("mine", 0, *(np.asarray(a)[None] for a in (result.mean, result.std, result.mask)))
    executable = jax.jit(partial(products, split="test", examples=None))

    def multiply(_, vectors):
        return np.asarray(executable(problem, centre.mean[0], centre.mask[0], vectors, len(vectors)))

    analysis = Hessian(Settings(steps=3, eigenvalues=3, vectors=2))
    told = found(analysis.wanted(has_loss=True), centre.mask, multiply, KEYS[:1], parts=(slice(0, 60),))
    subject = Subject(problem.layout, (1,), centre, curved=told)
    shown = analysis.result(subject, landscape.Seen(np.zeros((1, 0)), np.zeros((1, 0))))
    np.testing.assert_allclose(shown.diagonal[0], curvature, rtol=1e-2)
    np.testing.assert_allclose(shown.eigenvalues[0], [100, 10, 1], rtol=1e-3)
    assert shown.spearman[0, 0] >= 0.9
    assert np.corrcoef(-2 * np.log(shown.sigma[0]), np.log(curvature))[0, 1] >= 0.9


def test_weights_that_are_numbers_no_more_have_no_hessian():
    mask = np.ones((2, 6), bool)
    lost = found(Wanted(3, 2, 4), mask, lambda replicate, vectors: vectors * (np.nan if replicate else 2.0))
    assert np.isnan(lost.leading[1].values).all()
    assert np.isnan(lost.diagonals[1].values).all()
    np.testing.assert_allclose(lost.diagonals[0].values, 2.0, rtol=1e-5)


def test_bad_input_is_explained(quadratic):
    with pytest.raises(InvalidValue, match=r"\$\.eigenvalues: 6, expected no more than there are steps: 5"):
        Settings(steps=5, eigenvalues=6).check()
    with pytest.raises(TicketError, match=r"uses batch statistics.*along random directions"):
        curved(bind(Fashion(batch=64), ResNet18(width=4, blocks=1)))
    layout = bind(Fashion(), MLP(hidden=(300, 100))).layout
    zeros = np.zeros((1, layout.size), np.float32)
    subject = Subject(layout, (1,), Trained("mine", 0, zeros, None, np.ones_like(zeros, bool)))
    with pytest.raises(InvalidValue, match=r"\$\.weights: 10000, expected at most \d{3}: without a loss each weight"):
        Hessian(Settings(weights=10_000)).points(KEYS, subject)
