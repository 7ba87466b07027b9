"""Functions for the text of errors and logs: they remove secrets, and limit text to one line. Also the parts of exceptions."""
