"""Cancellation of an upload session, so that the session does not stay open on the registry."""

from __future__ import annotations

from typing import Final

from ....errors import NotFoundError, StatusError
from ....v2 import api
from ...concurrency.threads import async_shielded
from ...text.redaction import one_line, redact_url
from ...wire import Deadline
from ..upload_session import UploadSession
from .blob_repository import AsyncBlobRepository

MIN_CANCEL_SECONDS: Final = 2.0


async def async_cancel_upload(repository: AsyncBlobRepository, session: UploadSession, deadline: Deadline | None) -> None:
    """Send the request that cancels an upload session on the registry.

    Args:
        repository: The repository of the session.
        session: The session to cancel.
        deadline: The deadline of the request; None uses the client's deadline.

    Raises:
        NotFoundError: The registry does not know the session.
        RegistryError: The request failed.
    """
    await api.cancel_blob_upload.asyncio(
        repository.client, repository.name, session.location, timeout=repository.limits.timeout, deadline=deadline
    )


async def async_cancel_after_error(
    repository: AsyncBlobRepository, session: UploadSession, error: BaseException, *, was_interrupted: bool
) -> None:
    """Cancel an upload session after an error. If that fails, add a note to `error` that the session may stay open.

    The request to cancel the session may take 2 seconds even if the deadline of the call has passed. A cancellation of the
    calling task does not interrupt this request.

    Args:
        repository: The repository of the session.
        session: The session to cancel.
        error: The exception that ended the upload.
        was_interrupted: Whether an earlier request of the session was interrupted. Then the session may be open although the
            registry answers 404.
    """
    reason = ""
    async with async_shielded():
        try:
            deadline = repository.limits.deadline
            if deadline is not None and deadline.remaining < MIN_CANCEL_SECONDS:
                deadline = Deadline.after(MIN_CANCEL_SECONDS)
            await async_cancel_upload(repository, session, deadline)
        except NotFoundError:
            # Usually a 404 means that the registry has closed the session, for example because of a wrong digest. But
            # Docker distribution 2.8 also answers 404 for an open session whose last request was interrupted.
            if was_interrupted or not isinstance(error, StatusError):
                reason = "the registry answered 404 to the request to cancel the session"
        except Exception as failure:
            reason = f"the request to cancel the session failed: {one_line(str(failure))}"
    if reason:
        error.add_note(
            f"The upload session {redact_url(session.location)} may stay open until the registry removes old sessions: {reason}."
        )
