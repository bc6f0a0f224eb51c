"""The links of the simulated world: a serial line, a card slot, a camera."""

from simulators.models.line import BITS_A_BYTE
from simulators.world.links.camera import WorldCamera
from simulators.world.links.line import WorldLine
from simulators.world.links.slot import WorldSlot

__all__ = ["BITS_A_BYTE", "WorldCamera", "WorldLine", "WorldSlot"]
