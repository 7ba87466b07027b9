"""Fixtures of the tests of artifacts: clients of registries with and without the referrers API."""

from tests.support.referrers_registries import client_kind, referrers_registry, repository_client

__all__ = ["client_kind", "referrers_registry", "repository_client"]
