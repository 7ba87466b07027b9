"""Images and artifacts, on top of the client."""
