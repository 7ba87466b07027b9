"""Where the embedded registry keeps its content: in memory, or in a directory."""
