"""The exceptions for responses whose status is no documented success."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from ...errors import BasicLoginError, ErrorDetail, ParseError, StatusError
from .context import REDIRECT_HINT, RENEWED, call_of
from .error_words import find_error_details
from .http_types import ReceivedResponse
from .response import ErrorBody, media_type
from .secrets import request_of, show_response

# The fields of an error of S3 and of storage with the same interface.
_XML_FIELD: Final = re.compile(r"<(Code|Message)>([^<]{1,300})</")


def status_error(response: ReceivedResponse, content: bytes, parse: Callable[[Any], ErrorBody] | None) -> StatusError:
    """Return the exception for a response whose status the operation does not document as a success.

    The entries of the exception's `errors` come from `parse`, and from the JSON if it has a message that the documented fields do
    not have. Otherwise the only entry is the text of a body that is plain text, a JSON string or XML of storage.

    Args:
        response: An HTTP response.
        content: The part of the body that was read.
        parse: A function that parses the documented error body; None if the operation documents no error body.
    """
    # The messages of token services are parsed, too, but the rest of their bodies may hold tokens.
    content, shown = show_response(response, content)
    body: ErrorBody | None = None
    document = _load(content)
    if document is not None and parse is not None:
        with suppress(ParseError):
            body = parse(document)
    errors = _errors_of(body, document) or _plain_words(response, content)
    rejects_login = response.status_code == 401 and _has_basic_credentials(request_of(response))
    kind = BasicLoginError if rejects_login else StatusError.for_status(response.status_code)
    extensions = response.extensions or {}
    hint = extensions.get(REDIRECT_HINT)
    error = kind(**shown, body=body, errors=errors, redirected_to=_other_host(request_of(response)), hint=hint)
    error._login_has_ended = RENEWED in extensions
    return error


def _load(content: bytes) -> Any:
    """Return the decoded JSON of a body; None for other bodies."""
    with suppress(ValueError, RecursionError):
        try:
            return json.loads(content)
        except UnicodeDecodeError:  # words in another encoding do not hide the code
            return json.loads(content.decode("utf-8", "replace"))
    return None


def _errors_of(body: ErrorBody | None, document: Any) -> tuple[ErrorDetail, ...]:
    errors = body.error_details() if body is not None else ()
    found = find_error_details(document) if isinstance(document, list | dict) else ()
    shown = "\n".join(map(str, errors))
    return errors if all(str(one) in shown for one in found) else found


def _other_host(request: Any) -> str | None:
    """Return the host and the port of a request that was not sent to the registry; None for a request to the registry."""
    if request is None or not call_of(request).elsewhere:
        return None
    host: str = request.url.netloc.decode("ascii")
    return host


def _plain_words(response: ReceivedResponse, content: bytes) -> tuple[ErrorDetail, ...]:
    """Return one entry with the text of an error body that is plain text, a JSON string as v1 registries send, or XML of storage.

    The result is an empty tuple for other bodies.
    """
    words = content[:1024].decode("utf-8", "replace").strip()
    if words.startswith(("<?xml", "<Error>")):
        # Not as a code, since these codes are not those of registries.
        words = ": ".join(dict(_XML_FIELD.findall(words)).values())
        return (ErrorDetail(message=words),) if words else ()
    if media_type(response) == "application/json" and words.startswith('"') and words.endswith('"'):
        words = words[1:-1]
    elif media_type(response) != "text/plain":
        return ()
    return (ErrorDetail(message=words),) if words else ()


def _has_basic_credentials(request: Any) -> bool:
    return request is not None and str(request.headers.get("Authorization", "")).lower().startswith("basic ")
