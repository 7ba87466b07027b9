"""Profiles of the embedded registry: registries with their quirks, by name."""

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
"""A registry that there is a profile of."""

PROFILE_NAMES: tuple[ProfileName, ...] = get_args(ProfileName)
"""All of them."""
