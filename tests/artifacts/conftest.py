"""The fixtures of tests of images, for artifacts."""

from tests.images.conftest import pytest_generate_tests, repo, serve, server, skopeo

__all__ = ["pytest_generate_tests", "repo", "serve", "server", "skopeo"]
