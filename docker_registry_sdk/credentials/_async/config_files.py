"""Credentials from the configuration files of Docker and Podman, and from the helpers that the files name."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..._core.concurrency.threads import async_run_in_thread
from ..._core.tracebacks import remove_secrets
from ..config import parse_config
from ..credential import Credential
from ..helpers import HelperProcess, parse_helper_output
from ..locations import find_locations


class AsyncConfigFileCredentials:
    """A provider of the credentials that `docker login` and `podman login` have stored. Each call reads the files anew.

    The provider searches the JSON text in `$DOCKER_AUTH_CONFIG` first. If `$REGISTRY_AUTH_FILE` is set, the provider then
    searches only the file that the variable names. Otherwise the provider searches containers/auth.json in `$XDG_RUNTIME_DIR`
    and in `$XDG_CONFIG_HOME`, config.json in `$DOCKER_CONFIG`, and ~/.dockercfg. A variable that is not set has the default of
    Podman or Docker, such as ~/.docker for `$DOCKER_CONFIG`.

    In each file, the provider first calls the helper for the registry, then the helper for all registries, and then uses the
    credentials stored in the file. Of these, the credential for the repository comes before the one for the registry.

    Args:
        environ: The environment variables; None for the environment of the process.
        helper_timeout: The maximum run time of a helper in seconds; some helpers wait until the user unlocks a key ring.

    Source: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    """

    def __init__(self, *, environ: Mapping[str, str] | None = None, helper_timeout: float = 30.0) -> None:
        self._environ = environ
        self._helper_timeout = helper_timeout

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"  # the environment may hold secrets

    @property
    def places(self) -> tuple[str, ...]:
        """Return the names of the files and variables that are searched, in order. The files need not exist."""
        return tuple(location.name for location in find_locations(os.environ if self._environ is None else self._environ))

    async def get_credential(self, registry: str, repo: str | None = None, /) -> Credential | None:
        """Return the credential for a registry; None if no credential was found.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name in the registry (`Repo.remote_name`), such as `library/alpine`; None if the call
                concerns no repository.

        Raises:
            AuthError: A file is invalid, or a helper fails; `.source` names the file or the helper.
        """
        try:
            return await self._find_credential(registry, repo)
        except BaseException as error:
            remove_secrets(error)
            raise

    async def _find_credential(self, registry: str, repo: str | None) -> Credential | None:
        environ = os.environ if self._environ is None else self._environ
        for location in find_locations(environ):
            content = await async_run_in_thread(location.read)
            if content is None:
                continue
            config = parse_config(content, location.name, legacy=location.legacy)
            for call in config.helper_calls(registry):
                process = HelperProcess(call, environ, self._helper_timeout)
                status, output = await async_run_in_thread(process.run, on_cancel=process.cancel)
                if (credential := parse_helper_output(call, status, output)) is not None:
                    return credential
            if (credential := config.stored_credential(registry, repo)) is not None:
                return credential
        return None
