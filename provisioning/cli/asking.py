"""What a person types: at a console with a question, from a file or a pipe without one."""

from __future__ import annotations

import getpass
import sys

from provisioning.cli.showing import Failed


def asked(question: str, *, hidden: bool = False) -> str:
    """A line that a person types; `hidden` stays off the screen."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return (getpass.getpass(question) if hidden else input(question)).strip()


def new_secret(what: str) -> str:
    """A new secret, typed twice: a slip of the finger would lock everybody out. Raises `Failed`."""
    typed = asked(f"{what}: ", hidden=True)
    if asked(f"{what}, once more: ", hidden=True) != typed:
        raise Failed("the two are not the same", "begin anew: nothing was made")
    return typed


def yes_or_no(question: str) -> bool:
    """Asks a person at the console until it is answered."""
    while (said := input(f"{question} (y/n) ").strip().lower()[:1]) not in ("y", "n"):
        continue
    return said == "y"
