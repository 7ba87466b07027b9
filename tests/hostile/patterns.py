"""Apply patterns and parsers to long hostile texts, in a process that the system ends if one of them takes too much CPU time.

Run as a program: the first line of the standard input is a JSON object with the patterns and parsers. The name of each pattern is
printed before it is used, so the last line names the one that took too long.
"""

from __future__ import annotations

import importlib
import json
import re
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

LENGTH = 100 * 1024
# Linear patterns take some milliseconds. A quadratic one takes at least 5 seconds, since it makes at least 5e9 steps.
MAX_CPU_SECONDS = 1.5
_METHODS = ("match", "fullmatch", "search")


def hostile_texts(examples: list[str]) -> Iterator[str]:
    """Yield long texts that almost match: the beginnings, letters and ends of texts that match, repeated many times.

    Args:
        examples: Texts that match.
    """
    for example in examples:
        for at, letter in enumerate(example):
            if at and _kind(example[at - 1]) == _kind(letter):
                continue  # the same repetition again
            repeated = letter * LENGTH
            yield example[:at] + repeated + "\0"
            yield example[:at] + repeated + example[at:]
            yield example[:at] + example[at:] * (LENGTH // len(example[at:])) + "\0"
        yield example * (LENGTH // len(example))
    for letter in ' a0-./:,;=_"\\<([%':
        yield letter * LENGTH


def _kind(letter: str) -> str:
    """Return the same text for letters that patterns seldom tell apart."""
    return "0" if letter.isdigit() else "a" if letter.islower() else letter


def find_pattern(module: str, name: str) -> re.Pattern[Any]:
    """Return a pattern.

    Args:
        module: The name of the module that uses the pattern.
        name: The name of the pattern in the module, or the text of a pattern that has no name.
    """
    found = getattr(importlib.import_module(module), name, name)
    return found if isinstance(found, re.Pattern) else re.compile(found)


def run(what: str, use: Callable[[str], object], texts: Iterator[str]) -> None:
    """Call a function with each text. If one call takes too long, this process ends with the signal SIGVTALRM.

    Args:
        what: The name to print.
        use: The function.
        texts: The texts.
    """
    print(what, flush=True)
    for text in texts:
        signal.setitimer(signal.ITIMER_VIRTUAL, MAX_CPU_SECONDS)
        use(text)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def main() -> None:
    """Use all patterns and parsers."""
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)  # a handler in Python would wait for the end of the match
    for module, name, methods, examples in json.loads(sys.stdin.readline()):
        pattern = find_pattern(module, name)
        for example in examples:
            assert any(getattr(pattern, method)(_as(pattern, example)) for method in _METHODS), (module, name, example)
        for method in methods:
            call = getattr(pattern, method)

            def use(text: str, call: Callable[..., Any] = call, method: str = method, kind: re.Pattern[Any] = pattern) -> None:
                arguments = ("", _as(kind, text)) if method == "sub" else (_as(kind, text),)
                found = call(*arguments)
                if method == "finditer":
                    list(found)

            run(f"{module} {name} {method}", use, hostile_texts(examples))
    from tests.hostile.parsers import PARSERS

    for name, (parse, examples) in PARSERS.items():
        run(f"parser {name}", parse, hostile_texts(examples))
    print("done")


def _as(pattern: re.Pattern[Any], text: str) -> Any:
    return text.encode() if isinstance(pattern.pattern, bytes) else text


if __name__ == "__main__":
    main()
