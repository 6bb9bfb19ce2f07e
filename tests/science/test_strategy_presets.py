"""Presets of control tasks by strategy against the public code of Lange & Sprekeler (2023).

Numbers stand here as in es-lottery: `src/es/tuned_hparams/*.py` for strategies, `configs/train/*.yaml` for budgets.
"""

from typing import Any

import pytest

from sessions.spec import Plan, Spec, parse_spec
from ticket_explorer import presets
from ticket_explorer.registry import name_of
from ticket_explorer.trainers.strategies import check

NAMES = ("sep_cma_es", "snes", "pgpe", "des", "open_es")
"""In the order of the rows below: elite share, temperature, learning rate, temperature, learning rate, each with σ₀."""
TUNED = {
    "ant": ((0.4, 0.05), (12, 0.05), (0.01, 0.025), (12.5, 0.05), (0.01, 0.05)),
    "fetch": ((0.2, 0.125), (12, 0.075), (0.02, 0.05), (12.5, 0.075), (0.02, 0.125)),
    "grasp": ((0.4, 0.1), (16, 0.05), (0.01, 0.025), (12.5, 0.05), (0.01, 0.05)),
    "halfcheetah": ((0.5, 0.05), (16, 0.05), (0.02, 0.025), (12.5, 0.05), (0.01, 0.075)),
    "hopper": ((0.1, 0.1), (48, 0.075), (0.02, 0.05), (12.5, 0.075), (0.04, 0.125)),
    "humanoid": ((0.2, 0.1), (32, 0.075), (0.02, 0.05), (12.5, 0.075), (0.02, 0.1)),
    "reacher": ((0.2, 0.05), (16, 0.05), (0.02, 0.025), (12.5, 0.05), (0.01, 0.025)),
    "ur5e": ((0.5, 0.15), (16, 0.075), (0.03, 0.15), (12.5, 0.075), (0.01, 0.125)),
    "walker2d": ((0.2, 0.1), (16, 0.075), (0.03, 0.1), (12.5, 0.075), (0.02, 0.025)),
}
"""Learning rates and σ₀ of PGPE and OpenAI-ES decay by 0.999 a generation, to 0.001 and 0.01."""
ELSE = ((0.5, 0.1), (16, 0.1), (0.15, 0.1), (12.5, 0.1), (0.05, 0.03))
"""For all other control tasks, partly defaults of evosax 0.1.4, with which nothing decays."""
IN_FIGURES = {
    **dict.fromkeys(("ant", "grasp", "humanoid"), "sep_cma_es"),
    **dict.fromkeys(("fetch", "halfcheetah", "hopper"), "snes"),
    **dict.fromkeys(("reacher", "ur5e", "walker2d"), "pgpe"),
}
"""`notebooks/f3_gd_es.ipynb`: presets of these strategies are called after their task alone; Humanoid has no figure."""
BUDGETS: dict[str, dict[str, Any]] = {
    "brax": {"population": 256, "generations": 3000, "mean_decay": 1e-5, "weight_decay": 0},
    "gym": {"population": 100, "generations": 2000, "mean_decay": 1e-4, "weight_decay": 0},
    "minatar": {"population": 256, "generations": 7000, "mean_decay": 0, "weight_decay": 1e-5 / 77_924},
}
NETWORKS: dict[str, dict[str, Any]] = {
    "brax": {"name": "mlp", "hidden": (32, 32), "activation": "tanh", "bias_init": "uniform"},
    "gym": {"name": "mlp", "hidden": (64, 64), "activation": "tanh", "bias_init": "uniform"},
    "minatar": {"name": "minatar_cnn", "hidden": 48, "filters": 16, "bias_init": "uniform", "last_bias_init": "zeros"},
}
TASKS: dict[str, dict[str, Any]] = {
    "brax": {"backend": "v1", "steps": 500, "normalise": True, "squash": "tanh"},
    "gym": {"steps": None, "normalise": False},
    "minatar": {"steps": 500, "normalise": False},
}
OTHERS = {"pendulum": "gym", "cartpole": "gym", "space_invaders": "minatar"}
EVERY = [(task, name) for task in (*TUNED, *OTHERS) for name in NAMES]
FEW = [("asterix", "sep_cma_es"), ("breakout", "sep_cma_es")]


def preset_of(task: str, strategy: str) -> str:
    """What the preset is called."""
    is_own = IN_FIGURES.get(task) == strategy
    return task if is_own else f"{task}-{strategy}".replace("_", "-")


@pytest.mark.parametrize(("task", "strategy"), EVERY + FEW)
def test_a_control_task_has_each_strategy_as_the_papers_code_has_it(task: str, strategy: str) -> None:
    spec = parse_spec(presets.load(preset_of(task, strategy)))
    tuned, sigma = TUNED.get(task, ELSE)[NAMES.index(strategy)]
    kind = "brax" if task in TUNED else OTHERS.get(task, "minatar")
    _check_protocol(spec, strategy)
    for plan in (branch.plan for branch in spec.branches):
        assert name_of(plan.task) == task
        assert (plan.task.episodes, plan.task.test_episodes) == (8, 164)
        assert _some(plan.task, TASKS[kind]) == TASKS[kind]
        assert {"name": name_of(plan.network), **_some(plan.network, NETWORKS[kind])} == NETWORKS[kind]
        assert (plan.network.kernel_init, plan.network.last_kernel_init) == ("lecun_normal", None)
        assert _some(plan.trainer, BUDGETS[kind]) == pytest.approx(BUDGETS[kind], rel=0.02)
        _check_strategy(plan, strategy, tuned, sigma, decays=task in TUNED)


def _check_protocol(spec: Spec, strategy: str) -> None:
    named = ["magnitude", "random"] if strategy == "open_es" else ["snr", "magnitude", "random"]
    assert (
        [branch.name for branch in spec.branches] == [name_of(branch.plan.pruner) for branch in spec.branches] == named
    )
    assert [name_of(branch.plan.rewind) for branch in spec.branches] == [*["initial"] * (len(named) - 1), "fresh"]
    assert {(plan.pruning.ratio, plan.pruning.rounds, plan.pruning.scope) for plan in map(_plan, spec.branches)} == {
        (0.2, 20, "global")
    }
    assert spec.replicates == 5


def _check_strategy(plan: Plan, strategy: str, tuned: float, sigma: float, decays: bool) -> None:
    trainer = plan.trainer
    assert (trainer.strategy, trainer.std_init) == (strategy, sigma)
    assert check(trainer).per_weight_std is (strategy != "open_es")
    if strategy == "sep_cma_es":
        assert (trainer.elite_ratio, trainer.temperature) == (tuned, None)
    elif strategy in ("snes", "des"):
        assert (trainer.elite_ratio, trainer.temperature) == (None, tuned)
    else:
        decay = 0.999 if decays else 1.0
        assert (trainer.fitness_shaping, trainer.std_decay, trainer.std_limit) == ("centered_rank", decay, 0.01)
        optimizer = trainer.optimizer
        assert (optimizer.name, optimizer.learning_rate, optimizer.learning_rate_decay) == ("adam", tuned, decay)
        assert optimizer.learning_rate_limit == (0.001 if decays else 0.0)
        assert optimizer.parameters == {"b1": 0.99, "b2": 0.999}


def _some(settings: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    return {key: getattr(settings, key) for key in wanted if key != "name"}


def _plan(branch: Any) -> Plan:
    plan: Plan = branch.plan
    return plan
