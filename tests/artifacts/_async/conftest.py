"""A client of registries with and without the referrers API."""

from tests.support._async.referrers import repository_client

__all__ = ["repository_client"]
