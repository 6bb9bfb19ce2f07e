"""A task of my own: a function that returns the arrays to learn from.

Run it with: ticket-explorer run fashion --set task.name=FILE:my_data --set task.noise=0.2
Try it without: python FILE
"""

import numpy as np


def my_data(examples: int = 2000, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Three spirals in the plane. What it takes are settings: `--set task.noise=0.2`.

    Returns:
        x_train, y_train, x_test and y_test, or x and y: images [n, height, width(, channels)] or vectors [n, features],
        and labels of any kind (with loss = "mse": numbers). It must return the same each time: seed what is random.
    """
    random = np.random.default_rng(0)
    label = random.integers(0, 3, examples)
    radius = random.uniform(0.1, 1.0, examples)
    angle = 4 * radius + 2 * np.pi * label / 3 + noise * random.normal(size=examples)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
    y = np.array(["red", "green", "blue"])[label]
    half = examples // 2
    return x[:half], y[:half], x[half:], y[half:]


if __name__ == "__main__":
    x_train, y_train, x_test, y_test = my_data()
    assert len(x_train) == len(y_train)
    assert set(y_test) <= set(y_train)
    assert (x_train == my_data()[0]).all(), "the same each time"
    print("It works:", x_train.shape, np.unique(y_train).tolist())
