"""Threads, tasks, locks and waiting, each as a pair of a sync and an async function or class.

Code in `_async/` folders calls the async one, and the sync code generated from it the other of the same name without `async_`.
"""
