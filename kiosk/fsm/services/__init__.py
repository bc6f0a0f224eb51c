"""The services of the terminal: one file each, found by being here, in the order of the idle screen."""

from importlib import import_module
from pkgutil import iter_modules

from kiosk.fsm.steps import Service


def _service(name: str) -> Service:
    service = import_module(f"{__name__}.{name}").SERVICE
    assert isinstance(service, Service)
    return service


SERVICES = tuple(
    sorted((_service(each.name) for each in iter_modules(__path__)), key=lambda one: one.order)
)
__all__ = ["SERVICES"]
