"""Box2D of Gymnasium and EnvPool, stepped outside of JAX. Imports what all control tasks share, no other provider."""
