"""Parse Docker's config.json and Podman's auth.json: the names of credential helpers, and stored credentials.

Other programs write these files, too. A field of the wrong type reads as absent, and is named in the problems.

Sources: https://docs.docker.com/reference/cli/docker/login/#credential-stores and
https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from .._core.text.redaction import quoted, redact_url
from ..errors import AuthError
from .credential import Credential
from .entries import FILE_HINT, field_of, holds_credential, parse_entry
from .helpers import HelperCall, is_helper_name
from .registry_keys import helper_servers, is_pattern, matching_keys, names_repo, never_matches

_MAX_HOPELESS_KEYS = 5


@frozen
class CredentialConfig:
    """The part of a configuration file that concerns credentials.

    Attributes:
        location: The path of the file, or the name of the environment variable, for messages.
        auths: The entries with stored credentials, not yet parsed, by key. A key names a registry, or in Podman's files also a
            repository.
        creds_store: The name of the helper for all registries; None if the file names no such helper.
        cred_helpers: The names of the helpers for single registries, not yet checked, by key.
        problems: The fields that were ignored, and why, without secrets.
    """

    location: str
    auths: Mapping[str, Any] = field(repr=False)
    creds_store: str | None = None
    cred_helpers: Mapping[str, Any] = field(factory=dict, repr=False)
    problems: tuple[str, ...] = ()

    def depends_on_repo(self, registry: str) -> bool:
        """Return whether repositories of a registry may have credentials of their own in this file.

        Args:
            registry: The name of the registry.
        """
        return any(names_repo(key, registry) for key in self.auths)

    def problems_for(self, registry: str) -> list[str]:
        """Return the fields that were ignored, and why, as far as they concern a registry, and keys that match none.

        Args:
            registry: The name of the registry.
        """
        named = [self._helper_key(key) for key in self.cred_helpers if names_repo(key, registry)]
        wrong = [
            self._helper_key(key)
            for key in matching_keys(self.cred_helpers, registry, None)
            if not isinstance(self.cred_helpers[key], str)
        ]
        hopeless = [
            f"{name} entry {quoted(redact_url(key))} in {self.location} matches no registry: {reason}"
            for name, keys in (("auths", self.auths), ("credHelpers", self.cred_helpers))
            for key in keys
            if (reason := never_matches(key)) is not None
        ]
        return [
            *self.problems,
            *hopeless[:_MAX_HOPELESS_KEYS],
            *(f"{one}: helpers are for whole registries, so the key was ignored" for one in named),
            *(f"{one}: the name of the helper is not a string, so it was ignored" for one in wrong),
        ]

    def helper_calls(self, registry: str, repo: str | None = None) -> list[HelperCall]:
        """Return the helper calls to make for a registry, in order, before a stored credential is used.

        A helper is asked under the keys of empty entries in `auths`, which Docker writes for the credentials in a helper, and
        under the usual name of the registry. The list is empty if the file names no helper for the registry.

        Args:
            registry: The name of the registry.
            repo: The repository's name in the registry; None to ask only for the credential of the registry.

        Raises:
            AuthError: The name of a helper in `credHelpers` is invalid.
        """
        keys = [key for key in matching_keys(self.cred_helpers, registry, None) if isinstance(self.cred_helpers[key], str)][:1]
        own = [self.cred_helpers[key] for key in keys]
        # An empty name means that this registry's credential is stored in the file, in spite of `credsStore`.
        if own == [""]:
            return []
        helpers = dict.fromkeys(own, "credHelpers")
        if self.creds_store:
            helpers.setdefault(self.creds_store, "credsStore")
        marked = [key for key in matching_keys(self.auths, registry, repo) if not holds_credential(self.auths[key])]
        servers = dict.fromkeys(key for key in (*marked, *helper_servers(registry), *keys) if not is_pattern(key))
        return [
            HelperCall(name, server, f"{key} in {self.location}", is_strict=key == "credHelpers")
            for name, key in helpers.items()
            for server in servers
        ]

    def stored_credential(self, registry: str, repo: str | None) -> tuple[Credential | None, list[str]]:
        """Return the credential that the file itself contains for a repository, and the problems of fields that were ignored.

        The credential is None if the file contains none for the repository.

        Args:
            registry: The name of the registry.
            repo: The repository's name in the registry; None to find only a credential for the whole registry.

        Raises:
            AuthError: The entry contains a user name, password or token that is malformed or cannot be sent.
        """
        problems: list[str] = []
        for key in matching_keys(self.auths, registry, repo):
            source = f"auths entry {quoted(redact_url(key))} in {self.location}"
            credential, found = parse_entry(self.auths[key], source)
            problems += found
            if credential is not None:
                return credential, problems
        return None, problems

    def _helper_key(self, key: str) -> str:
        return f"credHelpers entry {quoted(redact_url(key))} in {self.location}"


def parse_config(content: bytes, location: str, *, legacy: bool = False) -> CredentialConfig:
    """Parse the content of a configuration file.

    Args:
        content: The bytes of the file.
        location: The path of the file, or the name of the variable, for messages.
        legacy: Whether the file is a .dockercfg. The whole JSON object in a .dockercfg has the form of `auths` in config.json.

    Raises:
        AuthError: The content is not a JSON object.
    """
    document = parse_document(content, location)
    if legacy:
        return CredentialConfig(location, document)
    problems: list[str] = []
    store = field_of(document, "credsStore")
    if store is not None and not isinstance(store, str):
        problems.append(f"{location}: the value of credsStore is not a string, so it was ignored")
        store = None
    elif store and not is_helper_name(store):
        problems.append(f"{location}: credsStore {quoted(store)} is not the name of a helper, so it was ignored")
        store = None
    helpers = _object(document, "credHelpers", location, problems)
    return CredentialConfig(location, _object(document, "auths", location, problems), store or None, helpers, tuple(problems))


def parse_document(content: bytes, location: str) -> dict[str, Any]:
    """Return the JSON object in a configuration file. A file with nothing but white space counts as an empty object.

    Args:
        content: The bytes of the file.
        location: The path of the file, or the name of the variable, for messages.

    Raises:
        AuthError: The content is not a JSON object.
    """
    document, problem = _parse_json(content)
    if problem:
        raise AuthError(problem, source=location, hint=FILE_HINT)
    if not isinstance(document, dict):
        raise AuthError("the content is not a JSON object", source=location, hint=FILE_HINT)
    return document


def _parse_json(content: bytes) -> tuple[object, str]:
    """Return the parsed document and an empty string, or None and an error message if the content is not JSON.

    The exception of the JSON parser is not raised, since that exception contains the file's content, which holds secrets.
    """
    try:
        text = content.decode("utf-8-sig")
        return json.loads(text if text.strip() else "{}"), ""
    except json.JSONDecodeError as error:
        return None, f"the content is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    except UnicodeDecodeError as error:
        return None, f"the content is not UTF-8 text: byte {error.start} is invalid"
    except (ValueError, RecursionError):
        return None, "the JSON cannot be parsed: it is nested too deeply, or a number is too long"


def _object(document: Mapping[str, Any], name: str, location: str, problems: list[str]) -> Mapping[str, Any]:
    value = field_of(document, name)
    if value is not None and not isinstance(value, dict):
        problems.append(f"{location}: the value of {name} is not a JSON object, so it was ignored")
        return {}
    return value or {}
