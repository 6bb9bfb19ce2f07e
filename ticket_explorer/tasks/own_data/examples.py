"""Examples and their targets, checked: NumPy only.

Whatever somebody gives becomes uint8 or float32 inputs and int32 classes or float32 numbers, or is refused with a
sentence. A refusal has no path yet: who knows where the arrays came from adds it.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Num

from ticket_explorer.errors import InvalidValue, TicketError

MOST_CLASSES = 10_000
"""More different labels than that are numbers to be predicted, or names of single examples."""
SHOWN = 5
"""Labels that a sentence names."""


@dataclass(frozen=True)
class Examples:
    """One split."""

    inputs: Num[np.ndarray, "n ..."]
    """Images [n, height, width, channels] or vectors [n, features]; uint8 or float32."""
    targets: Num[np.ndarray, "n ..."]
    """Classes, int32 [n], or numbers, float32 [n, outputs]."""


@dataclass(frozen=True)
class OwnSplits:
    """Both splits, and what classes are called."""

    train: Examples
    test: Examples
    classes: tuple[str, ...]
    """In the order of the outputs; none where numbers are predicted."""


def splits_of(
    train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], predicts_numbers: bool
) -> OwnSplits:
    """What can be learned from arrays.

    Args:
        train: `x_train` and `y_train`, of any numeric type.
        test: `x_test` and `y_test`.
        predicts_numbers: Whether targets are numbers, not labels.

    Raises:
        TicketError: with what is wrong of which array, and what to do.
    """
    for name, (x, y) in (("train", train), ("test", test)):
        check_sizes(x.shape, y.shape, f"x_{name}", f"y_{name}")
    if example_shape(train[0].shape, "x_train") != (other := example_shape(test[0].shape, "x_test")):
        raise TicketError(
            f"Examples of x_train have the shape {shape_words(train[0].shape[1:])} and those of x_test "
            f"{shape_words(test[0].shape[1:])}.",
            remedy="Give both splits the same shape.",
        )
    x_train, x_test = _alike(_numbers(train[0], "x_train"), _numbers(test[0], "x_test"))
    y_train, y_test = one_each(train[1], "y_train"), one_each(test[1], "y_test")
    targets = _to_predict(y_train, y_test) if predicts_numbers else _classified(y_train, y_test)
    return OwnSplits(
        Examples(x_train.reshape(-1, *other), targets.train),
        Examples(x_test.reshape(-1, *other), targets.test),
        targets.classes,
    )


class _Targets(NamedTuple):
    train: Num[np.ndarray, "n ..."]
    test: Num[np.ndarray, "n ..."]
    classes: tuple[str, ...] = ()


def _alike(*inputs: Num[np.ndarray, "..."]) -> list[Num[np.ndarray, "..."]]:
    """Arrays of one type: uint8 if all are, otherwise float32."""
    kind = np.uint8 if all(x.dtype == np.uint8 for x in inputs) else np.float32
    return [x.astype(kind, copy=False) for x in inputs]


def _classified(y_train: np.ndarray, y_test: np.ndarray) -> _Targets:
    """Classes, int32 [n], in the order of their labels."""
    classes = classes_of(y_train, y_test)
    train, test = (np.searchsorted(classes, y).astype(np.int32) for y in (y_train, y_test))
    return _Targets(train, test, tuple(map(str, classes.tolist())))


def check_sizes(x: tuple[int, ...], y: tuple[int, ...], x_name: str, y_name: str) -> None:
    """Refuse splits that are empty, or whose examples and targets aren't equally many.

    Raises:
        TicketError: with both numbers.
    """
    counts = [shape[0] if shape else 0 for shape in (x, y)]
    if counts[0] != counts[1]:
        raise TicketError(
            f"{x_name} holds {counts[0]:,} examples and {y_name} {counts[1]:,} targets.",
            remedy="Give each example its target, in the same order.",
        )
    if counts[0] == 0:
        what = "train on" if "train" in x_name else "score"
        raise TicketError(f"{x_name} is empty.", remedy=f"Give it one example or more to {what}.")


def example_shape(shape: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The shape of one example as networks take it: `(height, width, channels)` or `(features,)`.

    Args:
        shape: Of the array.
        name: What it is called, `x_train`.

    Raises:
        TicketError: if examples are neither images nor vectors.
    """
    if len(shape) == 2 and shape[1] > 0:
        return (shape[1],)
    if len(shape) == 3 and min(shape[1:]) > 0:
        return (*shape[1:], 1)
    if len(shape) != 4 or min(shape[1:]) == 0:
        raise TicketError(
            f"{name} has the shape {shape_words(shape)}.",
            remedy="Give images as [n, height, width] or [n, height, width, channels], or vectors as [n, features].",
        )
    if shape[1] in (1, 3) and shape[3] > 4:
        raise TicketError(
            f"{name} has the shape {shape_words(shape)}, which looks like images with their {shape[1]} "
            f"channel{'s' if shape[1] > 1 else ''} first; here channels come last.",
            remedy=f"Write numpy.moveaxis({name}, 1, -1)" + (f", or {name}[:, 0]." if shape[1] == 1 else "."),
        )
    return shape[1:]


def in_splits(said: str) -> str:
    """A sentence about arrays, where a person has given none."""
    said = said.replace("y_train", "the training split").replace("y_test", "the test split")
    return said[:1].upper() + said[1:]


def one_each(y: np.ndarray, name: str) -> np.ndarray:
    """Targets without an axis of length 1 behind that of the examples."""
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def classes_of(y_train: np.ndarray, y_test: np.ndarray) -> np.ndarray:
    """The labels there are, in order.

    Args:
        y_train: Labels of the training split.
        y_test: Labels of the test split.

    Raises:
        TicketError: if they are no labels, all the same, or those of the test split aren't in the training split.
    """
    y_train, y_test = _labels(y_train, "y_train"), _labels(y_test, "y_test")
    if (y_train.dtype.kind in "US") != (y_test.dtype.kind in "US"):
        raise TicketError(
            "One of y_train and y_test holds texts, the other one numbers.", remedy="Give both the same labels."
        )
    classes = np.unique(y_train)
    unknown = np.setdiff1d(y_test, classes)
    if len(classes) < 2:
        raise TicketError(
            f"y_train holds a single class, {_shown(classes)}, so that there is nothing to tell apart.",
            remedy="Give examples of two classes or more.",
        )
    if len(unknown):
        raise TicketError(
            f"y_test holds labels that y_train has no example of: {_shown(unknown)}.",
            remedy="Move some of these examples to the training split, or leave them out.",
        )
    if len(classes) > MOST_CLASSES:
        raise TicketError(
            f"y_train holds {len(classes):,} different labels, and networks have an output for each.",
            remedy=f'Give at most {MOST_CLASSES:,}; numbers to be predicted want loss = "mse".',
        )
    return classes


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape in brackets."""
    return f"[{', '.join(map(str, shape))}]"


def _labels(y: np.ndarray, name: str) -> np.ndarray:
    if y.ndim == 2 and y.dtype.kind in "biuf" and y.shape[1] > 1:
        raise TicketError(
            f"{name} has the shape {shape_words(y.shape)}, and labels are one for each example.",
            remedy=f"Write {name}.argmax(1) if each row has a 1 at its class; "
            'numbers to be predicted want loss = "mse".',
        )
    if y.ndim != 1 or y.dtype.kind not in "biufUS":
        raise TicketError(
            f"{name} is {y.dtype} of shape {shape_words(y.shape)}.", remedy="Give one whole number or text an example."
        )
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.rint(y)).all()):
        odd = y[~np.isfinite(y) | (y != np.rint(y))][0]
        raise TicketError(
            f"{name} holds {odd:g}, and labels are whole numbers or texts.",
            remedy='Say loss = "mse" if these are numbers to be predicted.',
        )
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8")
    return y.astype(np.int64) if y.dtype.kind in "bf" else y


def _shown(labels: np.ndarray) -> str:
    names = [repr(label) if isinstance(label, str) else str(label) for label in labels[:SHOWN].tolist()]
    return ", ".join(names) + (f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else "")


def _to_predict(y_train: np.ndarray, y_test: np.ndarray) -> _Targets:
    """Numbers to be predicted, float32 [n, outputs]."""
    train, test = (
        _numbers(y.reshape(len(y), -1), name).astype(np.float32)
        for y, name in ((y_train, "y_train"), (y_test, "y_test"))
    )
    if train.shape[1] != test.shape[1]:
        raise TicketError(
            f"y_train holds {train.shape[1]} numbers an example and y_test {test.shape[1]}.",
            remedy="Give both equally many.",
        )
    for y, name in ((train, "y_train"), (test, "y_test")):
        if (equal := np.flatnonzero((y == y[0]).all(0))).size:
            which = "all its numbers" if y.shape[1] == 1 else f"all numbers of its column {equal[0]}"
            raise TicketError(
                f"In {name} {which} are {y[0, equal[0]]:g}, so that there is nothing to predict.",
                remedy="Leave it out, or give others.",
            )
    return _Targets(train, test)


def _numbers(array: np.ndarray, name: str) -> Num[np.ndarray, "..."]:
    """Finite numbers, uint8 or float32.

    Raises:
        TicketError: if there are others.
    """
    if array.dtype.kind not in "biuf":
        what = "texts" if array.dtype.kind in "US" else str(array.dtype)
        raise TicketError(f"{name} holds {what}.", remedy="Give whole numbers or floating-point numbers.")
    if array.dtype.kind in "biu":
        fits = array.size > 0 and array.min() >= 0 and array.max() <= 255
        return array.astype(np.uint8 if array.dtype == np.uint8 or fits else np.float32, copy=False)
    with np.errstate(over="ignore"):
        single = array.astype(np.float32, copy=False)
    if not (finite := np.isfinite(single)).all():
        where = np.unravel_index(np.argmin(finite), single.shape)
        count = finite.size - np.count_nonzero(finite)
        what = "values are" if count > 1 else "value is"
        raise TicketError(
            f"{count:,} {what} NaN or infinite in {name}, the first at {shape_words(tuple(map(int, where)))}.",
            remedy="Replace them, or leave these examples out.",
        )
    return single


def chosen_for_test(y: np.ndarray, share: float, seed: int, predicts_numbers: bool) -> Bool[np.ndarray, " n"]:
    """Which examples make up the test split, as the settings of a task say.

    Raises:
        TicketError: if targets are no labels and should be, or no example would be held out.
    """
    targets = one_each(y, "y")
    chosen = held_out(targets if predicts_numbers else _labels(targets, "y"), share, seed, not predicts_numbers)
    if not chosen.any():
        expected = f"a larger share: of {len(y):,} examples none would be held out"
        raise InvalidValue("$.task.test_share", share, expected)
    return chosen


def held_out(y: np.ndarray, share: float, seed: int, by_class: bool) -> Bool[np.ndarray, " n"]:
    """Which examples make up the test split.

    Args:
        y: Targets, one an example where it is by class.
        share: Of the test split, in (0, 1).
        seed: What draws it. The stream is NumPy's legacy one, which stays the same.
        by_class: Whether each class gives its share; a class always keeps one example for training.
    """
    order = np.random.RandomState(seed).permutation(len(y))
    chosen = np.zeros(len(y), bool)
    for group in _groups(y[order]) if by_class else [np.arange(len(y))]:
        chosen[order[group[: min(round(share * len(group)), len(group) - 1)]]] = True
    return chosen


def _groups(labels: np.ndarray) -> list[Any]:
    _, inverse = np.unique(labels, return_inverse=True)
    return [np.flatnonzero(inverse == number) for number in range(inverse.max() + 1)]
