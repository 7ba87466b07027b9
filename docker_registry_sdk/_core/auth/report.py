"""A report, without secrets, of how the last request was authorized. The report helps to find the cause of a 401."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from ..text.redaction import one_line, redact_url


def _line(text: str | None) -> str | None:
    return None if text is None else one_line(text)


def _url(url: str | None) -> str | None:
    return None if url is None else redact_url(url)


def _lines(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(one_line(str(value)) for value in values)


@frozen(kw_only=True)
class AuthReport:
    """The credential, challenge and token that were used for the last request to a registry, without secrets.

    Attributes:
        registry: The registry's origin.
        credential: The source of the credential, such as a file and a key in the file; None if no credential was used.
        username: The user name of the credential; None if no credential was used, or the credential has no user name.
        passed_over: The files, entries and credential helpers that could not be used in the search for the credential, and why.
        challenge: The authentication scheme that the registry requires, such as `bearer`; None if no challenge was received yet.
        realm: The URL of the token service; None if no token was needed.
        service: The parameter `service` of the challenge; None if the challenge has no such parameter.
        scopes: The scopes that the client requested from the token service.
        grant: How the token was requested, such as `GET with name and password`; for Basic authentication, `name and password`;
            None if the request contained neither a token nor a password.
        lifetime: The lifetime of the token in seconds that the token service stated; None if it stated none or no token was
            requested.
        outcome: The result of the last request, in words.
    """

    registry: str
    credential: str | None = field(default=None, converter=_line)
    username: str | None = field(default=None, converter=_line)
    passed_over: tuple[str, ...] = field(default=(), converter=_lines)
    challenge: str | None = field(default=None, converter=_line)
    realm: str | None = field(default=None, converter=_url)
    service: str | None = field(default=None, converter=_line)
    scopes: tuple[str, ...] = field(default=(), converter=_lines)
    grant: str | None = None
    lifetime: float | None = None
    outcome: str = field(default="no request was sent yet", converter=one_line)

    def __str__(self) -> str:
        lines = [
            f"registry:   {self.registry}",
            f"credential: {self.credential or self._without}",
            f"challenge:  {self.challenge or 'none'}",
        ]
        if self.username is not None:
            lines.insert(2, f"user:       {self.username}")
        lines += [f"passed over: {line}" for line in self.passed_over]
        if self.realm is not None:
            lines.append(f"realm:      {self.realm}")
            lines.append(f"service:    {self.service or 'not named'}")
        if self.scopes:
            lines.append(f"scopes:     {' '.join(self.scopes)}")
        if self.grant is not None:
            lasts = "" if self.lifetime is None else f", for {self.lifetime:g} s"
            lines.append(f"token:      {self.grant}{lasts}")
        return "\n".join([*lines, f"outcome:    {self.outcome}"])

    @property
    def _without(self) -> str:
        return "not needed so far" if self.challenge is None else "not found; requests are anonymous"
