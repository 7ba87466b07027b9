"""Profiles of the embedded registry: registries with their quirks, by name."""
