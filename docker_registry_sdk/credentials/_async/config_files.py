"""Credentials from the configuration files of Docker and Podman, and from the helpers that the files name."""

from __future__ import annotations

from ..._core.concurrency.threads import async_run_in_thread
from ..._core.tracebacks import remove_secrets
from ...errors import AuthError
from ..config import CredentialConfig, parse_config
from ..credential import Credential
from ..helpers import HelperCall, HelperProcess, UnusableHelperError, parse_helper_output
from ..locations import ConfigFileProvider, ConfigLocation, find_locations
from ..provider import CredentialSearch


class AsyncConfigFileCredentials(ConfigFileProvider):
    """A provider of the credentials that `docker login` and `podman login` have stored. Each call reads the files anew.

    The provider searches the JSON text in `$DOCKER_AUTH_CONFIG` first. If `$REGISTRY_AUTH_FILE` is set, the provider then
    searches only the file that the variable names. Otherwise the provider searches containers/auth.json in `$XDG_RUNTIME_DIR`
    and in `$XDG_CONFIG_HOME`, config.json in `$DOCKER_CONFIG`, and ~/.dockercfg. A variable that is not set has the default of
    Podman or Docker, such as ~/.docker for `$DOCKER_CONFIG`.

    In each file, the provider first calls the helper for the registry, then the helper for all registries, and then uses the
    credentials stored in the file. Of these, the credential for the repository comes before the one for the registry. A key may
    be a pattern, such as `*.dkr.ecr.*.amazonaws.com`, as in pull secrets of Kubernetes; other keys come first.

    It is an error that `$DOCKER_AUTH_CONFIG`, the file in `$REGISTRY_AUTH_FILE` or config.json in `$DOCKER_CONFIG` exists but
    cannot be read. Other files that cannot be read are passed over, and so is the helper for all registries (`credsStore`) if its
    program is missing, cannot be started, or has no store. `search` and `explain_auth` of clients say what was passed over.

    Args:
        environ: The environment variables; None for the environment of the process.
        helper_timeout: The maximum run time of a helper in seconds; some helpers wait until the user unlocks a key ring.

    Source: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    """

    async def get_credential(self, registry: str, repo: str | None = None, /) -> Credential | None:
        """Return the credential for a registry; None if no credential was found.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name in the registry (`Repo.remote_name`), such as `library/alpine`; None if the call
                concerns no repository.

        Raises:
            AuthError: A file that a variable names cannot be read, the entry for the registry contains a malformed login, or a
                helper fails; `.source` names the file or the helper.
        """
        return (await self.search(registry, repo)).credential

    async def search(self, registry: str, repo: str | None = None, /) -> CredentialSearch:
        """Return the credential for a registry, and what was passed over in the search for it.

        Args:
            registry: The name of the registry (`Index.name`), such as `docker.io` or `localhost:5000`.
            repo: The repository's name in the registry (`Repo.remote_name`), such as `library/alpine`; None if the call
                concerns no repository.

        Raises:
            AuthError: See `get_credential`.
        """
        try:
            return await self._search(registry, repo)
        except BaseException as error:
            remove_secrets(error)
            raise

    async def _search(self, registry: str, repo: str | None) -> CredentialSearch:
        passed_over: list[str] = []
        by_repo = False
        for location in find_locations(self._variables):
            config = await self._read(location, passed_over)
            if config is None:
                continue
            by_repo = by_repo or config.depends_on_repo(registry)
            passed_over += config.problems_for(registry)
            try:
                credential = await self._search_in(config, registry, repo, passed_over)
            except AuthError as error:
                error._of_all_repos = not by_repo
                raise
            if credential is not None:
                return CredentialSearch(credential=credential, passed_over=tuple(passed_over), by_repo=by_repo)
        return CredentialSearch(credential=None, passed_over=tuple(passed_over), by_repo=by_repo)

    async def _search_in(
        self, config: CredentialConfig, registry: str, repo: str | None, passed_over: list[str]
    ) -> Credential | None:
        """Return the credential of a helper that a file names, or else the one in the file; None if neither has one."""
        unusable: set[str] = set()
        for call in config.helper_calls(registry, repo):
            if call.name in unusable:
                continue
            try:
                credential = await self._ask(call)
            except UnusableHelperError as error:
                if call.is_strict:
                    raise call.error(error.problem, error.hint) from None
                unusable.add(call.name)
                passed_over.append(f"{call.program} ({call.configured}): {error.problem}")
                continue
            if credential is not None:
                return credential
        credential, problems = config.stored_credential(registry, repo)
        passed_over += problems
        return credential

    async def _read(self, location: ConfigLocation, passed_over: list[str]) -> CredentialConfig | None:
        try:
            content = await async_run_in_thread(location.read)
            return None if content is None else parse_config(content, location.name, legacy=location.legacy)
        except AuthError as error:
            if location.is_named:
                raise
            passed_over.append(error.problem)
            return None

    async def _ask(self, call: HelperCall) -> Credential | None:
        process = HelperProcess(call, self._variables, self._helper_timeout)
        return parse_helper_output(call, await async_run_in_thread(process.run, on_cancel=process.cancel))
