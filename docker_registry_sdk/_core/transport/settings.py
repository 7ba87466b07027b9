"""The settings of a client: one frozen object that is made from the keyword options of a constructor."""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import Attribute, field, fields, frozen

from ...credentials.given import AsyncGivenCredentials, CheckedCredentials, check_credentials
from ..auth.realm import TRUSTED_REALMS_VARIABLE, environment_realms, parse_trusted
from ..text.redaction import redact_url
from ..wire.policy import DEFAULT_MAX_RETRIES, DEFAULT_MAX_RETRY_WAIT_SECONDS, RetryPolicy, to_deadline
from ..wire.timeout import Timeout, TimeoutSteps, timeout_steps
from .proxy import check_proxy

if TYPE_CHECKING:
    from ._async.caller_transport import AsyncTransport
    from ._sync.caller_transport import Transport

FilePath: TypeAlias = str | PathLike[str]

DEFAULT_TIMEOUT = Timeout()
DEFAULT_MAX_CONNECTIONS = 100

# Options that an own TLS context, or an own transport, takes the place of.
_TLS_OPTIONS = ("insecure", "ca_file", "client_cert")
_CONNECTION_OPTIONS = (*_TLS_OPTIONS, "ssl_context", "proxy")


def _check_integer(lowest: int) -> Any:
    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{attribute.name} must be an integer, not {type(value).__name__}")
        if value < lowest:
            raise ValueError(f"{attribute.name} must be at least {lowest}, not {value}")

    return check


def _check_wait(_: object, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{attribute.name} must be a number of seconds, not {type(value).__name__}")
    if not value >= 0:  # also true for NaN
        raise ValueError(f"{attribute.name} must be a number of seconds, 0 or more, not {value!r}")


@frozen(kw_only=True, eq=False)
class ClientSettings:
    """The settings of a client. Its options have the same names; `credentials` also stands for `username` and `password`.

    A value that is None means the default that the option's description in `RegistryClientV2` states. `attrs.evolve` returns a
    changed copy, which is checked again.

    Attributes:
        credentials: The provider, or the credential for the one registry of the client; None for stored credentials.
        insecure: Whether to accept any certificate.
        ca_file: A PEM file with further trusted certificates.
        client_cert: A PEM file with certificate and key, or a pair of PEM files.
        ssl_context: All TLS settings, in place of the three attributes above.
        proxy: The URL of a proxy.
        timeout: The longest time of each step of a request, in seconds or as a `Timeout`.
        deadline: The maximum duration of a call in seconds.
        max_retries: The maximum number of times that the same request is repeated.
        max_retry_wait: The longest wait before a repetition in seconds.
        user_agent: The value of the User-Agent header.
        trusted_realms: Hosts that are trusted as token services.
        max_connections: The maximum number of connections.
        transport: The caller's own transport.

    Raises:
        TypeError: A value has the wrong type, or two values exclude each other.
        ValueError: A number is out of range.
        InvalidReferenceError: An item of `trusted_realms`, or of the environment variable `DOCKER_REGISTRY_SDK_TRUSTED_REALMS`,
            is not a host, or `proxy` is not a URL of a proxy.
    """

    credentials: CheckedCredentials | None = None
    insecure: bool = False
    ca_file: FilePath | None = None
    client_cert: FilePath | tuple[FilePath, FilePath] | None = None
    ssl_context: ssl.SSLContext | None = None
    proxy: str | None = field(default=None, repr=lambda url: repr(url and redact_url(url)))
    timeout: float | Timeout | None = None
    deadline: float | None = None
    max_retries: int = field(default=DEFAULT_MAX_RETRIES, validator=_check_integer(0))
    max_retry_wait: float = field(default=DEFAULT_MAX_RETRY_WAIT_SECONDS, validator=_check_wait)
    user_agent: str | None = None
    trusted_realms: Collection[str] = ()
    max_connections: int = field(default=DEFAULT_MAX_CONNECTIONS, validator=_check_integer(1))
    transport: Transport | AsyncTransport | None = None

    def __attrs_post_init__(self) -> None:
        if self.proxy is not None:
            check_proxy(self.proxy)
        to_deadline(self.deadline)
        # These raise now, not at the first challenge, if a host is invalid.
        parse_trusted(self.trusted_realms)
        parse_trusted(environment_realms(os.environ), f"the environment variable {TRUSTED_REALMS_VARIABLE}")
        if self.timeout is not None:
            timeout_steps(self.timeout)
        if self.ssl_context is not None:
            if not isinstance(self.ssl_context, ssl.SSLContext):
                raise TypeError(f"ssl_context must be an ssl.SSLContext, not {type(self.ssl_context).__name__}")
            self.refuse("ssl_context, which has all TLS settings", _TLS_OPTIONS)
        if self.transport is not None:
            self.refuse("transport, which opens the connections", _CONNECTION_OPTIONS)

    def refuse(self, given: str, names: Collection[str]) -> None:
        """Raise an exception if settings were given that another setting excludes.

        Args:
            given: The setting that excludes the others, for the message.
            names: The names of the settings that must have their defaults.

        Raises:
            TypeError: One of these settings does not have its default.
        """
        defaults = fields(ClientSettings)
        if excess := [one.name for one in defaults if one.name in names and getattr(self, one.name) != one.default]:
            raise TypeError(f"pass either {', '.join(excess)} or {given}, but not both")

    @property
    def all_trusted_realms(self) -> tuple[str, ...]:
        """Return the hosts in `trusted_realms`, and in the environment variable `DOCKER_REGISTRY_SDK_TRUSTED_REALMS`."""
        return (*self.trusted_realms, *environment_realms(os.environ))

    @property
    def retry_policy(self) -> RetryPolicy:
        """Return the policy for repeating requests."""
        return RetryPolicy(max_retries=self.max_retries, max_retry_wait=self.max_retry_wait)

    @property
    def timeout_steps(self) -> TimeoutSteps:
        """Return the limits of the four steps of a request, in seconds."""
        return timeout_steps(DEFAULT_TIMEOUT if self.timeout is None else self.timeout)


def make_settings(
    *,
    username: str | None,
    password: str | None,
    credentials: AsyncGivenCredentials | None,
    **options: Any,
) -> ClientSettings:
    """Return the settings for the options of a client.

    Args:
        username: The option of this name; None if it was not given.
        password: The option of this name; None if it was not given.
        credentials: The option of this name; None if it was not given.
        options: The other options, which `ClientSettings` describes.

    Raises:
        TypeError: An option has the wrong type, or two options exclude each other.
        ValueError: A number is out of range, or a credential contains a character that is not allowed.
        InvalidReferenceError: An item of `trusted_realms` is not a host, or `proxy` is not a URL of a proxy.
    """
    return ClientSettings(credentials=check_credentials(credentials, username, password), **options)
