"""The collector's tables. Times are whole seconds since 1970 (UTC); JSON is what the terminal sent."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

SCHEMA = 1
metadata = MetaData()

_ID = BigInteger().with_variant(Integer, "sqlite")

about = Table(
    "about",
    metadata,
    Column("schema", Integer, primary_key=True),
)

sites = Table(
    "sites",
    metadata,
    Column("site", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("latitude", Float, nullable=False),
)

terminals = Table(
    "terminals",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("site", Text, nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("retired", BigInteger),  # none: in use
)

# The newest known of each terminal that ever said anything. `changed` moves only when something a
# person can see has changed, `updated` with every message.
present = Table(
    "present",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("online", Boolean, nullable=False),
    Column("session", Text, nullable=False),
    Column("booted", BigInteger, nullable=False),
    Column("health_number", BigInteger, nullable=False),
    Column("devices_number", BigInteger, nullable=False),
    Column("event_number", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),  # by the collector's clock
    Column("mode", Text, nullable=False),
    Column("software", Text, nullable=False),
    Column("configuration", BigInteger),
    Column("waiting", Integer, nullable=False),  # requests for the bank
    Column("oldest_s", BigInteger, nullable=False),
    Column("health_json", Text, nullable=False),
    Column("devices_json", Text, nullable=False),
    Column("services_json", Text, nullable=False),
    Column("serves", Text, nullable=False),  # services it can do now, with commas, sorted
    Column("lacks", Text, nullable=False),  # services it cannot do now
    Column("worst_health", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column(
        "troubles_json", Text, nullable=False
    ),  # what is wrong (`causes.Trouble`); "" if nothing
    Column("changed", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
)
# The first pages of the usual filters, and what the alerts are made from.
Index("present_offline", present.c.online, present.c.terminal)
Index("present_remedy", present.c.remedy, present.c.terminal)
Index("present_trouble", present.c.terminal, sqlite_where=present.c.troubles_json != "",
      postgresql_where=present.c.troubles_json != "")  # fmt: skip

history = Table(
    "history",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("terminal", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail_json", Text, nullable=False),
    Column("number", BigInteger, nullable=False),  # the terminal's own: the same one is kept once
)
Index("history_once", history.c.terminal, history.c.number, unique=True)
Index("history_of", history.c.terminal, history.c.id)

alerts = Table(
    "alerts",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("terminal", Text, nullable=False),  # the first one
    Column("service_impact", Text, nullable=False),  # services lost, with commas
    Column("severity", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("raised", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("cleared", BigInteger),
    Column("acknowledged_by", Text),
    Column("assigned_to", Text),
    Column("silenced_until", BigInteger),
    Column("escalated", Integer, nullable=False),  # how many levels were told
    Column("count", Integer, nullable=False),  # of terminals
    Column("raw", Text, nullable=False),
)
# One open alert a key: two collectors cannot raise it twice.
Index("alerts_open", alerts.c.key, unique=True, sqlite_where=alerts.c.cleared.is_(None),
      postgresql_where=alerts.c.cleared.is_(None))  # fmt: skip
Index("alerts_site", alerts.c.site, alerts.c.id)

alert_terminals = Table(
    "alert_terminals",
    metadata,
    Column("alert", BigInteger, primary_key=True),
    Column("terminal", Text, primary_key=True),
)
Index("alerts_of", alert_terminals.c.terminal, alert_terminals.c.alert)

orders = Table(
    "orders",
    metadata,
    Column("order", Text, primary_key=True),
    Column("terminal", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("argument", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("rung", BigInteger, nullable=False),  # when the bell was last rung; 0: not yet
    Column("bundle", Text, nullable=False),  # SHA-256 of what the terminal sent, or ""
)
Index("orders_made", orders.c.made, orders.c.order)
Index("orders_of", orders.c.terminal, orders.c.made)
Index("orders_step", orders.c.step)

order_steps = Table(
    "order_steps",
    metadata,
    Column("order", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("person", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),  # "": signs in elsewhere
)

audit = Table(
    "audit",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("on_what", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

counts = Table(
    "counts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
