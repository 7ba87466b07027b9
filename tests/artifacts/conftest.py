"""Registries with and without the referrers API."""

from tests.support.referrers_registries import referrers_registry

__all__ = ["referrers_registry"]
