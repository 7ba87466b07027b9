"""The one seam between sync and async: threads, tasks, locks and sleeps."""
