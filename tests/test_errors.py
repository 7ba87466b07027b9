"""The exceptions: classes by status, messages, attributes and pickling."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from http import HTTPStatus
from typing import Any

import httpx
import pytest

import docker_registry_sdk
from docker_registry_sdk import errors
from docker_registry_sdk.errors import (
    ArtifactError,
    AuthError,
    BadRequestError,
    BasicLoginError,
    ClosedError,
    ConflictError,
    DeadlineExceededError,
    DigestMismatchError,
    ErrorDetail,
    EventLoopError,
    ForbiddenError,
    ForkedProcessError,
    ImageError,
    ImmutableTagError,
    InvalidDigestError,
    InvalidPlatformError,
    InvalidReferenceError,
    LoginError,
    MethodNotAllowedError,
    NotFoundError,
    NotModifiedError,
    ParseError,
    PlatformNotFoundError,
    PreconditionFailedError,
    RangeNotSatisfiableError,
    RateLimitedError,
    RedirectError,
    ReferrersError,
    RegistryError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    SizeLimitError,
    StatusError,
    TokenLoginError,
    TooLargeError,
    TransportError,
    UnauthorizedError,
    UnexpectedContentTypeError,
    UnsafeTitleError,
)

CLASSES = {
    204: StatusError,
    301: RedirectError,
    302: RedirectError,
    304: NotModifiedError,
    307: RedirectError,
    308: RedirectError,
    400: BadRequestError,
    401: UnauthorizedError,
    402: StatusError,
    403: ForbiddenError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    406: StatusError,
    409: ConflictError,
    412: PreconditionFailedError,
    413: TooLargeError,
    416: RangeNotSatisfiableError,
    418: StatusError,
    429: RateLimitedError,
    500: ServerError,
    501: ServerError,
    503: ServerError,
    520: ServerError,
    599: ServerError,
    799: StatusError,
}


def status_error(
    status: int, method: str = "GET", url: str = "https://registry.test/v2/a/manifests/b", **more: Any
) -> StatusError:
    """Return the error for a status."""
    kind: type[StatusError] = more.pop("kind", StatusError.for_status(status))
    return kind(method=method, url=url, status=status, headers=more.pop("headers", {}), **more)


def all_classes(root: type[RegistryError] = RegistryError) -> list[type[RegistryError]]:
    """Return a class and all its subclasses."""
    return [root, *(found for below in root.__subclasses__() for found in all_classes(below))]


def examples() -> list[RegistryError]:
    """Return one error of every class, with all attributes set."""
    made: list[RegistryError] = [
        RegistryError("something"),
        TransportError("it broke off", method="GET", url="https://u:pw@registry.test/v2/?a=b"),
        RequestTimeoutError("timed out", method="GET", url="https://u:pw@registry.test/v2/?a=b"),
        DeadlineExceededError(2.5, method="GET", url="https://u:pw@registry.test/v2/?a=b"),
        ResponseError("odd", method="GET", url="https://registry.test/", status=200, headers=httpx.Headers({"A": "b"}), raw=b"x"),
        UnexpectedContentTypeError(
            method="GET",
            url="https://registry.test/",
            status=200,
            headers=httpx.Headers({"Content-Type": "text/html"}),
            raw=b"<html>",
            media_type="text/html",
            expected=("application/json",),
        ),
        ParseError(model="ImageManifest", field="layers[2].size", problem="should be a whole number, not text"),
        AuthError("cannot be read: Permission denied", source="config.json"),
        DigestMismatchError(expected="sha256:aa", actual="sha256:bb", expected_size=5, actual_size=6),
        SizeLimitError(digest="sha256:aa", max_size=5),
        ReferrersError("the manifest is not an index", subject="sha256:aa", tag="sha256-aa"),
        LoginError("the password is wrong"),
        TokenLoginError("it rejects the credential", source="the token service"),
        status_error(401, kind=BasicLoginError),
        status_error(409, "PUT", kind=ImmutableTagError, repo="registry.test/a", tag="v1", digest="sha256:aa"),
        ClosedError("the client is closed"),
        EventLoopError("the client belongs to another event loop"),
        ForkedProcessError("the client belongs to another process"),
        PlatformNotFoundError("the image does not exist for linux/arm", wanted="linux/arm", available=["linux/amd64"]),
        InvalidPlatformError("'linux' is not a platform"),
        ArtifactError("v1 is an index"),
        ImageError("the layout has two images; name one"),
        UnsafeTitleError("leads out of the folder", title="../a\x1b[2J"),
        InvalidReferenceError("name '..' is invalid"),
        InvalidDigestError("digest 'aa' has no colon"),
    ]
    details = (ErrorDetail("MANIFEST_UNKNOWN", "manifest unknown", {"Tag": ["b"]}),)
    for status in sorted(CLASSES):
        made.append(status_error(status, headers=httpx.Headers({"Retry-After": "7"}), raw=b"{}", body=[1], errors=details))
    return made


@pytest.mark.parametrize(("status", "kind"), CLASSES.items())
def test_status_decides_the_class(status: int, kind: type[StatusError]) -> None:
    assert StatusError.for_status(status) is kind


def test_for_status_of_a_subclass_returns_a_subclass_of_it() -> None:
    assert RedirectError.for_status(304) is NotModifiedError
    assert RedirectError.for_status(404) is RedirectError


def test_module_docstring_shows_the_tree_of_classes() -> None:
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^( {4}[ │├└─]*)(\w+)(?: |$)", line):
            depth, name = len(found[1]), found[2]
            while path and path[-1][0] >= depth:
                path.pop()
            drawn[name] = path[-1][1] if path else "Exception"
            path.append((depth, name))
    real = {kind.__name__: kind.__bases__[0].__name__ for kind in all_classes() if kind.__module__ == errors.__name__}
    assert drawn == real


def test_module_docstring_names_the_status_of_each_class() -> None:
    said = {name: int(status) for name, status in re.findall(r"(\w+)\s+(\d{3})(?::|$)", errors.__doc__ or "", flags=re.MULTILINE)}
    assert said
    for name, status in said.items():
        assert StatusError.for_status(status).__name__ == name


def test_invalid_reference_error_is_a_value_error() -> None:
    assert issubclass(InvalidReferenceError, ValueError)


def test_message_contains_method_url_status_codes_and_hint() -> None:
    error = status_error(404, errors=[ErrorDetail("MANIFEST_UNKNOWN", "manifest unknown"), ErrorDetail(message="no code")])
    assert str(error) == (
        "GET https://registry.test/v2/a/manifests/b: 404 Not Found: MANIFEST_UNKNOWN: manifest unknown: no code. "
        f"{NotFoundError.hint}"
    )


@pytest.mark.parametrize("error", examples(), ids=lambda error: f"{type(error).__name__}-{getattr(error, 'status', '')}")
def test_message_is_one_line_without_secrets(error: RegistryError) -> None:
    text = str(error)
    assert text
    assert "\n" not in text
    assert "pw" not in text


@pytest.mark.parametrize(
    "kind", [kind for kind in all_classes() if issubclass(kind, StatusError)], ids=lambda kind: kind.__name__
)
def test_every_status_class_has_a_hint_of_its_own(kind: type[StatusError]) -> None:
    assert kind.hint.endswith(".")
    assert "hint" in vars(kind)


@pytest.mark.parametrize("error", examples(), ids=lambda error: f"{type(error).__name__}-{getattr(error, 'status', '')}")
def test_every_error_has_a_problem_and_a_hint(error: RegistryError) -> None:
    assert str(error) == f"{error.problem}. {error.hint}"
    assert error.problem
    assert not error.problem.endswith(".")
    assert "\n" not in error.problem + error.hint
    assert error.hint[:1].isupper()
    assert error.hint.endswith((".", "…"))


@pytest.mark.parametrize("kind", all_classes(), ids=lambda kind: kind.__name__)
def test_every_class_derives_from_registry_error_and_is_exported(kind: type[RegistryError]) -> None:
    assert issubclass(kind, RegistryError)
    if kind.__module__ == errors.__name__:
        assert getattr(docker_registry_sdk, kind.__name__) is kind
        assert kind.__name__.endswith("Error")


def test_hint_of_one_error_replaces_the_hint_of_its_class() -> None:
    assert str(ImageError("the layout is empty", hint="Copy an image to it.")) == "the layout is empty. Copy an image to it."
    assert str(ImageError("the layout is empty", hint="")) == "the layout is empty"


def test_login_errors_are_also_what_the_server_answered() -> None:
    assert issubclass(BasicLoginError, LoginError) and issubclass(BasicLoginError, UnauthorizedError)
    assert issubclass(TokenLoginError, LoginError) and issubclass(TokenLoginError, AuthError)
    assert not issubclass(UnauthorizedError, LoginError)


def test_timeouts_are_timeout_errors() -> None:
    for kind in (RequestTimeoutError, DeadlineExceededError):
        assert issubclass(kind, TimeoutError) and issubclass(kind, TransportError)


def test_platform_not_found_lists_the_platforms() -> None:
    error = PlatformNotFoundError("the image does not exist for a/b", wanted="a/b", available=["linux/amd64"])
    assert (error.wanted, error.available) == ("a/b", ("linux/amd64",))
    assert "by its digest" in PlatformNotFoundError("no", wanted="a/b", available=[]).hint


def test_rate_limit_hint_has_the_seconds_to_wait() -> None:
    assert "Wait 7 seconds" in status_error(429, headers=httpx.Headers({"Retry-After": "7"})).hint
    assert "Wait some minutes" in status_error(429).hint


def test_message_contains_no_user_info_query_values_and_fragment() -> None:
    error = status_error(403, url="https://user:secret@registry.test/v2/?sig=secret#secret")
    assert "secret" not in f"{error} {error!r} {error.url}"
    assert "https://registry.test/v2/?sig=" in str(error)


@pytest.mark.parametrize("status", [520, 599, 799, 299])
def test_unregistered_status_has_no_reason_phrase(status: int) -> None:
    assert f": {status}. " in str(status_error(status))


@pytest.mark.parametrize("status", [200, 404, 418, 503])
def test_registered_status_has_its_reason_phrase(status: int) -> None:
    assert f"{status} {HTTPStatus(status).phrase}" in str(status_error(status))


def test_hints_of_407_and_413_fit_the_request() -> None:
    assert "Log in to the proxy" in status_error(407).hint
    assert "smaller page_size" in status_error(413, url="https://registry.test/v2/a/tags/list?n=9").hint
    assert "page_size" not in status_error(413).hint
    assert "smaller chunks" in status_error(413, "PATCH").hint


def test_error_of_head_suggests_get() -> None:
    assert "The response to a HEAD request has no body; a GET request may return an error message" in str(
        status_error(404, method="HEAD")
    )
    assert "a GET request may" not in str(status_error(404, method="GET"))
    assert "a GET request may" not in str(status_error(304, method="HEAD"))


def test_codes_are_those_of_the_registry() -> None:
    error = status_error(400, errors=[ErrorDetail("A", "a"), ErrorDetail(None, "b"), ErrorDetail("C")])
    assert error.codes == ("A", "C")
    assert [str(one) for one in error.errors] == ["A: a", "b", "C"]


def test_errors_and_codes_are_empty_without_an_error_body() -> None:
    error = status_error(400)
    assert (error.errors, error.codes, error.body, error.raw) == ((), (), None, b"")


def test_empty_entry_is_left_out_of_the_message() -> None:
    assert ": . " not in str(status_error(400, errors=[ErrorDetail(), ErrorDetail(detail={"a": 1})]))


@pytest.mark.parametrize("words", ["line\r\nINFO all is well", "\x1b[2Jgone", "nul\x00", "\u2028next", "half \ud800"])
def test_text_of_a_registry_cannot_add_lines_or_terminal_commands(words: str) -> None:
    text = str(status_error(400, errors=[ErrorDetail(words, words)]))
    assert text.isprintable()
    text.encode()


def test_text_of_a_registry_is_cut_in_the_message() -> None:
    assert len(str(status_error(400, errors=[ErrorDetail("A", "x" * 60_000)] * 100))) < 20_000


@pytest.mark.parametrize("error", examples(), ids=lambda error: f"{type(error).__name__}-{getattr(error, 'status', '')}")
@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_every_error_survives_pickling_and_copying(error: RegistryError, again: Any) -> None:
    twin = again(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)
    assert twin.args == error.args


def test_examples_cover_every_class() -> None:
    assert {type(error) for error in examples()} == {kind for kind in all_classes() if kind.__module__ == errors.__name__}


def test_pickled_error_keeps_its_notes_and_properties() -> None:
    error = status_error(429, headers=httpx.Headers({"RETRY-AFTER": "3"}), errors=[ErrorDetail("TOOMANYREQUESTS")])
    error.add_note("while copying")
    twin = pickle.loads(pickle.dumps(error))
    assert (twin.retry_after, twin.codes, twin.__notes__) == (3.0, ("TOOMANYREQUESTS",), ["while copying"])


def test_unexpected_content_type_shows_actual_and_expected_and_keeps_the_body() -> None:
    error = UnexpectedContentTypeError(
        method="GET", url="https://r.test/", status=200, headers={}, raw=b"<p>", media_type="text/html", expected=["a/b", "c/d"]
    )
    assert "the media type text/html, not a/b or c/d" in str(error)
    assert error.raw == b"<p>"
    nameless = UnexpectedContentTypeError(
        method="GET", url="https://r.test/", status=200, headers={}, raw=b"", media_type=None, expected=["a/b"]
    )
    assert "no media type, not a/b" in str(nameless)


def test_parse_error_names_model_and_field() -> None:
    assert str(ParseError(model="TagList", field="tags[0]", problem="is odd")).startswith("TagList, field tags[0]: is odd.")
    assert str(ParseError(model="TagList", field="", problem="is odd")).startswith("TagList: is odd.")


def test_auth_error_names_its_source() -> None:
    error = AuthError("not valid JSON", source="config.json")
    assert (error.problem, error.source) == ("config.json: not valid JSON", "config.json")


def test_digest_mismatch_shows_actual_and_expected() -> None:
    error = DigestMismatchError(expected="sha256:aa", actual="sha256:bb", expected_size=5, actual_size=6)
    assert error.problem == "the bytes have the digest sha256:bb and the size 6, not sha256:aa and 5"
    sizeless = DigestMismatchError(expected="sha256:aa", actual="sha256:bb", expected_size=None, actual_size=6)
    assert "not sha256:aa. " in str(sizeless)


def test_every_error_class_has_a_docstring() -> None:
    for kind in all_classes():
        assert inspect.cleandoc(vars(kind).get("__doc__") or "").endswith((".", "form.", "types.", "none."))
