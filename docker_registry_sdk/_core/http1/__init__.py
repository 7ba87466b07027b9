"""The HTTP/1.1 engine that sends and receives the bodies of blobs."""
