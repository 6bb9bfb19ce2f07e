"""Sessions: decide, advance, remember. Import the modules you need; most of them import no JAX."""
