"""Profiles and quirks: the differences between a real registry and the embedded registry."""

from collections.abc import Callable
from importlib import import_module
from typing import Literal

import attrs

from docker_registry_sdk.testing.auth.authentication import AuthMode
from docker_registry_sdk.testing.faults.exchange import FaultEffect, OperationName, RequestInfo
from docker_registry_sdk.testing.faults.fault import Fault
from docker_registry_sdk.testing.profiles import PROFILE_NAMES, ProfileName
from docker_registry_sdk.testing.settings import RegistrySettings


@attrs.frozen
class RegistryQuirk:
    """One documented deviation of a registry from the specification or from common behaviour.

    Args:
        name: The name, such as `token-path`. Each quirk of a profile has another name.
        text: The behaviour of the registry, in one sentence.
        source: Where the behaviour is documented or reported, such as `regclient#272`.
        faults: The faults that reproduce the behaviour. The tuple is empty if the settings of the profile or the faults of
            another quirk reproduce the behaviour, or if the embedded registry has this behaviour even without a profile.
    """

    name: str
    text: str
    source: str
    faults: tuple[Fault, ...] = ()


@attrs.frozen(kw_only=True)
class RegistryProfile:
    """The quirks of a real registry, and defaults for the arguments of `EmbeddedRegistry`.

    Args:
        name: The name, such as `docker-hub`.
        quirks: The quirks of the registry.
        auth: The default authentication of clients in API v2.
        username: The default name of the only user. None selects a random name.
        anonymous_pull: Whether clients without credentials may pull by default.
        apis: The API versions that the registry supports by default.
        settings: The default settings of API v2.
    """

    name: str
    quirks: tuple[RegistryQuirk, ...]
    auth: AuthMode = "token"
    username: str | None = None
    anonymous_pull: bool = True
    apis: tuple[Literal["v1", "v2"], ...] = ("v2",)
    settings: RegistrySettings = attrs.field(factory=RegistrySettings)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Return the faults of all quirks."""
        return tuple(fault for quirk in self.quirks for fault in quirk.faults)


PLAIN = RegistryProfile(name="plain", auth="none", apis=("v1", "v2"), quirks=())
"""The profile of the embedded registry without quirks."""

MODULES: dict[str, tuple[str, str]] = {
    "acr": ("acr", "ACR"),
    "artifactory": ("others", "ARTIFACTORY"),
    "distribution-2.8": ("distribution", "DISTRIBUTION"),
    "docker-hub": ("docker_hub", "DOCKER_HUB"),
    "ecr": ("ecr", "ECR"),
    "ecr-public": ("ecr", "ECR_PUBLIC"),
    "gar": ("gar", "GAR"),
    "ghcr": ("ghcr", "GHCR"),
    "gitea": ("gitea", "GITEA"),
    "gitlab": ("others", "GITLAB"),
    "harbor": ("others", "HARBOR"),
    "icr": ("others", "ICR"),
    "nvcr": ("others", "NVCR"),
    "quay": ("others", "QUAY"),
}
"""For each name of a profile, the module and the variable in this module that holds the profile."""


def find_profile(name: ProfileName | RegistryProfile | None) -> RegistryProfile:
    """Return the profile for the argument `profile` of `EmbeddedRegistry`. Import the module of a profile only when needed.

    Args:
        name: The name of a profile, or None for the profile without quirks. A `RegistryProfile` is returned unchanged.

    Returns:
        The profile.

    Raises:
        ValueError: No profile has the name.
    """
    if name is None:
        return PLAIN
    if isinstance(name, RegistryProfile):
        return name
    module_and_variable = MODULES.get(name)
    if module_and_variable is None:
        raise ValueError(f"there is no profile {name!r}; profile must be one of {', '.join(PROFILE_NAMES)}")
    module, variable = module_and_variable
    profile: RegistryProfile = getattr(import_module(f"docker_registry_sdk.testing.profiles.{module}"), variable)
    return profile


def always(
    effect: FaultEffect,
    operation: OperationName | tuple[OperationName, ...] | None = None,
    *,
    path: str | None = None,
    when: Callable[[RequestInfo], bool] | None = None,
) -> Fault:
    """Return a fault that applies to every matching request; the number of requests is not limited.

    Args:
        effect: The effect to apply to matching requests.
        operation: The operation that a request must perform, or several operations, of which a request must perform one. None
            means any operation.
        path: A regular expression that must match the whole percent-decoded path of a request. None means any path.
        when: A function that gets a request, and returns whether the request matches. None means that no function is called.
    """
    return Fault(effect, operation=operation, path=path, when=when, times=None)
