"""Fifty operations, 32 copies of each at once, three gateway processes on one PostgreSQL: 50 effects.

Every operation is a wrong password, which the bank counts: what was done twice would count twice.
In the second storm gateways are killed in the middle of their work and started again.
"""

from __future__ import annotations

import random
import re
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, create_engine, make_url, text

from bank.database import memory_database, open_database
from bank.gateway import Gateway
from bank.keys import keys_from_toml, write_new_keys
from bank.people import PEOPLE, person
from bank.seeding import seed
from offline_queue.formats.batch import BATCHES_PATH, SIGNATURE_HEADER, SealedOp, read_reply
from offline_queue.formats.envelope import Outcome, Verdict, canonical, is_signed, sign
from simulators.desk.pki import Pki, make_pki
from sscard.requests import BalanceCheck
from tests.bank.terminal import TERMINAL, Terminal, evidence, just_now

ROOT = Path(__file__).parents[2]
READY_LINES = 50
OPERATIONS = 50
COPIES = 32
GATEWAYS = 3
IN_A_BATCH = 10
TRIES = 60
KILLS = 6
PEOPLE_WITH_A_CARD = ("chen", "li", "xu", "ho", "lin")


@dataclass
class GatewayProcess:
    """`python -m bank` on a port of its own choice; may be killed and started again."""

    settings: Path
    child: subprocess.Popen[str] = field(init=False)
    url: str = field(init=False)
    _reader: threading.Thread | None = None

    def start(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "bank", "--settings", str(self.settings)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.child.stderr is not None
        for _ in range(READY_LINES):
            line = self.child.stderr.readline()
            if said := re.search(r"running on (https://127\.0\.0\.1:\d+)", line):
                self.url = said[1]
                # A full pipe would stop it.
                self._reader = threading.Thread(target=self.child.stderr.read)
                self._reader.start()
                return
        pytest.fail("the gateway did not come up")

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()
        if self._reader is not None:
            self._reader.join()
        assert self.child.stderr is not None
        self.child.stderr.close()


@contextmanager
def own_database(postgres_url: str, name: str) -> Iterator[str]:
    home = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with home.connect() as connection:
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name}"))
    yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with home.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    home.dispose()


@dataclass
class Storm:
    pki: Pki
    terminal: Terminal
    engine: Engine
    gateways: list[GatewayProcess]
    ops: list[SealedOp]
    broken: list[str] = field(default_factory=list)  # what became of requests without an answer

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.pki.root))
        context.load_cert_chain(self.pki.terminal, self.pki.terminal_key)
        return httpx.Client(verify=context, timeout=20.0)

    def blow(self, number: int) -> list[Verdict]:
        """One copy of everything, in an order of its own, each batch to any gateway until heard."""
        rng = random.Random(number)
        ops = rng.sample(self.ops, len(self.ops))
        heard: list[Verdict] = []
        with self.client() as client:
            while ops:
                batch, ops = ops[:IN_A_BATCH], ops[IN_A_BATCH:]
                heard += self._until_heard(client, batch, rng)
        return heard

    def _until_heard(
        self, client: httpx.Client, ops: list[SealedOp], rng: random.Random
    ) -> list[Verdict]:
        heard: list[Verdict] = []
        for _ in range(TRIES):
            body = self.terminal.body(ops)
            headers = {SIGNATURE_HEADER: sign(body, self.terminal.signing)}
            url = rng.choice(self.gateways).url + BATCHES_PATH
            try:
                reply = client.post(url, content=body, headers=headers)
            except httpx.TransportError as error:
                self.broken.append(type(error).__name__)
                threading.Event().wait(0.2)  # it was killed: another, or a moment later
                continue
            if reply.status_code != httpx.codes.OK:
                threading.Event().wait(0.2)
                continue
            verdicts = read_reply(reply.content).verdicts
            settled = [each for each in verdicts if each.outcome is not Outcome.RETRY]
            heard += settled
            known = {each.op_id for each in settled}
            ops = [op for op in ops if op.header.op_id not in known]
            if not ops:
                return heard
        pytest.fail("nobody answered")


@contextmanager
def storm(postgres_url: str, folder: Path, name: str) -> Iterator[Storm]:
    with ExitStack() as stack:
        database = stack.enter_context(own_database(postgres_url, name))
        pki = make_pki(folder / "pki", TERMINAL)
        write_new_keys(folder / "keys.toml", [TERMINAL], datetime.now(UTC))
        keys = keys_from_toml((folder / "keys.toml").read_text())
        signing = Ed25519PrivateKey.generate()
        settings = folder / "bank.toml"
        settings.write_text(
            f'database = "{database}"\nkeys = "keys.toml"\nport = 0\npin_tries = 1000\n'
            f'[tls]\ncertificate = "{pki.server}"\nkey = "{pki.server_key}"\n'
            f'terminals_ca = "{pki.root}"\n'
            f'[terminals]\n{TERMINAL} = "{signing.public_key().public_bytes_raw().hex()}"\n'
        )
        engine = open_database(database)
        stack.callback(engine.dispose)
        seed(engine, PEOPLE, keys.peppers, datetime.now(UTC))
        with engine.begin() as connection:
            connection.execute(text("update accounts set wrong_in_a_row = 0"))
        nobody = memory_database()
        stack.callback(nobody.dispose)
        terminal = Terminal(Gateway(nobody, keys, {}), keys, signing)
        gateways = [GatewayProcess(settings) for _ in range(GATEWAYS)]
        for each in gateways:
            each.start()
            stack.callback(each.kill)
        for each in gateways:
            each.wait_until_ready()
        who = [PEOPLE_WITH_A_CARD[n % len(PEOPLE_WITH_A_CARD)] for n in range(OPERATIONS)]
        ops = [
            terminal.op(
                BalanceCheck(evidence(key), person(key).cards[0].card_number),
                terminal.companion(key, "000000"),
                accepted=just_now(datetime.now(UTC)),
            )
            for key in who
        ]
        yield Storm(pki, terminal, engine, gateways, ops)


def assert_fifty_effects(storm: Storm, heard: list[Verdict]) -> None:
    with storm.engine.connect() as connection:
        effects = connection.execute(text("select sum(wrong_in_a_row) from accounts")).scalar()
        per_account = connection.execute(
            text("select wrong_in_a_row from accounts where wrong_in_a_row > 0")
        ).scalars()
        assert effects == OPERATIONS
        assert list(per_account) == [OPERATIONS // len(PEOPLE_WITH_A_CARD)] * len(
            PEOPLE_WITH_A_CARD
        )
        stored = {
            str(op_id): (str(request_hash), str(outcome), str(answer))
            for op_id, request_hash, outcome, answer in connection.execute(
                text("select op_id, request_hash, outcome, answer from operations")
            )
        }
        alarms = set(connection.execute(text("select distinct what from alarms")).scalars())
    assert set(stored) == {op.header.op_id for op in storm.ops}
    assert len(heard) == OPERATIONS * COPIES
    for verdict in heard:
        assert is_signed(
            verdict.signed_bytes(), verdict.signature, storm.terminal.keys.verdict_public
        )
        request_hash, outcome, answer = stored[verdict.op_id]
        assert (outcome, verdict.request_hash) == ("rejected", request_hash)
        assert canonical(verdict.answer).decode() == answer
    # Batches of many copies overtake each other, and that is the only thing that looks odd.
    assert alarms <= {"batch_back", "journal_back", "other_head"}


def test_fifty_operations_in_32_copies_over_three_processes_take_effect_fifty_times(
    postgres_url: str, tmp_path: Path
) -> None:
    with storm(postgres_url, tmp_path, "storm") as blowing:
        with ThreadPoolExecutor(COPIES) as pool:
            heard = [each for turn in pool.map(blowing.blow, range(COPIES)) for each in turn]
        assert_fifty_effects(blowing, heard)
        first = Counter(verdict.outcome for verdict in heard)
        assert first == {
            Outcome.REJECTED: OPERATIONS,
            Outcome.DUPLICATE: OPERATIONS * (COPIES - 1),
        }


def test_gateways_that_are_killed_in_the_middle_change_nothing_of_that(
    postgres_url: str, tmp_path: Path
) -> None:
    with storm(postgres_url, tmp_path, "killed") as blowing:
        rng = random.Random(5)
        with ThreadPoolExecutor(COPIES) as pool:
            turns = [pool.submit(blowing.blow, number) for number in range(COPIES)]
            killed = 0
            while killed < KILLS and not all(turn.done() for turn in turns):
                victim = rng.choice(blowing.gateways)
                threading.Event().wait(rng.random() * 0.3)
                victim.kill()
                killed += 1
                victim.start()
                victim.wait_until_ready()
            heard = [each for turn in turns for each in turn.result()]
        assert killed, "the storm was over before anybody was killed"
        assert blowing.broken, "nobody was killed while it worked"
        assert_fifty_effects(blowing, heard)
        # A first answer may have died with its gateway: then all that was heard is duplicates.
        first = Counter(v.op_id for v in heard if v.outcome is Outcome.REJECTED)
        assert set(first.values()) <= {1}
