"""Credentials from Docker's and Podman's configuration files, and the helpers that they name."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..._core.concurrency.threads import async_run_in_thread
from .._config import parse_config
from .._helper import parse_answer
from .._places import find_places
from .._process import HelperProcess
from ..credential import Credential


class AsyncConfigFileCredentials:
    """A provider that looks where `docker login` and `podman login` leave credentials, each time it is asked.

    The places, in their order: `$DOCKER_AUTH_CONFIG`; then only `$REGISTRY_AUTH_FILE` if that is set, else containers/auth.json
    below `$XDG_RUNTIME_DIR` and `$XDG_CONFIG_HOME`, config.json in `$DOCKER_CONFIG` or ~/.docker, and ~/.dockercfg. In each, a
    helper for the registry comes first, then the helper for all, then the entries, the most specific first.

    Args:
        environ: The environment to look into; that of the process when it is None.
        helper_timeout: The seconds that a helper may take; some wait for a person to unlock a key ring.

    Source: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    """

    def __init__(self, *, environ: Mapping[str, str] | None = None, helper_timeout: float = 30.0) -> None:
        self._environ = environ
        self._helper_timeout = helper_timeout

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"  # the environment may hold secrets

    @property
    def places(self) -> tuple[str, ...]:
        """The files and variables that are looked into, in their order, whether or not they are there."""
        return tuple(place.name for place in find_places(os.environ if self._environ is None else self._environ))

    async def get_credential(self, registry: str, repo: str | None = None, /) -> Credential | None:
        """Return the credential for a registry, None when no place has one.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name there (`Repo.remote_name`), such as `library/alpine`; None when no repository is meant.

        Raises:
            AuthError: A place is broken, or a helper fails; `.source` names it.
        """
        environ = os.environ if self._environ is None else self._environ
        for place in find_places(environ):
            content = await async_run_in_thread(place.read)
            if content is None:
                continue
            config = parse_config(content, place.name, legacy=place.legacy)
            for call in config.helper_calls(registry):
                process = HelperProcess(call, environ, self._helper_timeout)
                status, output = await async_run_in_thread(process.run, on_cancel=process.cancel)
                if (credential := parse_answer(call, status, output)) is not None:
                    return credential
            if (credential := config.credential_for(registry, repo)) is not None:
                return credential
        return None
