"""Services are lists of steps, and read like the leaflet in the lobby."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import Device
from kiosk.fsm import plan as states
from kiosk.fsm.limits import Limit
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.steps import Service

PLAN = Plan(SERVICES)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        (
            "loss",
            "id_card listing choose_card choose_kind glance still copy confirm asking result printing",
        ),
        ("balance", "id_card card reading password asking result printing"),
        ("receipt_check", "code asking result"),
        (
            "apply",
            "who agent_card id_card terms bank confirm_bank details telephone photo photo_receipt "
            "copy sign asking result printing",
        ),
        (
            "where_is_my_card",
            "by form id_card form_alone asking asking_form result printing",
        ),
        ("unit", "id_card batch member what confirm asking result printing"),
    ],
)
def test_a_service_reads_like_a_list(name: str, steps: str) -> None:
    assert " ".join(step.name for step in PLAN.service(name).steps) == steps


@pytest.mark.parametrize(("name", "parts"), [("loss", 4), ("balance", 4), ("receipt_check", 2)])
def test_a_person_counts_fewer_parts_than_the_terminal_has_steps(name: str, parts: int) -> None:
    service = PLAN.service(name)
    counted = [service.part(step, {}) for step in service.steps]
    assert {of for _, of in counted} == {parts}
    assert [n for n, _ in counted] == sorted(n for n, _ in counted)
    assert (counted[0][0], counted[-1][0]) == (1, parts)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_step_that_is_named_is_a_step_of_the_service(service: Service) -> None:
    names = {step.name for step in service.steps}
    assert len(names) == len(service.steps)
    for step in service.steps:
        assert names.issuperset(step.leads_to), step.name
        assert names.issuperset(step.retries_at), step.name


def test_only_what_can_wait_or_reads_a_form_alone_goes_on_without_a_line() -> None:
    goes_on = {service.name for service in SERVICES if service.without_line}
    assert goes_on == {"loss", "balance", "password_unlock", "where_is_my_card", "guidance"}


def test_without_a_line_a_form_needs_the_camera_and_nothing_else() -> None:
    where = PLAN.service("where_is_my_card")
    assert where.needs(line_up=False) == {Device.CAMERA}
    assert where.needs(line_up=True) == {Device.ID_SCANNER}


def test_without_a_line_no_password_is_asked_and_no_pad_is_needed() -> None:
    balance = PLAN.service("balance")
    assert Device.PIN_PAD in balance.needs(line_up=True)
    assert Device.PIN_PAD not in balance.needs(line_up=False)


def test_a_loss_report_needs_nothing_but_the_id_card() -> None:
    assert PLAN.service("loss").needs(line_up=True) == {Device.ID_SCANNER}


def test_no_service_needs_the_printer() -> None:
    assert all(Device.RECEIPT_PRINTER not in s.needs(line_up=True) for s in SERVICES)


@pytest.mark.parametrize("limit", Limit, ids=lambda limit: limit.name)
def test_every_limit_is_some_seconds_and_has_a_reason(limit: Limit) -> None:
    assert 5 <= limit.seconds <= (300 if limit is Limit.STAFF else 180)
    assert len(limit.reason.split()) >= 5


def test_every_limit_is_used_by_a_state_or_by_wishes() -> None:
    used = {step.limit for service in SERVICES for step in service.steps}
    used |= {limit for limit in states.SHARED.values() if limit is not None}
    used |= {*states.STAFF.values()}
    assert set(Limit) - used == {Limit.WISHES}
