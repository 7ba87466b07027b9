"""Clients of registries with and without the referrers API."""

from tests.support._async.referrers import client_without_referrers, repository_client

__all__ = ["client_without_referrers", "repository_client"]
