"""The HTTP/1.1 engine that sends and receives the bodies of blobs; see README.md in this folder."""
