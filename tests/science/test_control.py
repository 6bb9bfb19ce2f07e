"""Control problems against the environments' own loops and NumPy."""

from dataclasses import dataclass, replace
from functools import partial

import gymnasium
import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sessions.specs.spec import parse_spec
from ticket_explorer.errors import TicketError
from ticket_explorer.networks.settings import MLP, MinAtarCNN
from ticket_explorer.problems import ActingProblem, MeasurableProblem, Problem, RemarkingProblem, bind
from ticket_explorer.registry import lookup
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control import environment
from ticket_explorer.tasks.control.box2d.settings import ENTRIES as BOX2D
from ticket_explorer.tasks.control.environment import Actions, Moment
from ticket_explorer.tasks.control.episodes import Play
from ticket_explorer.tasks.control.gymnax.settings import ENTRIES
from ticket_explorer.tasks.control.normaliser import Statistics, Sums
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.tasks.control.repeated import Repeated

pytestmark = pytest.mark.thorough

KEY = jax.random.key(3)
DEFAULT = ("pendulum", "space_invaders", "frozen_lake")
SMALL = {"episodes": 2, "test_episodes": 3, "steps": 12}


def control(task="cartpole", hidden=(4,), bias=True, **settings):
    return bind(TASKS[task](**{**SMALL, **settings}), MLP(hidden=hidden, activation="tanh", bias=bias))


@pytest.fixture(scope="module")
def cartpole():
    return control(steps=60)


@pytest.fixture(scope="module")
def population(cartpole):
    return jax.random.normal(jax.random.key(1), (3, cartpole.layout.size))


def play_alone(problem, theta, key, episodes):
    """Returns and observations of one policy, episode by episode, through gymnax's own functions."""
    made, parameters = gymnax.make("CartPole-v1")
    reset_key, step_key = jax.random.split(key)
    act = jax.jit(lambda seen: problem.network.apply(theta, seen[None])[0].argmax())
    returns, observations = [], []
    for episode, start in enumerate(jax.random.split(reset_key, episodes)):
        seen, state = made.reset_env(start, parameters)
        total = 0.0
        for step in range(problem.task.play.steps):
            observations.append(np.asarray(seen, np.float64))
            noise = jax.random.split(jax.random.fold_in(step_key, step), episodes)[episode]
            seen, state, reward, terminated, _ = made.step_env(noise, state, act(seen), parameters)
            total += float(reward)
            if terminated:
                break
        returns.append(total)
    return returns, observations


def test_fitness_is_the_mean_return_of_the_environments_own_loop(cartpole, population):
    fitness, _ = jax.jit(cartpole.fitness)(KEY, population, cartpole.initial_state())
    for theta, found in zip(population[:2], fitness, strict=False):
        returns, _ = play_alone(cartpole, theta, KEY, 2)
        assert found == pytest.approx(np.mean(returns), rel=1e-6)
    assert isinstance(cartpole, Problem | MeasurableProblem | RemarkingProblem)


def test_statistics_are_those_of_all_observations_that_were_acted_on(population):
    problem = control(steps=60, normalise=True)
    alone = control(steps=60)
    _, state = jax.jit(problem.fitness)(KEY, population, problem.initial_state())
    seen = np.concatenate([play_alone(alone, theta, KEY, 2)[1] for theta in population])
    assert int(state.observations.count) == len(seen)
    np.testing.assert_allclose(state.observations.mean, seen.mean(0), atol=1e-5)
    np.testing.assert_allclose(state.observations.variance, seen.var(0), rtol=1e-4, atol=1e-6)


def test_steps_are_actions_of_episodes_that_had_not_ended(cartpole, population):
    found = jax.jit(cartpole.judged)(KEY, population, cartpole.initial_state())
    alone = [len(play_alone(cartpole, theta, KEY, 2)[1]) for theta in population]
    assert isinstance(cartpole, ActingProblem)
    assert int(found.steps) == sum(alone) < 60 * 2 * len(population)
    np.testing.assert_array_equal(
        found.fitness, jax.jit(cartpole.fitness)(KEY, population, cartpole.initial_state())[0]
    )


def test_merged_statistics_are_those_of_everything_at_once():
    data = np.random.default_rng(0).normal(300.0, [0.1, 5.0], (6, 4, 5, 2)).astype(np.float32)
    counted = np.random.default_rng(1).random((6, 4, 5)) < 0.7
    statistics = Statistics.none((2,))
    for part, mask in zip(data, counted, strict=True):
        statistics = statistics.merged(Sums.around(jnp.asarray(part[0])).add(jnp.asarray(part), jnp.asarray(mask)))
    every = data[counted].astype(np.float64)
    np.testing.assert_allclose(statistics.mean, every.mean(0), rtol=1e-6)
    np.testing.assert_allclose(statistics.variance, every.var(0), rtol=2e-3)
    normalised = statistics.normalised(jnp.asarray(data))
    expected = np.clip((data - every.mean(0)) / every.std(0), -5, 5)
    np.testing.assert_allclose(normalised, expected, atol=5e-3)


def test_observations_pass_unchanged_before_the_first_statistics():
    seen = jnp.array([[[-7.0, 0.5]]])
    np.testing.assert_array_equal(Statistics.none((2,)).normalised(seen), [[[-5.0, 0.5]]])


@dataclass(frozen=True)
class Countdown:
    """Pays 1 a step; ends after as many steps as the action says, then pays 100; breaks after step `breaks`."""

    breaks: int = 1000
    observation_shape = (1,)
    actions = Actions(1, (-100.0,), (100.0,))
    steps = 50

    def reset(self, key):
        no = jnp.zeros((), bool)
        return Moment(jnp.zeros(()), jnp.ones(1), jnp.zeros(()), no, no)

    def step(self, key, state, action):
        state = state + 1
        ended = state >= action[0]
        reward = jnp.where(state > action[0], 100.0, 1.0)
        broken = jnp.where(state == self.breaks, jnp.nan, reward)
        return Moment(state, jnp.ones(1), broken, ended, jnp.zeros((), bool))

    def scene(self, states, observations):
        raise NotImplementedError

    def page(self, states):
        return None


def countdown(breaks=1000):
    task = ControlTask(Play(Countdown(breaks), "clip", 10), 2, 2, False)
    return task.bind(bind(TASKS["mountain_car"](), MLP(hidden=(1,))).network)


@pytest.mark.parametrize(("lengths", "breaks", "expected"), [((3, 20, 1), 1000, (3, 10, 1)), ((3, 20), 5, (3, np.nan))])
def test_what_follows_an_end_does_not_count_and_broken_physics_are_the_worst(lengths, breaks, expected):
    problem = countdown(breaks)
    actions = jnp.asarray(lengths, jnp.float32)

    def policy(observations):
        return jnp.broadcast_to(actions[:, None, None], (*observations.shape[:2], 1))

    outcome = problem.task.play.episodes(KEY, policy, len(lengths), 2)
    np.testing.assert_array_equal(outcome.returns.mean(-1), expected)


def test_failures_are_counted_and_told():
    state = countdown().initial_state()
    told = countdown().remark(type(state)(None, jnp.array([2, 1])), np.array([0, 0]))
    assert told is not None
    assert "3 individuals" in told
    assert countdown().remark(type(state)(None, jnp.array([0])), np.array([0])) is None
    told = countdown().remark(type(state)(None, jnp.array([0, 0])), np.array([2, 1]))
    assert told == (
        "3 of 4 test episodes failed, and are left out of the score. "
        "1 of 2 replicates have no score: all of their test episodes failed."
    )


@dataclass(frozen=True)
class Coin(Countdown):
    """Pays a number of its own for each start, 1 to 8, and ends; half of the starts break."""

    def reset(self, key):
        moment = super().reset(key)
        return replace(moment, state=1.0 + jax.random.randint(key, (), 0, 8))

    def step(self, key, state, action):
        reward = jnp.where(state % 2 == self.breaks, jnp.nan, state)
        return Moment(state, jnp.ones(1), reward, jnp.ones((), bool), jnp.zeros((), bool))


def coins(breaks):
    task = ControlTask(Play(Coin(breaks), "clip", 10), 2, 32, False)
    return task.bind(bind(TASKS["mountain_car"](), MLP(hidden=(1,))).network)


def test_test_episodes_that_break_are_left_out_of_the_score_and_counted():
    theta = coins(0).initialise(KEY)
    even, odd, whole = (jax.jit(coins(breaks).tested)(KEY, theta, coins(0).initial_state()) for breaks in (0, 1, 2))
    starts = 1.0 + np.array(
        [jax.random.randint(key, (), 0, 8) for key in jax.random.split(jax.random.split(KEY)[0], 32)]
    )
    assert float(even.score) == pytest.approx(starts[starts % 2 == 1].mean())
    assert float(odd.score) == pytest.approx(starts[starts % 2 == 0].mean())
    assert (int(even.left_out), int(odd.left_out)) == ((starts % 2 == 0).sum(), (starts % 2 == 1).sum())
    assert (float(whole.score), int(whole.left_out)) == (pytest.approx(starts.mean()), 0)
    evaluated = coins(0).evaluate(KEY, theta[None], coins(0).initial_state())
    assert float(evaluated.score[0]) == float(even.score)


def test_weights_that_are_numbers_no_more_have_no_score(cartpole):
    lost = jnp.full(cartpole.layout.size, jnp.nan)
    found = jax.jit(cartpole.tested)(KEY, lost, cartpole.initial_state())
    assert np.isnan(float(found.score))
    assert int(found.left_out) == SMALL["test_episodes"]
    assert np.isnan(jax.jit(cartpole.fitness)(KEY, lost[None], cartpole.initial_state())[0]).all()


def test_a_repeated_action_is_as_many_steps_and_stops_at_an_end():
    once, repeated = Countdown(), Repeated(Countdown(), 4)
    assert repeated.steps == 13
    start = repeated.reset(KEY)
    after = jax.jit(repeated.step)(KEY, start.state, jnp.array([20.0]))
    assert (float(after.state), float(after.reward), bool(after.terminated)) == (4.0, 4.0, False)
    after = jax.jit(repeated.step)(KEY, after.state, jnp.array([6.0]))
    assert (float(after.state), float(after.reward), bool(after.terminated)) == (6.0, 2.0, True)
    assert once.step(KEY, jnp.float32(6.0), jnp.array([6.0])).reward == 100.0, "what would follow"


def test_repeated_actions_count_as_steps_of_the_environment():
    found = [control("pendulum", action_repeat=repeat) for repeat in (1, 5)]
    assert [problem.task.play.steps for problem in found] == [12, 3]
    theta = found[0].initialise(KEY)[None]
    steps = [int(jax.jit(problem.judged)(KEY, theta, problem.initial_state()).steps) for problem in found]
    assert steps == [2 * 12, 2 * 15]
    with pytest.raises(TicketError, match=r"\$\.task\.action_repeat: 2, expected 1"):
        parse_spec({"task": {"name": "lunar_lander", "action_repeat": 2}})


def test_noise_outputs_are_other_outputs_that_change_no_action():
    plain, noisy = control("pendulum"), control("pendulum", noise_outputs=True)
    assert (plain.task.outputs, noisy.task.outputs) == (1, 2)
    assert plan_with(noise_outputs=True).layers()[-1].bias == 2
    theta = noisy.initialise(KEY)
    last = next(leaf for leaf in noisy.layout if leaf.name == "dense_1/kernel")
    other = theta.at[last.slice].set(theta[last.slice].reshape(last.shape).at[:, 1].add(1.0).ravel())
    scores = [float(jax.jit(noisy.score)(KEY, one, noisy.initial_state())) for one in (theta, other)]
    assert scores[0] == scores[1]
    with pytest.raises(TicketError, match=r"\$\.task\.noise_outputs: true, expected false"):
        control("cartpole", noise_outputs=True)


def plan_with(**task):
    return (
        parse_spec({"task": {"name": "pendulum", **task}, "network": {"name": "mlp", "hidden": [4]}}).branches[0].plan
    )


@pytest.mark.parametrize(("hidden", "bias"), [((40, 40), True), ((40, 40), False)])
def test_few_kept_weights_are_evaluated_one_by_one_with_the_same_fitness(hidden, bias):
    problem = control("pendulum", hidden, bias)
    mask = jax.random.uniform(KEY, (problem.layout.size,)) < 0.04
    mask = mask | ~problem.layout.prunable
    kept = int(mask.sum())
    assert problem.layout.size - problem.layout.prunable_size == 81 * bias
    assert 16 * (kept - 81 * bias) < problem.layout.prunable_size, "few enough to be worth it"
    population = mask * jax.random.normal(KEY, (3, problem.layout.size))
    state = problem.initial_state()
    dense = jax.jit(problem.fitness)(KEY, population, state)[0]
    sparse = jax.jit(problem.fitness)(KEY, population, state, problem.narrow(mask, kept))[0]
    np.testing.assert_allclose(sparse, dense, rtol=1e-5)


def test_replicates_together_equal_one_by_one(cartpole, population):
    keys = jax.random.split(KEY, 2)
    state = cartpole.initial_state()
    evaluate = jax.jit(lambda key, population: cartpole.fitness(key, population, state))
    together = jax.jit(jax.vmap(evaluate))(keys, jnp.stack([population, -population]))
    for replicate, sign in enumerate((1, -1)):
        alone = evaluate(keys[replicate], sign * population)
        for one, other in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
            np.testing.assert_array_equal(one[replicate], other)


def test_the_key_decides_and_individuals_share_their_episodes(cartpole, population):
    same = jnp.stack([population[0]] * 2)
    fitness = jax.jit(lambda key: cartpole.fitness(key, same, cartpole.initial_state())[0])
    found = [fitness(jax.random.key(seed)) for seed in range(6)]
    assert all(one[0] == one[1] for one in found)
    assert len({float(one[0]) for one in found}) > 1


def test_evaluations_and_scores_are_mean_returns_of_test_episodes(cartpole, population):
    state = cartpole.initial_state()
    evaluation = jax.jit(partial(cartpole.evaluate, examples=3))(KEY, population, state)
    score = jax.jit(cartpole.score)(KEY, population[0], state)
    assert float(score) == float(evaluation.score[0]) == -float(evaluation.loss[0])


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in DEFAULT else pytest.mark.slow) for n in ENTRIES])
def test_sizes_are_those_of_gymnax(name):
    entry = ENTRIES[name]
    made, parameters = gymnax.make(entry.id)
    space, actions = made.observation_space(parameters), made.action_space(parameters)
    assert (tuple(space.shape) or (space.n,)) == entry.observation
    assert (actions.n if hasattr(actions, "n") else actions.shape[0]) == entry.outputs


def test_tasks_are_solved_where_gymnasium_says_so():
    known = [*ENTRIES.values()][:5]
    assert [entry.solved_at for entry in known] == [gymnasium.spec(entry.id).reward_threshold for entry in known]
    box2d = [entry for entry in BOX2D.values() if entry.solved_at != gymnasium.spec(entry.envpool).reward_threshold]
    assert box2d == []
    assert (TASKS["lunar_lander"].solved_at, TASKS["ant"].solved_at) == (200, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_every_environment_can_be_played(name):
    problem = bind(TASKS[name](**SMALL), MLP(hidden=(4,)))
    population = jax.random.normal(KEY, (2, problem.layout.size))
    assert problem.input_shape == ENTRIES[name].observation
    fitness, _ = jax.jit(problem.fitness)(KEY, population, problem.initial_state())
    assert np.isfinite(fitness).all()


def test_continuous_actions_are_brought_into_their_range():
    actions = Actions(2, (-2.0, 0.0), (2.0, 4.0))
    outputs = jnp.array([[9.0, -9.0], [0.5, 1.0]])
    np.testing.assert_allclose(actions.of(outputs, "clip"), [[2, 0], [0.5, 1]])
    np.testing.assert_allclose(actions.of(outputs, "tanh")[0], [2, 0], atol=1e-6)
    np.testing.assert_allclose(actions.of(outputs, "tanh")[1], 2 * np.tanh([0.5, 1.0]) + [0, 2], rtol=1e-6)


@pytest.mark.slow
def test_the_network_for_minatar_has_the_papers_size():
    assert bind(TASKS["space_invaders"](**SMALL), MinAtarCNN()).network.layout.size == 77_924


@pytest.mark.parametrize("bias", [True, False])
def test_policies_of_the_network_for_minatar_are_it(bias):
    small = bind(TASKS["breakout"](**SMALL), MinAtarCNN(filters=2, hidden=5, bias=bias)).network
    population = jax.random.normal(KEY, (2, small.layout.size))
    seen = jax.random.uniform(KEY, (2, 3, 10, 10, 4))
    mask = (jax.random.uniform(KEY, (small.layout.size,)) < 0.03) | ~small.layout.prunable
    for kept, thetas in ((None, population), (jnp.flatnonzero(mask), population * mask)):
        expected = jax.jit(jax.vmap(small.apply))(thetas, seen)
        found = jax.jit(lambda thetas, kept=kept: small.policies(thetas, kept)(seen))(thetas)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


class TestBadInput:
    def test_parameters_change_the_physics_and_unknown_ones_are_refused(self):
        theta = control("pendulum").initialise(KEY)
        light = [
            float(jax.jit(control("pendulum", **given).score)(KEY, theta, control("pendulum").initial_state()))
            for given in ({}, {"parameters": {"g": 1.0}})
        ]
        assert light[0] != light[1]
        with pytest.raises(TicketError, match=r"\$\.task\.parameters\.gravity: pendulum has no such parameter; its"):
            control("pendulum", parameters={"gravity": 1.0})

    def test_an_extra_that_is_missing_says_the_command(self, monkeypatch):
        monkeypatch.setattr(environment, "find_spec", lambda name: None)
        with pytest.raises(TicketError, match=r"needs gymnax, .* pip install 'ticket-explorer\[control\]'"):
            control()

    def test_a_squash_that_would_do_nothing_is_refused(self):
        with pytest.raises(TicketError, match=r"\$\.task\.squash: tanh, expected clip: discrete actions"):
            control("cartpole", squash="tanh")

    def test_unknown_tasks_list_near_names(self):
        with pytest.raises(TicketError, match="did you mean pendulum"):
            lookup("task", TASKS, "pendlum")

    def test_a_picture_network_wants_pictures(self):
        with pytest.raises(TicketError, match="use the network 'mlp'"):
            bind(TASKS["pendulum"](), MinAtarCNN())


def test_each_policy_may_see_by_statistics_of_its_own():
    rng = np.random.default_rng(0)
    seen = jnp.asarray(rng.normal(2, 3, size=(2, 5, 3)), jnp.float32)
    each = [Statistics.none((3,)).merged(Sums.around(one).add(one[None], jnp.ones((1, 5), bool))) for one in seen]
    together = jax.tree.map(lambda *arrays: jnp.stack(arrays), *each)
    alone = np.stack([own.normalised(one[None])[0] for own, one in zip(each, seen, strict=True)])
    np.testing.assert_allclose(together.normalised(seen), alone, rtol=1e-6)
    np.testing.assert_allclose(alone.mean(1), 0, atol=1e-5)
