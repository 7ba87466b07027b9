"""Profiles: documented quirks of real registries that the embedded registry can reproduce.

This module has only the names of the profiles, so that the names can be listed even if the extra `testing` is not installed.
"""

from typing import Literal, TypeAlias, get_args

__all__ = ["PROFILE_NAMES", "ProfileName"]

ProfileName: TypeAlias = Literal[
    "acr",
    "artifactory",
    "distribution-2.8",
    "docker-hub",
    "ecr",
    "ecr-public",
    "gar",
    "ghcr",
    "gitea",
    "gitlab",
    "harbor",
    "icr",
    "nvcr",
    "quay",
]
"""The name of a profile."""

PROFILE_NAMES: tuple[ProfileName, ...] = get_args(ProfileName)
"""The names of all profiles."""
