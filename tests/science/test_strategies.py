"""Every strategy keeps one contract; none is named here but in the tests of its own equations."""

import subprocess
import sys

import evosax.algorithms.distribution_based as evosax_strategies
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.errors import InvalidValue, TicketError, UnknownName
from ticket_explorer.trainers.evolution import Evolution
from ticket_explorer.trainers.settings import Optimizer
from ticket_explorer.trainers.strategies import STRATEGIES
from ticket_explorer.trainers.strategies.sep_cma_es import recombination_weights, ros_hansen
from ticket_explorer.trainers.strategies.settings import Evolution as Settings
from ticket_explorer.trainers.strategies.shaping import SHAPINGS, centered_rank, random_tie_weights, shared_weights
from ticket_explorer.trainers.strategies.snes import temperature_weights
from ticket_explorer.trainers.strategies.strategy_info import OPTIONS

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
every_strategy_trained = pytest.mark.parametrize(
    "strategy",
    # Compiling takes most of the time; those without an adapter of their own are left to the slow tests.
    [
        pytest.param(name, marks=pytest.mark.slow if "evosax_native" in info.implementation else ())
        for name, info in STRATEGIES.items()
    ],
)


def trained(trainer, key, theta0, problem, generations):
    """The state after some generations; for use under jit."""
    state = trainer.init(key, theta0, jnp.ones(theta0.shape, bool), problem)
    return jax.lax.fori_loop(
        0, generations, lambda i, s: trainer.step(jax.random.fold_in(key, i), s, problem)[0], state
    )


def test_strategies_are_known_without_jax():
    code = "import sys, ticket_explorer.trainers.strategies as s; assert s.STRATEGIES; print('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@every_strategy_trained
def test_a_step_does_not_recompile_and_keeps_its_types(strategy, quadratic):
    problem, trainer = quadratic(np.ones(6)), Evolution(Settings(strategy=strategy, population=8), 6)
    state = jax.jit(trainer.init)(jax.random.key(0), jnp.ones(6), jnp.ones(6, bool), problem)
    step = jax.jit(trainer.step)
    first, _ = step(jax.random.key(1), state, problem)
    second, metrics = step(jax.random.key(2), first, problem)
    assert step._cache_size() == 1
    types = [[(leaf.shape, leaf.dtype, leaf.weak_type) for leaf in jax.tree.leaves(s)] for s in (state, second)]
    assert types[0] == types[1]
    assert int(second.generation) == 2
    assert metrics.fitness_best >= metrics.fitness_mean
    tuned = trainer.tuned(second, dict.fromkeys(trainer.hyperparameters(second), 0.5))
    step(jax.random.key(3), tuned, problem)
    assert step._cache_size() == 1


@pytest.mark.slow
@every_strategy_trained
def test_replicates_run_as_if_alone_and_keys_decide(strategy, quadratic):
    problem, trainer = quadratic(np.ones(5)), Evolution(Settings(strategy=strategy, population=8), 5)

    @jax.jit
    def run(key):
        return trainer.finish(trained(trainer, key, jnp.ones(5), problem, 3), problem)

    keys = jax.random.split(jax.random.key(0), 2)
    together, alone = jax.jit(jax.vmap(run))(keys), run(keys[1])
    np.testing.assert_allclose(together.mean[1], alone.mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(together.std[1], alone.std, rtol=1e-4)
    np.testing.assert_array_equal(run(keys[1]).mean, alone.mean)
    assert not np.array_equal(together.mean[0], together.mean[1])


@every_strategy_trained
def test_sigma_is_what_ask_samples(strategy, quadratic):
    problem = quadratic([1.0, 1.0, 10.0, 10.0, 100.0, 100.0])
    trainer = Evolution(Settings(strategy=strategy, population=1000, std_init=0.3), 6)
    algorithm, sigma = trainer.strategy.algorithm, trainer.strategy.sigma

    @jax.jit
    def sampled(key):
        state = trained(trainer, key, jnp.full(6, 0.1), problem, 20)

        def squares(key):
            population, _ = algorithm.ask(key, state.search, state.parameters)
            return jnp.mean((population - state.search.mean) ** 2, 0)

        return jnp.sqrt(jnp.mean(jax.lax.map(squares, jax.random.split(key, 100)), 0)), sigma(state.search)

    empirical, claimed = sampled(jax.random.key(0))
    assert claimed.shape == (6,)
    np.testing.assert_allclose(claimed, empirical, rtol=0.03)


@every_strategy_trained
def test_it_learns_and_sigma_tells_flat_from_steep_where_claimed(strategy, quadratic):
    half, start = 50, jnp.full(100, 0.1)
    problem = quadratic(np.repeat([1.0, 100.0], half))
    trainer = Evolution(Settings(strategy=strategy, population=64, std_init=0.1), 2 * half)
    state = jax.jit(lambda key: trained(trainer, key, start, problem, 200))(jax.random.key(0))
    sigma = trainer.strategy.sigma(state.search)
    before, after = (problem.score(jax.random.key(0), theta, state.problem) for theta in (start, state.search.mean))
    assert after > before
    assert (sigma[:half].mean() >= 2 * sigma[half:].mean()) == STRATEGIES[strategy].per_weight_std


@pytest.mark.slow
@every_strategy_trained
def test_equal_fitness_moves_nothing_on_average(strategy, quadratic):
    problem, std_init = quadratic(np.zeros(20)), 0.1
    trainer = Evolution(Settings(strategy=strategy, population=32, std_init=std_init), 20)

    def run(key, generations):
        state = trained(trainer, key, jnp.zeros(20), problem, generations)
        return state.search.mean, trainer.strategy.sigma(state.search)

    runs = jax.jit(jax.vmap(run, in_axes=(0, None)))
    for generations in (1, 100):
        mean, sigma = runs(jax.random.split(jax.random.key(0), 16), generations)
        standard_error = jnp.std(mean) / np.sqrt(mean.size)
        assert abs(jnp.mean(mean)) <= 5 * standard_error + 1e-6
        assert 2 / 3 < jnp.mean(sigma) / std_init < 3 / 2


@every_strategy
def test_failed_individuals_are_the_worst(strategy, quadratic):
    trainer = Evolution(Settings(strategy=strategy, population=16), 4)
    utility = jax.jit(lambda costs: trainer.strategy.utility(jax.random.key(0), costs, trainer.strategy.parameters))
    costs = jnp.arange(16.0)
    failed = utility(costs.at[15].set(jnp.nan))
    assert jnp.all(jnp.isfinite(failed))
    assert jnp.sign(failed[15] - failed[0]) == jnp.sign(utility(costs)[15] - utility(costs)[0])
    assert jnp.all(jnp.isfinite(utility(jnp.full(16, jnp.nan))))


@every_strategy
def test_an_odd_population_works_or_is_explained(strategy):
    settings = Settings(strategy=strategy, population=15)
    if STRATEGIES[strategy].even_population:
        with pytest.raises(InvalidValue, match=r"\$\.trainer\.population: 15, expected an even number"):
            settings.check()
    else:
        assert Evolution(settings, 4).strategy.algorithm.population_size == 15


@every_strategy
def test_no_setting_is_ignored(strategy):
    info = STRATEGIES[strategy]
    for option in set(OPTIONS) - info.options:
        with pytest.raises(InvalidValue, match=rf"\$\.trainer\.{option}"):
            Settings(strategy=strategy, **{option: 0.5}).check()
    with pytest.raises(InvalidValue, match=r"\$\.trainer\.parameters\.nonsense: 1"):
        Evolution(Settings(strategy=strategy, parameters={"nonsense": 1}), 4)
    for shaping in {"weights", *SHAPINGS} - set(info.shapings):
        with pytest.raises(InvalidValue, match=r"\$\.trainer\.fitness_shaping"):
            Settings(strategy=strategy, fitness_shaping=shaping).check()
    if info.optimizer is None:
        with pytest.raises(InvalidValue, match=r"\$\.trainer\.optimizer"):
            Settings(strategy=strategy, optimizer=Optimizer()).check()


@every_strategy
def test_all_it_says_it_has_can_be_set(strategy):
    info = STRATEGIES[strategy]
    optimizer = info.optimizer and Optimizer(name="adam", parameters={"b1": 0.99})
    options = {option: "rank_mu" if option == "separable_rates" else 0.5 for option in info.options}
    for shaping in info.shapings:
        Evolution(Settings(strategy=strategy, fitness_shaping=shaping, optimizer=optimizer, **options), 4)
    for name in info.parameters or ():
        trainer = Evolution(Settings(strategy=strategy, parameters={name: 0.125}), 4)
        assert float(getattr(trainer.strategy.parameters, name, 0.125)) == 0.125


@every_strategy
def test_an_unknown_optimizer_parameter_is_explained(strategy):
    if STRATEGIES[strategy].optimizer is not None:
        with pytest.raises(InvalidValue, match=r"\$\.trainer\.optimizer\.parameters"):
            Evolution(Settings(strategy=strategy, optimizer=Optimizer(parameters={"nonsense": 1.0})), 4)


@every_strategy
def test_a_summary_is_one_sentence(strategy):
    assert STRATEGIES[strategy].summary.endswith(".")
    assert len(STRATEGIES[strategy].summary) < 100


def test_names_may_be_spelt_as_evosax_does():
    assert Settings(strategy="Sep_CMA_ES").info.name == "sep_cma_es"
    assert Settings(strategy="xNES").info.name == "xnes"
    with pytest.raises(UnknownName, match=r"unknown strategy 'snse'; did you mean snes\? Known: ars, "):
        Settings(strategy="snse").check()


def test_every_strategy_of_evosax_is_offered_or_accounted_for():
    from ticket_explorer.trainers.strategies import evosax_native

    def accounted_for(name):
        try:
            return bool(Settings(strategy=name).info)
        except TicketError:
            return name.replace("iAMaLGaM_Full", "iAMaLGaM").replace("iAMaLGaM_Univariate", "iAMaLGaM") in text

    text = evosax_native.__doc__
    assert [name for name in evosax_strategies.distribution_based_algorithms if not accounted_for(name)] == []


def test_sep_cma_es_has_the_parameters_of_ros_and_hansen():
    parameters, n = ros_hansen(128, 11_274, 0.5), 11_274
    mu = parameters["mu_eff"]
    c_cov = 2 / (mu * (n + np.sqrt(2)) ** 2) + (1 - 1 / mu) * (2 * mu - 1) / ((n + 2) ** 2 + mu)
    # c_cov as a whole is raised by (n + 2)/3; rank one has 1/μ of it, rank μ the rest
    assert parameters["c_1"] == pytest.approx((n + 2) / 3 * c_cov / mu)
    assert parameters["c_mu"] == pytest.approx((n + 2) / 3 * c_cov * (1 - 1 / mu))
    assert parameters["c_1"] + parameters["c_mu"] == pytest.approx(1.95e-3, rel=0.01)
    former = ros_hansen(128, n, 0.5, "rank_mu")
    assert former["c_1"] == pytest.approx(2 / ((n + 1.3) ** 2 + mu))
    assert former["c_mu"] == pytest.approx(1.93e-3, rel=0.02)
    crowd = ros_hansen(4000, 10, 0.5)
    assert 0.99 < crowd["c_1"] + crowd["c_mu"] <= 1
    few, many = recombination_weights(100, 0.1)[0], recombination_weights(100, 0.5)[0]
    assert (np.count_nonzero(few), np.count_nonzero(many)) == (10, 50)
    assert few.sum() == pytest.approx(1.0)


def test_ties_share_their_weights_or_are_broken_at_random():
    costs, weights = jnp.asarray([2.0, 1.0, 2.0, jnp.nan]), jnp.asarray([0.6, 0.3, 0.1, 0.0])
    np.testing.assert_allclose(shared_weights(costs, weights), [0.2, 0.6, 0.2, 0.0], atol=1e-7)
    np.testing.assert_allclose(centered_rank(costs), [0.0, -0.5, 0.0, 0.5], atol=1e-7)
    keys = jax.random.split(jax.random.key(0), 2000)
    broken = jax.jit(jax.vmap(lambda key: random_tie_weights(key, costs, weights)))(keys)
    np.testing.assert_allclose(jnp.sort(broken, axis=1), np.tile([0.0, 0.1, 0.3, 0.6], (2000, 1)))
    np.testing.assert_allclose(broken.mean(0), [0.2, 0.6, 0.2, 0.0], atol=0.02)


def test_a_temperature_sharpens_the_weights_of_snes():
    soft, sharp = temperature_weights(32, 1.0), temperature_weights(32, 12.0)
    assert sharp[0] > soft[0] > soft[-1] > sharp[-1]
    assert float(sharp.sum()) == pytest.approx(0.0, abs=1e-6)
    assert float(sharp[0] + 1 / 32) / float(sharp[-1] + 1 / 32) == pytest.approx(np.exp(12), rel=0.05)
