"""Creation of a pipeline, which sends all requests of a client, from the client's options."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

import httpx

from ....credentials import (
    AsyncConfigFileCredentials,
    AsyncCredentialProvider,
    Credential,
    CredentialProvider,
    ExplicitCredentials,
)
from ....reference import Index
from ....v2 import api
from ...auth.authenticator import Authenticator
from ...auth.realm import parse_trusted
from ...auth.tokens import TokenStore
from ...concurrency.waiting import AsyncSingleFlightLock
from ...http1._async.transport import AsyncHTTP1Transport
from ...wire import HTTPRequest, Request, build, timeout_steps
from ..options import DEFAULT_TIMEOUT, AsyncClientOptions, create_retry_policy
from ..registry_origin import HUB_HOST, RegistryOrigin
from ..request_policy import V2AuthPolicy
from ..resolving import is_proxied
from ..tls import create_ssl_context, has_certificate_files
from .pipeline import AsyncPipeline, AsyncSettings


def async_create_pipeline(index: Index, options: AsyncClientOptions, hub_host: str = HUB_HOST) -> AsyncPipeline:
    """Return a new pipeline, which sends all requests of a client to one registry.

    The caller must set the pipeline's `auth_policy` before the first request.

    Args:
        index: The registry.
        options: The client's options.
        hub_host: The host to connect to if the registry is Docker Hub.

    Raises:
        TypeError: An option does not exist, has the wrong type, or cannot be combined with another option that is given.
        ValueError: The option `deadline` is not above 0.
        InvalidReferenceError: An item of `trusted_realms` is not a host.
        RegistryError: A file with certificates or keys cannot be read.
    """
    unknown = set(options) - AsyncClientOptions.__optional_keys__
    if unknown:
        raise TypeError(f"the client has no option {', '.join(sorted(unknown))}")
    parse_trusted(options.get("trusted_realms", ()))  # raises now, not at the first challenge, if a host is invalid
    http = options.get("http_client")
    if http is not None:
        _check_http(http, options)
    settings = AsyncSettings(
        create_http=_http_factory(index, options) if http is None else lambda: http,
        owned=http is None,
        user_agent=options.get("user_agent") or default_user_agent(),
        credentials=_credentials(index, options),
        proxied=options.get("proxy") is not None,
    )
    return AsyncPipeline(RegistryOrigin(index, hub_host), settings, create_retry_policy(options), options.get("deadline"))


def async_create_v2_auth_policy(pipeline: AsyncPipeline, options: AsyncClientOptions) -> V2AuthPolicy:
    """Return a policy that authorizes the requests of a pipeline with the token flow of API v2.

    Args:
        pipeline: The pipeline, whose `auth_policy` the caller sets to the result.
        options: The client's options, of which only `trusted_realms` is used.
    """

    def create(request: Request) -> HTTPRequest:
        return build(pipeline, request, request.body)

    authenticator = Authenticator(
        lambda: pipeline.registry.origin,
        create,
        lambda: create(api.ping.request()),
        options.get("trusted_realms", ()),
        TokenStore(AsyncSingleFlightLock),
        AsyncSingleFlightLock(),
    )
    return V2AuthPolicy(pipeline.registry, authenticator)


@cache
def default_user_agent() -> str:
    """Return the default value of the User-Agent header, which names the versions of this package and of Python."""
    from importlib.metadata import version

    return f"docker_registry_sdk/{version('docker-registry-sdk')} python/{sys.version_info[0]}.{sys.version_info[1]}"


def _check_http(http: object, options: AsyncClientOptions) -> None:
    kind = httpx.AsyncClient
    if not isinstance(http, kind):
        raise TypeError(f"http_client must be an httpx.{kind.__name__}, not {type(http).__module__}.{type(http).__name__}")
    decided = {"insecure", "ca_file", "client_cert", "proxy", "timeout"} & set(options)
    if decided:
        raise TypeError(f"pass {', '.join(sorted(decided))} to the httpx client of the option http_client, not to this client")


def _http_factory(index: Index, options: AsyncClientOptions) -> Callable[[], httpx.AsyncClient]:
    """Return a function that creates an httpx client. Certificate files are read now, so that a bad file raises an error now."""
    proxy, timeout = options.get("proxy"), timeout_steps(options.get("timeout", DEFAULT_TIMEOUT))
    checked = [create_ssl_context(index.name, options)] if has_certificate_files(index.name, options) else []

    def create() -> httpx.AsyncClient:
        # A child process creates another context, since a thread of the parent may have held a lock of the first one.
        context = checked.pop() if checked else create_ssl_context(index.name, options)
        if proxy is not None or is_proxied():
            return httpx.AsyncClient(verify=context, proxy=proxy, timeout=timeout)
        transport = AsyncHTTP1Transport(context, httpx.AsyncHTTPTransport(verify=context))
        return httpx.AsyncClient(transport=transport, timeout=timeout)

    return create


def _credentials(index: Index, options: AsyncClientOptions) -> CredentialProvider | AsyncCredentialProvider:
    username, password, provider = options.get("username"), options.get("password"), options.get("credentials")
    if (username is None) != (password is None):
        raise TypeError("username and password must be given together")
    if username is not None and provider is not None:
        raise TypeError("pass either username and password, or credentials, but not both")
    if username is not None:
        return ExplicitCredentials(Credential(username, password), index.name)
    return provider if provider is not None else AsyncConfigFileCredentials()
