"""Functions and classes for threads, tasks, locks and waiting. Each function and class has a sync and an async version.

Code in `_async/` folders calls the async version, whose name begins with `async_` or `Async`. The generated sync code
calls the version whose name has no such prefix.
"""
