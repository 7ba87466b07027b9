"""Faults of the embedded registry: errors, lost connections and wrong responses, injected into chosen requests.

    from docker_registry_sdk.testing.faults import Fault, Status

    registry.faults.add(Fault(Status(503, retry_after=1), operation="get_manifest", times=2))

An effect is any object with the method `play` that the protocol `Effect` describes.
"""

from docker_registry_sdk.testing.faults.bodies import LoseResponse, Reset, Slow, Truncate, WrongBytes
from docker_registry_sdk.testing.faults.exchange import Call, Effect, Exchange, Operation, Site
from docker_registry_sdk.testing.faults.fault import Fault, Share
from docker_registry_sdk.testing.faults.headers import (
    ContentType,
    ForeignLink,
    LocationForm,
    LocationOn,
    NoDigest,
    SetHeader,
    SignedLocations,
    WrongDigest,
)
from docker_registry_sdk.testing.faults.injection import Faults
from docker_registry_sdk.testing.faults.responses import HtmlError, RedirectTo, Status
from docker_registry_sdk.testing.faults.tokens import (
    Challenges,
    ChallengeWithout,
    ExpireTokens,
    ExpiryAsText,
    RevokeTokens,
    TokenWithout,
)

__all__ = [
    "Call",
    "ChallengeWithout",
    "Challenges",
    "ContentType",
    "Effect",
    "Exchange",
    "ExpireTokens",
    "ExpiryAsText",
    "Fault",
    "Faults",
    "ForeignLink",
    "HtmlError",
    "LocationForm",
    "LocationOn",
    "LoseResponse",
    "NoDigest",
    "Operation",
    "RedirectTo",
    "Reset",
    "RevokeTokens",
    "SetHeader",
    "Share",
    "SignedLocations",
    "Site",
    "Slow",
    "Status",
    "TokenWithout",
    "Truncate",
    "WrongBytes",
    "WrongDigest",
]
