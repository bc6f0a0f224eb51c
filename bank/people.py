# ruff: noqa: S106 - invented passwords of invented people
"""Invented people and their cards, for simulators, stories and tests.

Every number is made up: ID numbers lie in area 990000, which is not assigned (the permit in
the Hong Kong range 810000 and the permanent residence card with region 99 likewise belong to
nobody), and all check digits hold: GB 11643 (ID number), LD/T 32 (card number), Luhn (PAN).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sscard.cards import CardState


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One social security card: what its chip holds and what its bank knows of it."""

    card_number: str = field(repr=False)  # EF05 tag 07
    identification_code: str = field(repr=False)  # EF05 tag 01, hex
    pan: str = field(repr=False)  # the bank application's account number
    bank_id: str
    password: str = field(default="135790", repr=False)  # of the financial account
    medical_password: str = field(default="097531", repr=False)
    version: str = "2.00"  # EF05 tag 03
    state: CardState = CardState.ACTIVE
    issued: date = date(2019, 6, 3)
    expires: date = date(2039, 6, 2)
    medical_fen: int = field(default=86_420, repr=False)
    financial_fen: int = field(default=250_000, repr=False)
    wrong_in_a_row: int = 0  # wrong entries of the financial password so far
    medical_wrong_in_a_row: int = 0
    lost_days_ago: int | None = None  # when its loss was reported, before the seeding


@dataclass(frozen=True, slots=True)
class Person:
    """A holder: the identity document as a reader gives it, and the cards."""

    key: str
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    sex: str  # 1 male, 2 female
    birth: date = field(repr=False)
    cards: tuple[PersonCard, ...]
    document: str = "resident"  # the kind of document, as `Evidence.document` names it
    valid_from: date = date(2018, 5, 7)
    valid_until: date | None = date(2038, 5, 7)  # None: no end (长期)
    nation: str = "01"  # GB 3304; "" on documents without that field
    nationality: str = ""  # three letters, foreigners only
    address: str = field(default="东莞市示例区样板路1号", repr=False)
    authority: str = "示例市公安局"
    insured_since: date | None = None  # the first month of the agency's records
    permit_number: str = ""  # travel permit, HMT residence permit only


PEOPLE: tuple[Person, ...] = (
    Person(  # the ordinary case
        key="chen",
        name="陈美玲",
        id_number="99000019880312402X",
        sex="2",
        birth=date(1988, 3, 12),
        insured_since=date(2012, 8, 1),
        cards=(
            PersonCard(
                card_number="H99001372",
                identification_code="990000D1560000050000000100000000",
                pan="6200001234567890128",
                bank_id="guangfa",
                password="246810",
                medical_fen=123_456,
                financial_fen=3_208_150,
            ),
        ),
    ),
    Person(  # two cards at different banks
        key="li",
        name="李国强",
        id_number="990000197509261037",
        sex="1",
        birth=date(1975, 9, 26),
        insured_since=date(2003, 5, 1),
        cards=(
            PersonCard(
                card_number="H99002746",
                identification_code="990000D1560000050000000200000000",
                pan="6200000000000158386",
                bank_id="boc",
                issued=date(2015, 3, 2),
                expires=date(2035, 3, 1),
            ),
            PersonCard(
                card_number="H99004119",
                identification_code="990000D1560000050000000300000000",
                pan="6200000000000237578",
                bank_id="icbc",
                password="864209",
                issued=date(2021, 8, 16),
                expires=date(2041, 8, 15),
            ),
        ),
    ),
    Person(  # collected, never activated
        key="wang",
        name="王思雨",
        id_number="990000200401180045",
        sex="2",
        birth=date(2004, 1, 18),
        cards=(
            PersonCard(
                card_number="H99005488",
                identification_code="990000D1560000050000000400000000",
                pan="6200000000000316760",
                bank_id="dongguan",
                state=CardState.INACTIVE,
                medical_fen=0,
                financial_fen=0,
            ),
        ),
    ),
    Person(  # financial password locked; a document without end
        key="zhang",
        name="张建国",
        id_number="990000196607052058",
        sex="1",
        birth=date(1966, 7, 5),
        valid_from=date(2013, 2, 4),
        valid_until=None,
        cards=(
            PersonCard(
                card_number="H99006851",
                identification_code="990000D1560000050000000500000000",
                pan="6200000000000395954",
                bank_id="ccb",
                wrong_in_a_row=6,
            ),
        ),
    ),
    Person(  # reported by word of mouth yesterday
        key="liu",
        name="刘晓燕",
        id_number="990000199102283065",
        sex="2",
        birth=date(1991, 2, 28),
        cards=(
            PersonCard(
                card_number="H99008224",
                identification_code="990000D1560000050000000600000000",
                pan="6200000000000475145",
                bank_id="abc",
                state=CardState.LOST_ORAL,
                lost_days_ago=1,
            ),
        ),
    ),
    Person(  # reported in writing
        key="huang",
        name="黄志伟",
        id_number="990000198308194071",
        sex="1",
        birth=date(1983, 8, 19),
        cards=(
            PersonCard(
                card_number="H99009593",
                identification_code="990000D1560000050000000700000000",
                pan="6200000000000554337",
                bank_id="guangfa",
                state=CardState.LOST_WRITTEN,
                lost_days_ago=9,
            ),
        ),
    ),
    Person(  # a replacement is running
        key="zhou",
        name="周丽华",
        id_number="990000197906305080",
        sex="2",
        birth=date(1979, 6, 30),
        cards=(
            PersonCard(
                card_number="H99010965",
                identification_code="990000D1560000050000000800000000",
                pan="6200000000000633529",
                bank_id="icbc",
                state=CardState.SUSPENDED,
                lost_days_ago=12,
            ),
        ),
    ),
    Person(  # the old card was replaced; the new one works
        key="wu",
        name="吴俊杰",
        id_number="990000199604116099",
        sex="1",
        birth=date(1996, 4, 11),
        cards=(
            PersonCard(
                card_number="H99012338",
                identification_code="990000D1560000050000000900000000",
                pan="6200000000000712711",
                bank_id="dongguan",
                state=CardState.SUPERSEDED,
                lost_days_ago=200,
                issued=date(2014, 11, 10),
                expires=date(2034, 11, 9),
            ),
            PersonCard(
                card_number="H99013701",
                identification_code="990000D1560000050000000A00000000",
                pan="6200000000000791905",
                bank_id="dongguan",
                issued=date(2026, 1, 12),
                expires=date(2046, 1, 11),
            ),
        ),
    ),
    Person(  # residence permit of Hong Kong residents
        key="ho",
        name="何欧阳颖诗·嘉百列",
        id_number="810000198909230017",
        sex="1",
        birth=date(1989, 9, 23),
        document="hmt_permit",
        nation="",
        permit_number="H99900001",
        cards=(
            PersonCard(
                card_number="H9901507X",
                identification_code="990000D1560000050000000B00000000",
                pan="6200000000000871095",
                bank_id="boc",
            ),
        ),
    ),
    Person(  # a name longer than the 30 bytes of EF06 tag 09, so that tag 4E is needed
        key="meulen",
        name="ANNELIESE KATHARINA VAN DER MEULEN",
        id_number="999528198505060023",
        sex="2",
        birth=date(1985, 5, 6),
        document="foreigner_2023",
        nation="",
        nationality="NLD",
        address="",
        authority="",
        valid_from=date(2024, 3, 1),
        valid_until=date(2034, 3, 1),
        cards=(
            PersonCard(
                card_number="H99016443",
                identification_code="990000D1560000050000000C00000000",
                pan="6200000000000950287",
                bank_id="ccb",
            ),
        ),
    ),
    Person(  # the card has expired
        key="lin",
        name="林秀英",
        id_number="99000019600214710X",
        sex="2",
        birth=date(1960, 2, 14),
        valid_until=None,
        cards=(
            PersonCard(
                card_number="H99017817",
                identification_code="990000D1560000050000000D00000000",
                pan="6200000000001029479",
                bank_id="abc",
                issued=date(2010, 4, 6),
                expires=date(2020, 4, 5),
            ),
        ),
    ),
    Person(  # a third-generation card: EF06 is closed
        key="xu",
        name="许文博",
        id_number="990000200109098116",
        sex="1",
        birth=date(2001, 9, 9),
        cards=(
            PersonCard(
                card_number="H99019185",
                identification_code="990000D1560000050000000E00000000",
                pan="6200000000001108661",
                bank_id="guangfa",
                version="3.00",
                issued=date(2023, 9, 4),
                expires=date(2033, 9, 3),
            ),
        ),
    ),
    Person(  # a first-generation card: EF06 without tag 4E
        key="zhao",
        name="赵桂兰",
        id_number="990000195501019124",
        sex="2",
        birth=date(1955, 1, 1),
        valid_from=date(2009, 1, 5),
        valid_until=None,
        cards=(
            PersonCard(
                card_number="H99020557",
                identification_code="990000D1560000050000000F00000000",
                pan="6200000000001187855",
                bank_id="icbc",
                version="1.00",
                issued=date(2009, 7, 6),
                expires=date(2029, 7, 5),
            ),
        ),
    ),
    Person(  # the identity document has expired
        key="sun",
        name="孙浩然",
        id_number="990000199311200131",
        sex="1",
        birth=date(1993, 11, 20),
        valid_from=date(2011, 11, 21),
        valid_until=date(2021, 11, 21),
        cards=(
            PersonCard(
                card_number="H99021920",
                identification_code="990000D1560000050000001000000000",
                pan="6200000000001267046",
                bank_id="dongguan",
            ),
        ),
    ),
    Person(  # a flexible employee whose notice has come: the old card is to be renewed
        key="tan",
        name="谭永康",
        id_number="990000198506170118",
        sex="1",
        birth=date(1985, 6, 17),
        cards=(
            PersonCard(
                card_number="H99035011",
                identification_code="990000D1560000050000003500000000",
                pan="6200000000003501111",
                bank_id="ccb",
                issued=date(2013, 9, 2),
                expires=date(2033, 9, 1),
            ),
        ),
    ),
    Person(  # a flexible employee whose notice has not come
        key="qiu",
        name="邱婉仪",
        id_number="990000199209250247",
        sex="2",
        birth=date(1992, 9, 25),
        cards=(),
    ),
    Person(  # in comprehensive basic medical insurance
        key="feng",
        name="冯志远",
        id_number="990000197303030313",
        sex="1",
        birth=date(1973, 3, 3),
        cards=(),
    ),
    Person(  # of a village that takes part as a unit
        key="deng",
        name="邓秀珍",
        id_number="990000196808120424",
        sex="2",
        birth=date(1968, 8, 12),
        cards=(),
    ),
    Person(  # the agency has no photo; a studio's receipt is there
        key="ma",
        name="马小龙",
        id_number="990000200311300533",
        sex="1",
        birth=date(2003, 11, 30),
        cards=(),
    ),
    Person(  # the administrator of a unit that has received twelve cards
        key="xie",
        name="谢佩珊",
        id_number="99000019800220066X",
        sex="2",
        birth=date(1980, 2, 20),
        cards=(),
    ),
    Person(  # stands there for somebody else
        key="lu",
        name="陆子轩",
        id_number="990000199407080779",
        sex="1",
        birth=date(1994, 7, 8),
        cards=(),
    ),
    Person(  # a new card, collected, and the old one of the same bank still works
        key="gao",
        name="高雅琴",
        id_number="990000198506170820",
        sex="2",
        birth=date(1985, 6, 17),
        cards=(
            PersonCard(
                card_number="H99500008",
                identification_code="990000D156000005000000A000000000",
                pan="6200000000000900001",
                bank_id="ccb",
            ),
            PersonCard(
                card_number="H99500016",
                identification_code="990000D156000005000000A100000000",
                pan="6200000000000900019",
                bank_id="ccb",
                state=CardState.INACTIVE,
                issued=date(2026, 1, 12),
                expires=date(2046, 1, 11),
                medical_fen=0,
                financial_fen=0,
            ),
        ),
    ),
    Person(  # a new card, collected, in place of one of the same bank that is lost
        key="luo",
        name="罗永康",
        id_number="990000197101090916",
        sex="1",
        birth=date(1971, 1, 9),
        cards=(
            PersonCard(
                card_number="H99500024",
                identification_code="990000D156000005000000A200000000",
                pan="6200000000000900027",
                bank_id="guangfa",
                state=CardState.LOST_WRITTEN,
                lost_days_ago=60,
            ),
            PersonCard(
                card_number="H99500032",
                identification_code="990000D156000005000000A300000000",
                pan="6200000000000900035",
                bank_id="guangfa",
                state=CardState.INACTIVE,
                issued=date(2026, 1, 12),
                expires=date(2046, 1, 11),
                medical_fen=0,
                financial_fen=0,
            ),
        ),
    ),
    Person(  # a new card, collected, and an old one of another bank
        key="song",
        name="宋晓彤",
        id_number="990000199905230821",
        sex="2",
        birth=date(1999, 5, 23),
        cards=(
            PersonCard(
                card_number="H99500040",
                identification_code="990000D156000005000000A400000000",
                pan="6200000000000900043",
                bank_id="icbc",
            ),
            PersonCard(
                card_number="H99500059",
                identification_code="990000D156000005000000A500000000",
                pan="6200000000000900050",
                bank_id="boc",
                state=CardState.INACTIVE,
                issued=date(2026, 1, 12),
                expires=date(2046, 1, 11),
                medical_fen=0,
                financial_fen=0,
            ),
        ),
    ),
    Person(  # medical password locked
        key="tang",
        name="唐伯年",
        id_number="990000194709300914",
        sex="1",
        birth=date(1947, 9, 30),
        cards=(
            PersonCard(
                card_number="H99500067",
                identification_code="990000D156000005000000A600000000",
                pan="6200000000000900068",
                bank_id="abc",
                medical_wrong_in_a_row=6,
            ),
        ),
    ),
    Person(  # lost a wallet with four cards of four banks, or some of them
        key="peng",
        name="彭家乐",
        id_number="990000198204151034",
        sex="1",
        birth=date(1982, 4, 15),
        cards=(
            PersonCard(
                card_number="H99600009",
                identification_code="990000D156000005000000B000000000",
                pan="6200000000000911008",
                bank_id="dongguan",
                issued=date(2011, 5, 9),
                expires=date(2031, 5, 8),
            ),
            PersonCard(
                card_number="H99600017",
                identification_code="990000D156000005000000B100000000",
                pan="6200000000000911016",
                bank_id="boc",
                issued=date(2014, 5, 9),
                expires=date(2034, 5, 8),
            ),
            PersonCard(
                card_number="H99600025",
                identification_code="990000D156000005000000B200000000",
                pan="6200000000000911024",
                bank_id="icbc",
                issued=date(2017, 5, 9),
                expires=date(2037, 5, 8),
            ),
            PersonCard(
                card_number="H99600033",
                identification_code="990000D156000005000000B300000000",
                pan="6200000000000911032",
                bank_id="abc",
                issued=date(2020, 5, 9),
                expires=date(2040, 5, 8),
            ),
        ),
    ),
)


def person(key: str) -> Person:
    """The person with this key. Raises `KeyError`."""
    return _BY_KEY[key]


_BY_KEY = {each.key: each for each in PEOPLE}
