"""PPO: pruned weights stay exactly zero, advantages are those of their equation, and it learns."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
import pytest

from sessions.specs.spec import completed, parse_spec
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import generation_key
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.environment import Actions, Moment
from ticket_explorer.tasks.control.episodes import Play
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.trainers.ppo import ProximalPolicyOptimisation
from ticket_explorer.trainers.ppo_advantages import estimates, whole_returns
from ticket_explorer.trainers.ppo_play import play
from ticket_explorer.trainers.ppo_policy import draw, entropy_of, gaussian, log_probability, squashing
from ticket_explorer.trainers.ppo_settings import PPO
from ticket_explorer.trainers.trainer import KeepingTrainer

pytestmark = pytest.mark.thorough

KEY = jax.random.key(2)
TINY = PPO(environments=4, steps=8, minibatches=2, epochs=2, value_hidden=(8,), generations=10)


def ready(task="pendulum", settings=TINY, hidden=(8,), share=0.3, **given):
    problem = bind(TASKS[task](**{"steps": 6, "test_episodes": 2, **given}), MLP(hidden=hidden, activation="relu"))
    mask = (jax.random.uniform(KEY, (problem.layout.size,)) < share) | ~problem.layout.prunable
    trainer = ProximalPolicyOptimisation(settings, int(mask.sum()))
    state = jax.jit(trainer.init)(KEY, problem.initialise(KEY), mask, problem)
    return problem, trainer, mask, state


def replace_settings(settings, **changes):
    return msgspec.structs.replace(settings, **changes)


def trained(problem, trainer, state, generations):
    """The state after some generations, and the metrics of each."""

    def generation(state, i):
        return trainer.step(generation_key(KEY, i), state, problem)

    return jax.jit(lambda state: jax.lax.scan(generation, state, jnp.arange(generations)))(state)


@pytest.mark.parametrize("task", ["pendulum", pytest.param("cartpole", marks=pytest.mark.slow)])
def test_pruned_weights_stay_exactly_zero_and_kept_ones_learn(task):
    problem, trainer, mask, state = ready(task, normalise=True)
    after, metrics = trained(problem, trainer, state, 3)
    result = trainer.finish(after, problem)
    np.testing.assert_array_equal(result.mean[~mask], 0.0)
    assert np.asarray(after.parameters.policy != state.parameters.policy)[mask].any()
    assert not np.array_equal(after.parameters.value, state.parameters.value)
    assert result.std is None
    assert np.isfinite(metrics.fitness_mean).any()
    assert int(after.problem.observations.count) == 3 * 32
    assert metrics.steps.tolist() == [TINY.environments * TINY.steps] * 3
    assert isinstance(trainer, KeepingTrainer)
    np.testing.assert_array_equal(trainer.beside(after)[0], after.parameters.value)


def test_every_mask_shares_one_executable():
    problem, trainer, mask, state = ready()
    step = jax.jit(trainer.step)
    other = jax.jit(trainer.init)(KEY, problem.initialise(KEY), jnp.flip(mask), problem)
    for one in (state, other):
        step(KEY, one, problem)
    assert step._cache_size() == 1


def an_unroll(length=6, width=2):
    rng = np.random.default_rng(0)
    rewards, values, after = (jnp.asarray(rng.normal(size=(length, width)), jnp.float32) for _ in range(3))
    return rewards, values, after, jnp.asarray(rng.random((length, width)) < 0.3)


def test_advantages_are_those_of_the_equation():
    rewards, values, after, ended = an_unroll()
    found = estimates(rewards, values, after, ended, 0.97, 0.95)
    errors = np.asarray(rewards + 0.97 * after - values)
    for start in range(6):
        for player in range(2):
            total, weight = 0.0, 1.0
            for step in range(start, 6):
                total += weight * errors[step, player]
                if ended[step, player]:
                    break
                weight *= 0.97 * 0.95
            assert float(found.advantages[start, player]) == pytest.approx(total, rel=1e-4, abs=1e-5)
    np.testing.assert_allclose(found.targets, found.advantages + values, rtol=1e-6)


def test_braxs_advantages_take_the_next_target_whole():
    """compute_gae of brax (training/agents/ppo/losses.py, 2022): rewards + γ (1 − termination) vs_{t+1} − values."""
    rewards, values, _, ended = an_unroll()
    last = jnp.array([[0.3, -0.2]])
    after = jnp.where(ended, 0.0, jnp.concatenate([values[1:], last]))  # every end a termination, as brax has it there
    found = whole_returns(rewards, values, after, ended, 0.97, 0.95)
    targets, gained = np.zeros((6, 2)), np.zeros(2)
    for t in reversed(range(6)):
        error = rewards[t] + 0.97 * after[t] - values[t]
        gained = np.asarray(error + 0.97 * 0.95 * ~ended[t] * gained)
        targets[t] = gained + values[t]
    following = np.concatenate([targets[1:], last])
    np.testing.assert_allclose(found.targets, targets, rtol=1e-4)
    np.testing.assert_allclose(found.advantages, rewards + 0.97 * ~ended * following - values, rtol=1e-4, atol=1e-5)


def test_advantages_end_with_their_unroll_whose_steps_stay_together():
    cut = replace_settings(TINY, unroll=4, minibatches=2)
    problem, trainer, _, state = ready(settings=cut)
    given = (KEY, state.players, problem, state.parameters, trainer._value(problem), None)
    whole, parts = (jax.jit(lambda s=s: play(*given, s)[1])() for s in (TINY, cut))
    steps = np.asarray(whole.rewards).reshape(2, 4, 4)  # unrolls, steps, environments
    np.testing.assert_array_equal(np.asarray(parts.rewards).reshape(2, 4, 4), steps.transpose(0, 2, 1))
    np.testing.assert_allclose(whole.advantages[-4:], np.asarray(parts.advantages).reshape(2, 4, 4)[1, :, 3], rtol=1e-5)
    assert not np.allclose(whole.advantages[:4], np.asarray(parts.advantages).reshape(2, 4, 4)[0, :, 0])
    order = np.asarray(trainer._order(KEY)).reshape(2, 4, 4)
    np.testing.assert_array_equal(np.sort(order.ravel()), np.arange(32))
    np.testing.assert_array_equal(order - order[..., :1], np.broadcast_to(np.arange(4), order.shape))
    assert (order[..., 0] % 4 == 0).all()


BRAXS = {"unroll": 4, "advantages": "update"}
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("noise_outputs", "changes"),
    [(True, BRAXS), pytest.param(True, {}, marks=SLOW), pytest.param(False, BRAXS, marks=SLOW)],
)
def test_every_choice_learns(noise_outputs, changes):
    settings = replace_settings(TINY, gradient_norm=1.0, adam_epsilon=1e-8, **changes)
    problem, trainer, mask, state = ready(settings=settings, squash="tanh", noise_outputs=noise_outputs)
    after, _ = trained(problem, trainer, state, 2)
    np.testing.assert_array_equal(after.parameters.policy[~mask], 0.0)
    assert np.asarray(after.parameters.policy != state.parameters.policy)[mask].any()
    assert np.isfinite(after.parameters.policy).all()
    assert bool((after.parameters.log_std == state.parameters.log_std).all()) == noise_outputs


@dataclass(frozen=True)
class Rain:
    """Costs 1 a step whatever is done, and never ends."""

    observation_shape = (1,)
    actions = Actions(1, (-1.0,), (1.0,))
    steps = 1000

    def reset(self, key):
        no = jnp.zeros((), bool)
        return Moment((), jnp.ones(1), jnp.zeros(()), no, no)

    def step(self, key, state, action):
        return replace(self.reset(key), reward=jnp.full((), -1.0))

    def scene(self, states, observations):
        raise NotImplementedError

    def page(self, states):
        return None


@pytest.mark.parametrize(("value_clip", "least", "most"), [(False, -101.0, -90.0), (True, -40.0, -20.0)])
def test_a_critic_reaches_large_targets_unless_its_moves_are_limited(value_clip, least, most):
    """−1 a step, scaled by 10, at γ = 0.9 is worth −100; a limit of 0.3 a generation keeps it from there for 30."""
    settings = PPO(
        environments=8,
        steps=20,
        minibatches=8,
        epochs=4,
        discount=0.9,
        clip=0.3,
        reward_scale=10.0,
        learning_rate_final=3e-4,
        value_hidden=(64, 64),
        value_clip=value_clip,
    )
    problem = ControlTask(Play(Rain(), "clip", 1000), 2, 2, False).bind(
        bind(TASKS["mountain_car_continuous"](), MLP(hidden=(4,))).network
    )
    problem = replace(problem, network=replace(problem.network, input_shape=(1,)))
    trainer = ProximalPolicyOptimisation(settings, problem.layout.size)
    state = jax.jit(trainer.init)(KEY, problem.initialise(KEY), jnp.ones(problem.layout.size, bool), problem)
    after, _ = trained(problem, trainer, state, 30)
    worth = float(trainer._value(problem).apply(after.parameters.value, jnp.ones((1, 1)))[0, 0])
    assert least < worth < most


def test_the_learning_rate_falls_over_its_share_of_the_round():
    *_, state = ready()
    rates = [
        float(
            ProximalPolicyOptimisation(replace_settings(TINY, annealing=share), 1)._rate(
                replace(state, generation=jnp.int32(generation))
            )
        )
        for share in (1.0, 0.5)
        for generation in (0, 5, 9)
    ]
    np.testing.assert_allclose(rates, [3e-4, 2e-4, 1.2e-4, 3e-4, 1e-4, 1e-4], rtol=1e-5)


def test_a_session_from_before_these_choices_does_as_it_did():
    old = {"name": "ppo", "gradient_norm": 1.0}
    said: dict[str, None] = {}
    plan = completed({"trainer": old}, said)
    assert plan["trainer"] == {
        **old,
        "unroll": None,
        "advantages": "generation",
        "value_clip": True,
        "annealing": 1.0,
        "adam_epsilon": 1e-5,
    }
    assert any("`value_clip`" in sentence for sentence in said)


def test_probabilities_are_those_of_what_is_drawn():
    outputs, log_std = jnp.array([[0.3, -1.0]]), jnp.array([0.1, -0.4])
    gaussian = Actions(2, (-9.0, -9.0), (9.0, 9.0))
    drawn = draw(KEY, gaussian, jnp.broadcast_to(outputs, (20_000, 2)), log_std)
    np.testing.assert_allclose(drawn.std(0), np.exp(log_std), rtol=0.03)
    spread = -float(log_probability(gaussian, jnp.broadcast_to(outputs, drawn.shape), log_std, drawn).mean())
    assert float(entropy_of(gaussian, outputs, log_std)[0]) == pytest.approx(spread, rel=0.02)
    choices = draw(KEY, Actions(2), jnp.broadcast_to(outputs, (20_000, 2)), log_std)
    first = float(jnp.exp(log_probability(Actions(2), outputs, log_std, jnp.array([0])))[0])
    assert float((choices == 0).mean()) == pytest.approx(first, abs=0.02)


def test_noise_that_the_policy_gives_is_softplus_of_its_outputs():
    """brax's NormalTanhDistribution (training/distribution.py): softplus + 0.001; its entropy is that after tanh."""
    actions = Actions(2, (-1.0, -1.0), (1.0, 1.0))
    outputs = jnp.array([[0.3, -1.0, 0.5, -0.4]])
    mean, log_std = gaussian(actions, outputs, jnp.zeros(2))
    np.testing.assert_array_equal(mean, outputs[:, :2])
    deviation = np.log1p(np.exp([0.5, -0.4])) + 0.001
    np.testing.assert_allclose(jnp.exp(log_std)[0], deviation, rtol=1e-6)
    many = jnp.broadcast_to(outputs, (50_000, 4))
    drawn = draw(KEY, actions, many, jnp.zeros(2))
    np.testing.assert_allclose(drawn.std(0), deviation, rtol=0.03)
    entropy = float(entropy_of(actions, outputs, jnp.zeros(2))[0] + squashing(drawn).mean())
    tanh = jnp.tanh(drawn[:20_000])
    bins = np.histogram2d(*np.asarray(tanh).T, bins=40, range=[[-1, 1]] * 2)[0].ravel() / len(tanh)
    seen = -(bins[bins > 0] * np.log(bins[bins > 0] / (2 / 40) ** 2)).sum()
    assert entropy == pytest.approx(seen, abs=0.05)
    np.testing.assert_allclose(actions.of(outputs, "tanh"), jnp.tanh(outputs[:, :2]), rtol=1e-6)


def test_images_have_no_environment_to_act_in():
    with pytest.raises(TicketError, match=r"\$\.trainer\.name: ppo on fashion, expected"):
        parse_spec({"task": {"name": "fashion"}, "trainer": {"name": "ppo"}})
    with pytest.raises(TicketError, match=r"\$\.trainer\.minibatches: 7, expected a divisor"):
        parse_spec({"task": {"name": "pendulum"}, "trainer": {"name": "ppo", "minibatches": 7}})
    with pytest.raises(TicketError, match=r"\$\.trainer\.unroll: 5, expected a divisor of steps, 16"):
        parse_spec({"task": {"name": "pendulum"}, "trainer": {"name": "ppo", "unroll": 5}})
    with pytest.raises(TicketError, match=r"\$\.trainer\.minibatches: 256, expected a divisor of .* unroll, 128"):
        parse_spec({"task": {"name": "pendulum"}, "trainer": {"name": "ppo", "unroll": 4, "minibatches": 256}})
    with pytest.raises(TicketError, match=r"\$\.trainer\.advantages: update, expected generation, or an unroll"):
        parse_spec({"task": {"name": "pendulum"}, "trainer": {"name": "ppo", "advantages": "update"}})
