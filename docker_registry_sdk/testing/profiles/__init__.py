"""Profiles: the embedded registry with the documented quirks of real registries.

The names stand here, apart from the profiles, so that they can be listed without the extra `testing`.
"""

from typing import Literal, TypeAlias, get_args

ProfileName: TypeAlias = Literal[
    "acr",
    "artifactory",
    "distribution-2.8",
    "docker-hub",
    "ecr",
    "ecr-public",
    "gar",
    "ghcr",
    "gitlab",
    "harbor",
    "icr",
    "nvcr",
    "quay",
]
"""The name of a profile."""

PROFILE_NAMES: tuple[ProfileName, ...] = get_args(ProfileName)
"""The names of all profiles."""
