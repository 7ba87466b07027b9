"""The exceptions that this package raises.

    RegistryError
    ├── TransportError                  no response was received, or the response was interrupted
    │   ├── RequestTimeoutError         a step of a request took longer than the timeout (also a TimeoutError)
    │   └── DeadlineExceededError       the deadline passed before the call was complete (also a TimeoutError)
    ├── ResponseError                   the response is not a success that the API specification documents for the call
    │   ├── StatusError                 the status is not a success that the API specification documents for the call
    │   │   ├── RedirectError           3xx
    │   │   │   └── NotModifiedError    304: the caller's copy is still current
    │   │   ├── BadRequestError         400
    │   │   ├── UnauthorizedError       401
    │   │   │   └── BasicLoginError     401 although a user name and a password were sent (also a LoginError)
    │   │   ├── ForbiddenError          403
    │   │   ├── NotFoundError           404
    │   │   ├── MethodNotAllowedError   405: the registry does not offer the call
    │   │   ├── ConflictError           409
    │   │   ├── PreconditionFailedError 412
    │   │   ├── ImmutableTagError       the tag exists, and the registry does not allow it to be moved
    │   │   ├── TooLargeError           413
    │   │   ├── RangeNotSatisfiableError 416
    │   │   ├── RateLimitedError        429
    │   │   └── ServerError             5xx
    │   └── UnexpectedContentTypeError  the media type is not one that the API specification documents for the call
    ├── ParseError                      a document is malformed
    ├── LoginError                      the registry or its token service rejects the credentials
    ├── AuthError                       credentials are not available, or must not be sent to the server that requests them
    │   └── TokenLoginError             a token service rejects the credentials (also a LoginError)
    ├── DigestMismatchError             bytes do not match their digest or size
    ├── SizeLimitError                  a blob is larger than the `max_size` of a call
    ├── ReferrersError                  the list of referrers under a fallback tag cannot be read or changed
    ├── ArtifactError                   a manifest is not an artifact with files
    │   └── UnsafeTitleError            a file's title is a path outside the folder, or another file has that path
    ├── ImageError                      an image was not found, is damaged, or exceeds a limit
    │   ├── InvalidPlatformError        text is not a platform (also a ValueError)
    │   └── PlatformNotFoundError       an image does not exist for the requested platform
    ├── ClosedError                     a client was used after it was closed
    ├── ForkedProcessError              an object that was made before os.fork() was used in the child process
    ├── EventLoopError                  an async client was used in two event loops
    └── InvalidReferenceError           an invalid name, tag, digest or URL (also a ValueError)
        └── InvalidDigestError          an invalid digest, or an algorithm that is not supported

Each exception has a `problem` (what happened) and a `hint` (what to do next); its text is both. The problem of a failed request
contains the method, the URL without secrets, the status and the registry's own message.
"""

from __future__ import annotations

from .._core.lazy_exports import name_public_module
from .._core.text.error_details import ErrorDetail
from .calls import (
    ClosedError,
    DeadlineExceededError,
    EventLoopError,
    ForkedProcessError,
    LoginError,
    RegistryError,
    RequestTimeoutError,
    TransportError,
)
from .contents import (
    ArtifactError,
    AuthError,
    DigestMismatchError,
    ImageError,
    InvalidDigestError,
    InvalidPlatformError,
    InvalidReferenceError,
    ParseError,
    PlatformNotFoundError,
    ReferrersError,
    SizeLimitError,
    TokenLoginError,
    UnsafeTitleError,
)
from .responses import (
    BadRequestError,
    BasicLoginError,
    ConflictError,
    ForbiddenError,
    ImmutableTagError,
    MethodNotAllowedError,
    NotFoundError,
    NotModifiedError,
    PreconditionFailedError,
    RangeNotSatisfiableError,
    RateLimitedError,
    RedirectError,
    ResponseError,
    ServerError,
    StatusError,
    TooLargeError,
    UnauthorizedError,
    UnexpectedContentTypeError,
)

__all__ = [
    "ArtifactError",
    "AuthError",
    "BadRequestError",
    "BasicLoginError",
    "ClosedError",
    "ConflictError",
    "DeadlineExceededError",
    "DigestMismatchError",
    "ErrorDetail",
    "EventLoopError",
    "ForbiddenError",
    "ForkedProcessError",
    "ImageError",
    "ImmutableTagError",
    "InvalidDigestError",
    "InvalidPlatformError",
    "InvalidReferenceError",
    "LoginError",
    "MethodNotAllowedError",
    "NotFoundError",
    "NotModifiedError",
    "ParseError",
    "PlatformNotFoundError",
    "PreconditionFailedError",
    "RangeNotSatisfiableError",
    "RateLimitedError",
    "RedirectError",
    "ReferrersError",
    "RegistryError",
    "RequestTimeoutError",
    "ResponseError",
    "ServerError",
    "SizeLimitError",
    "StatusError",
    "TokenLoginError",
    "TooLargeError",
    "TransportError",
    "UnauthorizedError",
    "UnexpectedContentTypeError",
    "UnsafeTitleError",
]

name_public_module(__name__)
