"""The invented people's documents and cards, in the shape the device models take them."""

from __future__ import annotations

from datetime import date

from bank.people import Person, PersonCard
from simulators.models.bank_application import BankData
from simulators.models.id_scanner import LaidDocument, Layout
from simulators.models.social_security_card import CardData

_DOCUMENT_WORDS = {
    Layout.RESIDENT: "resident ID card",
    Layout.HMT_PERMIT: "residence permit (HMT)",
    Layout.FOREIGNER_2017: "permanent residence card 2017",
    Layout.FOREIGNER_2023: "permanent residence card 2023",
}
_FOREIGN = (Layout.FOREIGNER_2017, Layout.FOREIGNER_2023)


def laid_document(person: Person) -> LaidDocument:
    """The person's identity document as its chip holds it."""
    layout = Layout(person.document)
    foreign = layout in _FOREIGN
    return LaidDocument(
        layout=layout,
        number=person.id_number,
        name="" if foreign else person.name,
        english_name=person.name if foreign else "",
        sex=person.sex,
        nation=person.nation,
        birth=_digits(person.birth),
        address=person.address,
        authority=person.authority,
        valid_from=_digits(person.valid_from),
        valid_until=_digits(person.valid_until) if person.valid_until else "长期",
        permit_number=person.permit_number,
        nationality=person.nationality,
    )


def card_data(person: Person, card: PersonCard) -> CardData:
    """What is personalised on one of the person's social security cards."""
    return CardData(
        version=card.version,
        identification_code=card.identification_code,
        card_number=card.card_number,
        issued=_digits(card.issued),
        expires=_digits(card.expires),
        id_number=person.id_number,
        name=person.name,
        sex=person.sex,
        nation=person.nation or "00",
        birth=_digits(person.birth),
        pin=card.medical_password,
        bank=BankData(pan=card.pan),
    )


def document_words(person: Person) -> str:
    """What the document is called on the bench."""
    return _DOCUMENT_WORDS[Layout(person.document)]


def _digits(day: date) -> str:
    return day.strftime("%Y%m%d")
