"""The services of the terminal, in the order of the idle screen."""

from kiosk.fsm.services.balance import BALANCE
from kiosk.fsm.services.loss import LOSS
from kiosk.fsm.services.receipt_check import RECEIPT_CHECK

SERVICES = (LOSS, BALANCE, RECEIPT_CHECK)
__all__ = ["SERVICES"]
