"""Files from strangers: a child process with limits walks a file before this process opens it. No torch, no Qt."""

from core.checker.checker import Checker, checked

__all__ = ["Checker", "checked"]
