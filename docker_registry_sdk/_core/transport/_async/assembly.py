"""Creation of a pipeline, which sends all requests of a client, from the client's settings."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx

from .... import credentials
from ....credentials.given import provider_for
from ....reference import Index
from ....v2 import api
from ... import http1
from ...auth.anonymous import AnonymousLogin
from ...auth.authenticator import Authenticator
from ...auth.tokens import TokenStore
from ...concurrency.waiting import AsyncSingleFlightLock
from ...names.origin import Origin
from ...wire import HTTPRequest, Request, build
from ..registry_origin import HUB_HOST, RegistryOrigin
from ..request_policy import V2AuthPolicy, ignore_cookies
from ..settings import ClientSettings
from ..tls import create_ssl_context, has_certificate_files
from .caller_transport import AsyncCallerTransport
from .environment_proxies import async_use_environment_proxies
from .httpx_transport import AsyncHttpxTransport, async_check_transport
from .pipeline import AsyncPipeline, AsyncSettings


def async_create_pipeline(index: Index, settings: ClientSettings, hub_host: str = HUB_HOST) -> AsyncPipeline:
    """Return a new pipeline, which sends all requests of a client to one registry.

    The caller must set the pipeline's `auth_policy` before the first request.

    Args:
        index: The registry.
        settings: The client's settings.
        hub_host: The host to connect to if the registry is Docker Hub.

    Raises:
        TypeError: The setting `transport` is not an async transport, or excludes another setting that is given.
        RegistryError: A file with certificates or keys cannot be read.
    """
    registry = RegistryOrigin(index, hub_host)
    own = AsyncSettings(
        create_http=_http_factory(registry, settings) if settings.transport is None else _callers_http(settings),
        owned=settings.transport is None,
        user_agent=settings.user_agent or default_user_agent(),
        credentials=_provider(index, settings),
    )
    return AsyncPipeline(registry, own, settings.retry_policy, settings.deadline)


def async_create_v2_auth_policy(pipeline: AsyncPipeline, settings: ClientSettings) -> V2AuthPolicy:
    """Return a policy that authorizes the requests of a pipeline with the token flow of API v2.

    Args:
        pipeline: The pipeline, whose `auth_policy` the caller sets to the result.
        settings: The client's settings, of which only the trusted realms are used.
    """

    def create(request: Request) -> HTTPRequest:
        return build(pipeline, request, request.body)

    def find_origin() -> Origin:
        return pipeline.registry.origin

    def ping() -> HTTPRequest:
        return create(api.ping.request())

    tokens, trusted = TokenStore(AsyncSingleFlightLock), settings.all_trusted_realms
    authenticator = Authenticator(find_origin, create, ping, trusted, tokens, AsyncSingleFlightLock())
    return V2AuthPolicy(pipeline.registry, authenticator, AnonymousLogin(find_origin, create, trusted, tokens))


@cache
def default_user_agent() -> str:
    """Return the default value of the User-Agent header, which names the versions of this package and of Python."""
    from importlib.metadata import version

    return f"docker_registry_sdk/{version('docker-registry-sdk')} python/{sys.version_info[0]}.{sys.version_info[1]}"


def _provider(index: Index, settings: ClientSettings) -> Any:
    provider = provider_for(settings.credentials, index.name)
    if provider is None:
        return credentials.AsyncConfigFileCredentials()
    is_async = inspect.iscoroutinefunction(credentials.AsyncConfigFileCredentials.get_credential)
    if not is_async and inspect.iscoroutinefunction(provider.get_credential):
        raise TypeError(f"the method get_credential of {type(provider).__name__} is async; use an async client with it")
    return provider


def _callers_http(settings: ClientSettings) -> Callable[[], httpx.AsyncClient]:
    """Return a function that returns the httpx client which sends requests with the caller's transport."""
    transport = async_check_transport(settings.transport)
    if isinstance(transport, AsyncHttpxTransport):
        settings.refuse("an httpx client, which has its own limits", ("timeout", "max_connections"))
        http = transport.client
    else:
        http = httpx.AsyncClient(transport=AsyncCallerTransport(transport), timeout=settings.timeout_steps)
        ignore_cookies(http)
    return lambda: http


def _http_factory(registry: RegistryOrigin, settings: ClientSettings) -> Callable[[], httpx.AsyncClient]:
    """Return a function that creates an httpx client. Certificate files are read now, so that a bad file raises an error now."""
    name = registry.index.name
    checked = [create_ssl_context(name, settings)] if has_certificate_files(name, settings) else []

    def create() -> httpx.AsyncClient:
        # A child process creates another context, since a thread of the parent may have held a lock of the first one.
        context = checked.pop() if checked else create_ssl_context(name, settings)
        limits = httpx.Limits(max_connections=settings.max_connections, max_keepalive_connections=20)
        # Without trust_env: httpx reads no networks and no IPv6 addresses in NO_PROXY.
        client = httpx.AsyncClient(
            verify=context, proxy=settings.proxy, timeout=settings.timeout_steps, limits=limits, trust_env=False
        )
        ignore_cookies(client)
        if settings.proxy is None:
            async_use_environment_proxies(client, context, limits)
        # httpx uses this transport for all requests that do not go through a proxy.
        for transport in client._mounts.values():
            http1.async_apply_rules(getattr(transport, "_pool", None), http1.NoRules())  # these connections are made to proxies
        http1.async_use_engine(client._transport, context, settings.max_connections, registry)
        return client

    return create
