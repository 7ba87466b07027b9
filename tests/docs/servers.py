"""The registries that the pages name: embedded registries, with the quirks of the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from docker_registry_sdk.testing import EmbeddedRegistry

PASSWORD = "correct horse"
PLATFORMS = ("linux/amd64", "linux/arm64")
# The arguments of EmbeddedRegistry for each host in the pages.
HOSTS: dict[str, dict[str, Any]] = {
    "localhost:5000": {"auth": "token", "username": "alice"},
    "localhost:5001": {"auth": "basic", "username": "bob"},
    "docker.io": {"profile": "docker-hub", "username": "alice"},
    "ghcr.io": {"profile": "ghcr", "username": "alice"},
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com": {"profile": "ecr"},
    "public.ecr.aws": {"profile": "ecr-public", "username": "AWS"},
    "example.azurecr.io": {"profile": "acr", "username": "alice"},
    "europe-west1-docker.pkg.dev": {"profile": "gar", "username": "oauth2accesstoken"},
    "quay.io": {"profile": "quay", "username": "example+robot"},
    "harbor.example.com": {"profile": "harbor", "username": "robot$example"},
    "registry.gitlab.com": {"profile": "gitlab", "username": "alice"},
    "example.jfrog.io": {"profile": "artifactory", "username": "alice"},
    "gitea.example.com": {"profile": "gitea", "username": "alice"},
    "registry.example.com": {"profile": "distribution-2.8", "username": "alice", "auth": "basic"},
    "zot.example.com": {"username": "alice", "auth": "basic"},
}


@contextmanager
def run_servers(text: str) -> Iterator[dict[str, str]]:
    """Start a registry for each host that a text names, with images, and yield their addresses by host.

    Args:
        text: The code of a page.
    """
    with ExitStack() as stack:
        addresses = {}
        for host, options in HOSTS.items():
            if host in text:
                registry = stack.enter_context(EmbeddedRegistry(password=PASSWORD, **options))
                addresses[host] = registry.url.removeprefix("http://")
                if host != "localhost:5001":
                    _add_images(registry)
        yield addresses


def _add_images(registry: EmbeddedRegistry) -> None:
    for tag in ("latest", "1.0"):
        registry.add_image(f"library/greeting:{tag}", files={"etc/greeting": "hello"}, platforms=PLATFORMS)
    registry.add_image("example/app:1.0", files={"app": "…"}, labels={"version": "1.0"}, platforms=PLATFORMS)
    registry.add_image("example/team/app:1.0", files={"app": "…"})
    registry.add_image("app:1.0", files={"app": "…"})
    registry.add_image("library/alpine:latest", files={"etc/motd": "hello"}, platforms=PLATFORMS)
