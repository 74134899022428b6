"""A value of an object that never changes, made when it is first asked for and then kept.

`functools.cached_property` takes a lock for it in Python 3.11, which costs more than most of the values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - it stands where `property` would
    """Decorates a method without arguments. Two threads that ask at once may both make the value."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        # Found there before this descriptor from now on.
        value = instance.__dict__[self._name] = self._make(instance)
        return value
