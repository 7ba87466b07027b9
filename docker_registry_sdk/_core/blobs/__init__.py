"""Download and upload of blobs: verified while the bytes pass, resumed after interruptions."""
