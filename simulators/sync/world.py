"""A story played: steps against real queues and the real gateway, in virtual time.

    run(steps, seed) -> Run

After the last step all faults stop, everything has power and a line, and time passes until
nothing waits any more, or the patience of `CALM_S` is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from hashlib import sha256

from offline_queue.core import Outgoing
from offline_queue.messages import Answered, Notice, NotTaken, Taken
from offline_queue.storage.rows import WAITING
from simulators.sync.asked import Asked, Run, request_of
from simulators.sync.bank import (
    START,
    TERMINALS,
    SimBank,
    secrets,
)
from simulators.sync.exchange import Came, exchange
from simulators.sync.steps import (
    Again,
    Death,
    Depart,
    Fault,
    Hello,
    KeepImage,
    Kill,
    Land,
    Late,
    Poison,
    Poisoning,
    PowerOff,
    RestartBank,
    RestoreImage,
    RotateKeys,
    SetClock,
    Step,
    Submit,
    Sync,
    Wait,
)
from simulators.sync.terminal import Killed, SimTerminal

CALM_S = 4 * 3600.0  # from the last fault until nothing may be left waiting
_LINE_S = 0.06  # there and back
_SILENCE_S = 8.0  # until the client gives up
_PATIENCE_S = 700.0  # how long one step waits for its exchange to be due
_TURNS_MAX = 60
_CALM_TURNS_MAX = 6_000
_TURN_MIN_S = 0.005  # the process's own
_IDLE_TURNS_MAX = 20


class World:
    """The story's state. `play` it step by step, then `calm` it."""

    def __init__(self, seed: int) -> None:
        self.run = Run()
        self.bank = SimBank()
        self.terminals = [SimTerminal(number, seed) for number in range(TERMINALS)]
        self.now_s = 0.0
        self.poisoned: dict[str, Poisoning] = {}
        self._by_id: dict[str, Asked] = {}
        self._taken = 0
        self._secrets = secrets()

    def close(self) -> None:
        """Give the databases back."""
        for terminal in self.terminals:
            terminal.close()
        self.bank.close()

    def play(self, step: Step) -> None:
        """One step; nothing, if there is nothing for it to act on."""
        match step:
            case Submit():
                self._submit(step)
            case Again(number, op):
                asked = self.run.asked.get(op)
                if asked is not None and asked.terminal == number:
                    self._show(asked, Death.NO)
            case Sync(number, fault):
                self._sync(self.terminals[number], fault)
            case Depart(number):
                self._depart(self.terminals[number])
            case Land(number, fault):
                self._land(self.terminals[number], fault)
            case Hello(number, fault):
                self._hello_when_due(self.terminals[number], fault)
            case Late(number, back):
                self._late(self.terminals[number], back)
            case Kill(number):
                self._scan(self.terminals[number].kill(self.now_s))
            case PowerOff(number, hours, torn, clock_lost):
                self._pass(hours * 3600)
                self._scan(
                    self.terminals[number].power_cut(self.now_s, torn=torn, clock_lost=clock_lost)
                )
            case SetClock(number, by_s):
                self.terminals[number].set_clock(by_s)
            case KeepImage(number):
                terminal = self.terminals[number]
                terminal.put_aside = self._scan(terminal.store.image())
            case RestoreImage(number):
                self._restore(self.terminals[number])
            case Wait(seconds):
                self._pass(seconds)
            case RotateKeys(forget):
                self.bank.rotate(forget=forget)
            case Poison(op, meets):
                asked = self.run.asked.get(op)
                if asked is not None:
                    self.poisoned[asked.op_id] = meets
            case RestartBank():
                self.bank.restart()
        # A database put back, or torn, may have forgotten that a row was settled.
        again = isinstance(step, PowerOff | RestoreImage)
        if not isinstance(step, Wait | RotateKeys | Poison | RestartBank):
            self._look(self.terminals[step.terminal], again=again)

    def calm(self) -> None:
        """No more faults but the poison: every terminal works until nothing waits, or too long."""
        began_s = self.now_s
        for terminal in self.terminals:
            self._land(terminal, Fault.NONE)
        idle = 0
        for _ in range(_CALM_TURNS_MAX):
            working = [t for t in self.terminals if t.waiting(self.now_s)]
            if not working or self.now_s - began_s > CALM_S:
                break
            worked = [self._turn(terminal) for terminal in working]
            if any(worked):
                idle = 0
                continue
            wait_s = min(terminal.wait_s(self.now_s) for terminal in working)
            idle = idle + 1 if wait_s < _TURN_MIN_S else 0
            if idle == _IDLE_TURNS_MAX:
                self._wrong("a process spins: it has nothing to do and does not sleep")
            self._pass(max(wait_s, _TURN_MIN_S))
        self.run.calm_s = self.now_s - began_s
        for terminal in self.terminals:
            self._look(terminal)
            self._scan(terminal.store.image())

    # --- people ------------------------------------------------------------------------

    def _submit(self, step: Submit) -> None:
        if step.op in self.run.asked:
            return
        op_id = sha256(f"op {step.op}".encode()).hexdigest()[:32]
        request, companion = request_of(step)
        asked = Asked(
            *(step.op, op_id, step.terminal, step.ask, step.person),
            *(0, self.now_s, request, companion),
        )
        self.run.asked[step.op] = self._by_id[op_id] = asked
        self._show(asked, step.death)

    def _show(self, asked: Asked, death: Death) -> None:
        terminal = self.terminals[asked.terminal]
        terminal.store.death = death
        try:
            said = terminal.accept(asked.op_id, asked.request, asked.companion, self.now_s)
        except Killed:
            self._scan(terminal.kill(self.now_s))
        else:
            terminal.store.death = Death.NO
            self._heard(asked, said)
        if not asked.stored and terminal.find(asked.op_id) is not None:
            asked.stored = True
            asked.order = self._taken = self._taken + 1
            asked.asked_at_s = self.now_s

    def _heard(self, asked: Asked, said: Taken | NotTaken) -> None:
        match said:
            case NotTaken(_, reason):
                self._log(f"op {asked.op} not taken: {reason}")
                asked.refused = reason
            case Taken():
                if asked.said is not None and asked.said != said and not asked.lost:
                    self._wrong(f"op {asked.op} was given two receipts")
                asked.said = said
                asked.lost = False

    def _hear(self, terminal: SimTerminal, notices: list[Notice]) -> None:
        for notice in terminal.hear(notices):
            if isinstance(notice, Answered):
                asked = self._by_id.get(notice.op_id)
                if asked is None or asked.terminal != terminal.number:
                    self._wrong("an answer to nobody's request was told")
                elif notice.op_id not in self.bank.stored():
                    self._wrong(f"op {asked.op} was answered and the bank knows nothing of it")

    # --- exchanges ---------------------------------------------------------------------

    def _sync(self, terminal: SimTerminal, fault: Fault) -> None:
        if terminal.flying is None:
            self._depart(terminal)
        self._land(terminal, fault)

    def _depart(self, terminal: SimTerminal) -> None:
        """Wait until a batch is due, and let it leave; hellos on the way go well."""
        until_s = self.now_s + _PATIENCE_S
        for _ in range(_TURNS_MAX):
            if terminal.flying is not None or not terminal.waiting(self.now_s):
                return
            self._hear(terminal, terminal.expire(self.now_s))
            if terminal.next_batch(self.now_s) is not None:
                return
            wait_s = terminal.wait_s(self.now_s)
            if wait_s > 0:
                if self.now_s + wait_s > until_s:
                    return
                self._pass(wait_s)
            elif not self._hello(terminal, Fault.NONE):
                self._pass(0.001)

    def _land(self, terminal: SimTerminal, fault: Fault) -> None:
        outgoing = terminal.flying
        if outgoing is None:
            return
        ids = [op.header.op_id for op in outgoing.batch.ops]
        self.run.syncs += 1
        self.run.faulted_syncs += fault is not Fault.NONE
        came = self._carry(terminal, outgoing, ids, fault)
        self._log(
            f"T{terminal.number} batch {[self._by_id[i].op for i in ids]} {fault}"
            f" {'answered' if came.body else 'unanswered'}"
        )

        def store() -> list[Notice]:
            if came.body is None:
                return terminal.failed(self.now_s, came.hold_s)
            return terminal.settle(came.body, self.now_s)

        self._end(terminal, came, fault, store)

    def _carry(
        self, terminal: SimTerminal, outgoing: Outgoing, ids: list[str], fault: Fault
    ) -> Came:
        poison = [self.poisoned[op_id] for op_id in ids if op_id in self.poisoned]
        if poison:
            return Came(None, 1.0 if poison[0] is Poisoning.TURNED_AWAY else 0.0)
        came, answer = exchange(
            self.bank,
            self.bank.receive,
            (outgoing.body, outgoing.signature),
            START + timedelta(seconds=self.now_s),
            fault,
            self._other_replies(terminal),
        )
        if fault not in (Fault.REQUEST_LOST, Fault.REQUEST_LATE, Fault.BUSY):
            self._arrived(ids)
        if answer is not None:
            terminal.replies.append(answer)
        return came

    def _arrived(self, ids: list[str]) -> None:
        for op_id in ids:
            asked = self._by_id[op_id]
            asked.arrived_s = self.now_s if asked.arrived_s is None else asked.arrived_s

    def _other_replies(self, terminal: SimTerminal) -> tuple[bytes | None, bytes | None]:
        others = [t.replies[-1] for t in self.terminals if t is not terminal and t.replies]
        return (terminal.replies[-1] if terminal.replies else None, others[0] if others else None)

    def _late(self, terminal: SimTerminal, back: int) -> None:
        if back >= len(terminal.sent):
            return
        body, signature = terminal.sent[-1 - back]
        status, answer = self.bank.receive(body, signature, START + timedelta(seconds=self.now_s))
        if status == 200:
            terminal.replies.append(answer)

    def _hello_when_due(self, terminal: SimTerminal, fault: Fault) -> None:
        if terminal.flying is not None:
            return
        wait_s = terminal.queue.hello_s(terminal.moment(self.now_s))
        if wait_s <= _PATIENCE_S:
            self._pass(wait_s + 0.001)
            self._hello(terminal, fault)

    def _hello(self, terminal: SimTerminal, fault: Fault) -> bool:
        """One hello, if it is due."""
        now = terminal.moment(self.now_s)
        if terminal.flying is not None or terminal.queue.hello_s(now) > 0:
            return False
        self.run.faulted_hellos += fault is not Fault.NONE
        hello = terminal.queue.hello(now)
        came, answer = exchange(
            self.bank,
            self.bank.old_hello if fault is Fault.OLD_KEYS else self.bank.hello,
            (hello.body, hello.signature),
            START + timedelta(seconds=self.now_s),
            fault,
            self._other_replies(terminal),
        )
        if answer is not None:
            terminal.replies.append(answer)

        def store() -> list[Notice]:
            now = terminal.moment(self.now_s)
            if came.body is None:
                return terminal.queue.hello_failed(now, came.hold_s)
            return terminal.queue.greeted(hello, came.body, now)

        self._end(terminal, came, fault, store)
        return True

    def _end(
        self, terminal: SimTerminal, came: Came, fault: Fault, store: Callable[[], list[Notice]]
    ) -> None:
        """The time of an exchange is over: the terminal stores what came, or dies of `fault`."""
        self._pass(_LINE_S if came.body is not None or came.hold_s else _SILENCE_S)
        if fault is Fault.KILLED_UNDER_WAY:
            self._scan(terminal.kill(self.now_s))
            return
        terminal.store.death = {
            Fault.KILLED_BEFORE_COMMIT: Death.BEFORE_COMMIT,
            Fault.KILLED_AFTER_COMMIT: Death.AFTER_COMMIT,
        }.get(fault, Death.NO)
        try:
            self._hear(terminal, store())
        except Killed:
            self._scan(terminal.kill(self.now_s))
        terminal.store.death = Death.NO

    # --- inside ------------------------------------------------------------------------

    def _turn(self, terminal: SimTerminal) -> bool:
        """One turn of a process on a good line; whether it did something."""
        self._hear(terminal, terminal.expire(self.now_s))
        if terminal.next_batch(self.now_s) is not None:
            self._land(terminal, Fault.NONE)
            self._look(terminal)
            return True
        return self._hello(terminal, Fault.NONE)

    def _look(self, terminal: SimTerminal, *, again: bool = False) -> None:
        """Note which of its rows are settled by now. `again`: also what was settled before."""
        for asked in self.run.asked.values():
            if asked.terminal != terminal.number or not asked.stored or asked.lost:
                continue
            if asked.settled_s is not None and not again:
                continue
            row = terminal.find(asked.op_id)
            if row is None or row.state in WAITING:
                asked.settled_s = None
            elif asked.settled_s is None:
                asked.settled_s = self.now_s
                self._log(f"op {asked.op} is {row.state}")

    def _restore(self, terminal: SimTerminal) -> None:
        if terminal.put_aside is None:
            return
        self._scan(terminal.store.image())
        terminal.restore(terminal.put_aside, self.now_s)
        for asked in self.run.asked.values():
            if asked.terminal == terminal.number and asked.stored:
                asked.lost = terminal.find(asked.op_id) is None
                asked.was_lost = asked.was_lost or asked.lost

    def _scan(self, image: bytes) -> bytes:
        for what, needle in self._secrets.items():
            if needle in image:
                self._wrong(f"{what} is stored at a terminal")
        return image

    def _pass(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds)

    def _wrong(self, what: str) -> None:
        if what not in self.run.violations:
            self.run.violations.append(what)

    def _log(self, line: str) -> None:
        self.run.log.append(f"{self.now_s:12.3f} {line}")


def play(steps: Sequence[Step], seed: int) -> World:
    """Play a story to its end. The caller closes the world."""
    world = World(seed)
    try:
        for step in steps:
            world.play(step)
        world.calm()
    except Exception as error:  # noqa: BLE001 - a crash of either side is what is looked for
        world.run.crashed = True
        world.run.violations.append(f"crashed: {type(error).__name__}: {error}")
    return world
