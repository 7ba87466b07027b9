"""Text that errors and logs show: without secrets, in one line; and what errors are made of."""
