"""Test images as the search mean sees them, now and after the next pruning."""

from typing import Any

import numpy as np
import pytest

from sessions.messages.commands import ExamplesSeen
from sessions.saved.session import SavedSession
from ticket_explorer.errors import TicketError


def probabilities(seen: ExamplesSeen, content: bytes) -> np.ndarray:
    return np.frombuffer(content, "<f4").reshape(-1, seen.classes)


def test_images_are_seen_by_the_mean_now_and_after_the_next_pruning(lab: Any) -> None:
    with lab.create() as session:
        with pytest.raises(TicketError, match="no weights yet"):
            session.examples("snr")
        session.step(2)
        early = session.examples("snr", count=5)
        assert (early.round, early.generation, early.shape[0]) == (0, 2, 5)
        session.run()
        seen = session.examples("snr", 0, count=5)
        saved = SavedSession.read(session.path)
        problem, ticket = saved.problem("snr"), saved.ticket("snr", 0)
        inputs, labels = problem.test_set()
        assert seen.labels == labels[:5].tolist()
        logits = np.asarray(problem.outputs(ticket.trained, inputs[:5], ()))
        expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        np.testing.assert_allclose(probabilities(seen, seen.before), expected, rtol=1e-4)
        masked = ticket.trained * saved.ticket("snr", 1).mask
        logits = np.asarray(problem.outputs(masked, inputs[:5], ()))
        expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        np.testing.assert_allclose(probabilities(seen, seen.after), expected, rtol=1e-4)  # as it was pruned
        paths = np.frombuffer(seen.paths, "<i4").reshape(5, -1)
        kept = np.asarray(ticket.mask) & problem.layout.prunable
        assert kept[paths].all(), "a path is of kept weights"
        later = session.examples("snr", 0, first=5, count=5)
        assert later.labels == labels[5:10].tolist()
        assert "5 images" in repr(later)
