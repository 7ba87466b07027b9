"""Profiles and quirks: the differences between a real registry and the embedded registry."""

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
    """One documented deviation of a registry from the specification or from common behaviour.

    Args:
        name: The name, unique in its profile.
        text: The behaviour, in one sentence.
        source: Where the behaviour is documented or reported, such as `regclient#272`.
        faults: The faults that reproduce the behaviour. The tuple is empty if the settings of the profile or the faults of
            another quirk reproduce the behaviour, or if the embedded registry has this behaviour without a profile, too.
    """

    name: str
    text: str
    source: str
    faults: tuple[Fault, ...] = ()


@attrs.frozen(kw_only=True)
class Profile:
    """The quirks of a real registry, and defaults for the arguments of `EmbeddedRegistry`.

    Args:
        name: The name.
        quirks: The quirks.
        auth: The default authentication of clients.
        username: The default user name; None generates one.
        anonymous_pull: Whether clients without credentials may read by default.
        apis: The default API versions.
        settings: The default settings.
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
        """Return the faults of all quirks."""
        return tuple(fault for quirk in self.quirks for fault in quirk.faults)


PLAIN = Profile(name="plain", auth="none", apis=("v1", "v2"), quirks=())
"""The embedded registry without quirks."""

MODULES: dict[str, tuple[str, str]] = {
    "acr": ("acr", "ACR"),
    "artifactory": ("others", "ARTIFACTORY"),
    "distribution-2.8": ("distribution", "DISTRIBUTION"),
    "docker-hub": ("docker_hub", "DOCKER_HUB"),
    "ecr": ("ecr", "ECR"),
    "ecr-public": ("ecr", "ECR_PUBLIC"),
    "gar": ("gar", "GAR"),
    "ghcr": ("ghcr", "GHCR"),
    "gitlab": ("others", "GITLAB"),
    "harbor": ("others", "HARBOR"),
    "icr": ("others", "ICR"),
    "nvcr": ("others", "NVCR"),
    "quay": ("others", "QUAY"),
}
"""The module and the variable of each profile."""


def find_profile(name: ProfileName | Profile | None) -> Profile:
    """Return a profile, and import its module if it has not been imported yet.

    Args:
        name: The name of the profile, a profile, or None for the registry without quirks.

    Returns:
        The profile.

    Raises:
        ValueError: No profile has this name.
    """
    if name is None:
        return PLAIN
    if isinstance(name, Profile):
        return name
    module_and_variable = MODULES.get(name)
    if module_and_variable is None:
        raise ValueError(f"profile must be one of {', '.join(PROFILE_NAMES)}")
    module, variable = module_and_variable
    profile: Profile = getattr(import_module(f"docker_registry_sdk.testing.profiles.{module}"), variable)
    return profile


def always(
    effect: Effect,
    operation: Operation | tuple[Operation, ...] | None = None,
    *,
    path: str | None = None,
    when: Callable[[Call], bool] | None = None,
) -> Fault:
    """Return a fault that applies to every matching request; the number of requests is not limited.

    Args:
        effect: The effect.
        operation: One or several operations, one of which a request must be.
        path: A regular expression that must match the whole path of a request.
        when: A function that returns whether a request matches.
    """
    return Fault(effect, operation=operation, path=path, when=when, times=None)
