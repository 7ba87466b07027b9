"""Faults of the embedded registry: errors, lost connections and wrong responses, injected into chosen requests.

    from docker_registry_sdk.testing.faults import Fault, Status

    registry.faults.add(Fault(Status(503, retry_after=1), operation="get_manifest", times=2))

An effect is any object with the method `play` that the protocol `FaultEffect` describes.
"""

from docker_registry_sdk._core.lazy_exports import name_public_module
from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.faults.bodies import Body, LoseResponse, Reset, Slow, Truncate, WrongBytes
from docker_registry_sdk.testing.faults.exchange import FaultEffect, FaultExchange, OperationName, RegistryState, RequestInfo
from docker_registry_sdk.testing.faults.fault import Fault, RequestShare
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
from docker_registry_sdk.testing.v2.access import Access, Grant

__all__ = [
    "Access",
    "Account",
    "Body",
    "ChallengeWithout",
    "Challenges",
    "ContentType",
    "ExpireTokens",
    "ExpiryAsText",
    "Fault",
    "FaultEffect",
    "FaultExchange",
    "Faults",
    "ForeignLink",
    "Grant",
    "HtmlError",
    "LocationForm",
    "LocationOn",
    "LoseResponse",
    "NoDigest",
    "OperationName",
    "RedirectTo",
    "RegistryState",
    "RequestInfo",
    "RequestShare",
    "Reset",
    "RevokeTokens",
    "SetHeader",
    "SignedLocations",
    "Slow",
    "Status",
    "TokenWithout",
    "Truncate",
    "WrongBytes",
    "WrongDigest",
]

name_public_module(__name__)
