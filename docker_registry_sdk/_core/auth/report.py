"""The record of how a client got in, or why it did not: the answer to "why 401?", without any secret."""

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
    """What led to the last answer of a registry; what servers and files said stands in it as `_redaction` leaves it.

    Attributes:
        registry: The registry's origin.
        credential: Where the credential came from, such as a file and key; None when there is none.
        username: The user's name, where the credential has one.
        challenge: The scheme that the registry asked for; None while it has asked for none.
        realm: The address of the token service.
        service: The service that the challenge names.
        scopes: What was asked for.
        grant: How the token was got, such as `GET with name and password`; None when there is none.
        lifetime: The seconds that the token was to last.
        outcome: How it ended, in words.
    """

    registry: str
    credential: str | None = field(default=None, converter=_line)
    username: str | None = field(default=None, converter=_line)
    challenge: str | None = field(default=None, converter=_line)
    realm: str | None = field(default=None, converter=_url)
    service: str | None = field(default=None, converter=_line)
    scopes: tuple[str, ...] = field(default=(), converter=_lines)
    grant: str | None = None
    lifetime: float | None = None
    outcome: str = field(default="nothing was asked yet", converter=one_line)

    def __str__(self) -> str:
        lines = [
            f"registry:   {self.registry}",
            f"credential: {self.credential or self._without}",
            f"challenge:  {self.challenge or 'none'}",
        ]
        if self.username is not None:
            lines.insert(2, f"user:       {self.username}")
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
        return "none was looked for" if self.challenge is None else "none was found; the calls are anonymous"
