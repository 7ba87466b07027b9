"""The registry of NVIDIA, and that of IBM."""

from docker_registry_sdk.testing.faults.tokens import ChallengeWithout
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always

NVCR = Profile(
    name="nvcr",
    quirks=(Quirk("no-service", "A challenge names no service.", "dxf#57", (always(ChallengeWithout("service")),)),),
)

ICR = Profile(
    name="icr",
    quirks=(Quirk("delete-action", "To delete takes a token with the action delete; push does not do.", "ggcr#2266"),),
)
