"""A profile: how a registry out there differs from this one."""

from collections.abc import Callable
from importlib import import_module
from typing import Literal

import attrs

from docker_registry_sdk.testing.auth.authentication import AuthMode
from docker_registry_sdk.testing.faults.exchange import Call, Effect, Operation
from docker_registry_sdk.testing.faults.fault import Fault
from docker_registry_sdk.testing.profiles import PROFILE_NAMES, ProfileName
from docker_registry_sdk.testing.settings import Settings


@attrs.frozen
class Quirk:
    """One thing that a registry does in its own way.

    Args:
        name: Its name, unique in the profile.
        text: What the registry does, in one sentence.
        source: Where that is known from, such as `regclient#272`.
        faults: What makes the embedded registry do the same; none where it does so anyway, by its settings or by the fault of
            another quirk.
    """

    name: str
    text: str
    source: str
    faults: tuple[Fault, ...] = ()


@attrs.frozen(kw_only=True)
class Profile:
    """A registry out there.

    Args:
        name: Its name.
        quirks: What it does in its own way.
        auth: How callers say who they are, unless the registry's user chooses otherwise.
        username: The name of the one user, likewise; None makes one.
        anonymous_pull: Whether others may read, likewise.
        apis: The APIs that it speaks, likewise.
        settings: How strict and how generous it is, likewise.
    """

    name: str
    quirks: tuple[Quirk, ...]
    auth: AuthMode = "token"
    username: str | None = None
    anonymous_pull: bool = True
    apis: tuple[Literal["v1", "v2"], ...] = ("v2",)
    settings: Settings = attrs.field(factory=Settings)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of all quirks."""
        return tuple(fault for quirk in self.quirks for fault in quirk.faults)


def always(
    effect: Effect,
    operation: Operation | tuple[Operation, ...] | None = None,
    *,
    path: str | None = None,
    when: Callable[[Call], bool] | None = None,
) -> Fault:
    """Return a fault that does not wear off.

    Args:
        effect: What happens.
        operation: The operation, or several.
        path: A regular expression for the whole path.
        when: Says whether a request fits.
    """
    return Fault(effect, operation=operation, path=path, when=when, times=None)


_PLACES: dict[str, tuple[str, str]] = {
    "acr": ("acr", "ACR"),
    "artifactory": ("others", "ARTIFACTORY"),
    "distribution-2.8": ("distribution", "DISTRIBUTION"),
    "docker-hub": ("docker_hub", "DOCKER_HUB"),
    "ecr": ("ecr", "ECR"),
    "ecr-public": ("ecr", "ECR_PUBLIC"),
    "gar": ("gar", "GAR"),
    "ghcr": ("ghcr", "GHCR"),
    "gitlab": ("gitlab", "GITLAB"),
    "harbor": ("others", "HARBOR"),
    "icr": ("others", "ICR"),
    "nvcr": ("others", "NVCR"),
    "quay": ("others", "QUAY"),
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
