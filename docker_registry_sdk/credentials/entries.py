"""Parse one entry of `auths` in a configuration file: a user name with a password, or a token.

An entry has optional fields that other programs write. A field of the wrong type reads as absent, and is named in the problems.

Source: https://github.com/docker/cli/blob/master/cli/config/types/authconfig.go
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Mapping
from typing import Any, Final

from ..errors import AuthError
from .credential import Credential

FILE_HINT: Final = "Correct the file, or log in again."
# From the key in the file to the argument of `Credential`.
_TOKENS: Final = {"registrytoken": "registry_token", "identitytoken": "identity_token"}
_AUTH_HINT: Final = "Log in again, or encode username:password in base64."
_STANDARD_ALPHABET: Final = str.maketrans("-_", "+/")


def field_of(document: Mapping[str, Any], name: str) -> Any:
    """Return the value of a field of a JSON object; None if it is absent.

    Docker does not distinguish upper and lower case in the names of fields. The exact name comes first.

    Args:
        document: The JSON object.
        name: The name of the field.
    """
    if name in document:
        return document[name]
    return next((value for key, value in document.items() if key.lower() == name.lower()), None)


def holds_credential(entry: object) -> bool:
    """Return whether an entry contains a credential itself. Docker writes an empty entry if a helper stores the credential.

    Args:
        entry: The entry, as the file contains it.
    """
    return isinstance(entry, dict) and any(field_of(entry, name) for name in ("auth", "username", *_TOKENS))


def parse_entry(entry: object, source: str) -> tuple[Credential | None, list[str]]:
    """Return the credential that an entry contains, and the problems of fields that were ignored.

    The credential is None if the entry is empty, or contains no field that can be used.

    Args:
        entry: The entry, as the file contains it.
        source: The key and the file, for messages.

    Raises:
        AuthError: The entry contains a user name, password or token that is malformed or cannot be sent.
    """
    if entry is None:
        return None, []
    if not isinstance(entry, dict):
        return None, [f"{source}: the entry is not a JSON object, so it was ignored"]
    problems: list[str] = []
    texts = {name: _text(entry, name, source, problems) for name in ("auth", "username", "password", *_TOKENS)}
    username, password = texts["username"], texts["password"]
    if texts["auth"]:
        try:
            username, password = _decode_auth(texts["auth"], source)
        except AuthError as error:
            if not (username and password) and not any(texts[name] for name in _TOKENS):
                raise
            problems.append(f"{error.problem}, so it was ignored")
    try:
        for name, argument in _TOKENS.items():
            if texts[name]:
                return Credential(username or None, **{argument: texts[name]}, source=source), problems
        return Credential(username, password or "", source=source) if username else None, problems
    except ValueError as error:
        raise AuthError(str(error), source=source, hint=FILE_HINT) from None


def _text(entry: Mapping[str, Any], name: str, source: str, problems: list[str]) -> str:
    value = field_of(entry, name)
    if value is not None and not isinstance(value, str):
        problems.append(f"{source}: the value of {name} is not a string, so it was ignored")
        return ""
    return value or ""


def _decode_auth(auth: str, source: str) -> tuple[str, str]:
    """Return the user name and the password of the field `auth`: in base64, also without padding, or in its URL-safe form."""
    compact = "".join(auth.split()).rstrip("=").translate(_STANDARD_ALPHABET)
    text = None
    with contextlib.suppress(binascii.Error, ValueError):  # these exceptions contain the secret
        text = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).decode()
    if text is None:
        raise AuthError("the value of auth is not UTF-8 text encoded in base64", source=source, hint=_AUTH_HINT)
    username, colon, password = text.partition(":")
    if not colon or not username:
        raise AuthError(
            "the value of auth must be username:password in base64, but the username or the colon is missing",
            source=source,
            hint=_AUTH_HINT,
        )
    # Old versions of Docker padded passwords with zero bytes.
    return username, password.strip("\0")
