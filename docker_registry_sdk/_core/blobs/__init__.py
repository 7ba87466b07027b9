"""Download and upload of blobs: verified while the bytes are transferred, resumed after interruptions."""
