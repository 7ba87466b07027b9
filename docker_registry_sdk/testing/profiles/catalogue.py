"""The profiles by name; a profile is imported when it is asked for."""

from importlib import import_module

from docker_registry_sdk.testing.profiles.names import PROFILE_NAMES, ProfileName
from docker_registry_sdk.testing.profiles.profile import Profile

_PLACES: dict[str, tuple[str, str]] = {
    "acr": ("acr", "ACR"),
    "artifactory": ("artifactory", "ARTIFACTORY"),
    "distribution-2.8": ("distribution", "DISTRIBUTION"),
    "docker-hub": ("docker_hub", "DOCKER_HUB"),
    "ecr": ("ecr", "ECR"),
    "ecr-public": ("ecr", "ECR_PUBLIC"),
    "gar": ("gar", "GAR"),
    "ghcr": ("ghcr", "GHCR"),
    "gitlab": ("gitlab", "GITLAB"),
    "harbor": ("harbor", "HARBOR"),
    "icr": ("nvcr", "ICR"),
    "nvcr": ("nvcr", "NVCR"),
    "quay": ("quay", "QUAY"),
}


PLAIN = Profile(name="plain", auth="none", apis=("v1", "v2"), quirks=())
"""The embedded registry as it is by itself."""


def find_profile(name: ProfileName | Profile | None) -> Profile:
    """Return a profile.

    Args:
        name: Its name, the profile itself, or None for the plain one.

    Returns:
        The profile.

    Raises:
        ValueError: There is none of that name.
    """
    if name is None:
        return PLAIN
    if isinstance(name, Profile):
        return name
    place = _PLACES.get(name)
    if place is None:
        raise ValueError(f"profile is none of {', '.join(PROFILE_NAMES)}")
    profile: Profile = getattr(import_module(f"docker_registry_sdk.testing.profiles.{place[0]}"), place[1])
    return profile
