"""The laboratory of the engine's tests, and figures that add up from run to run."""

from tests.engine.conftest import _shared, engines, lab, shared_lab, whole

__all__ = ["_shared", "engines", "lab", "shared_lab", "whole"]
