// The bench: shows what the desk says, and asks it to do what was clicked. It keeps no state
// of its own: after each thing that happens it reads `/state` again.

const by = (id) => document.getElementById(id);
const test = (name) => document.querySelector(`[data-testid="${name}"]`);
const screen = by("screen");
const STILL_EVERY_MS = 1000; // the ring and the clock move on a screen that does not change
const LOG_LINES = 120;

let state = null;
let people = [];
let shooting = false;
let shootAgain = false;

// --- asking the desk ----------------------------------------------------------------------

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail || answer.statusText);
  return said;
}

async function act(path, body = {}) {
  try {
    await ask(path, body);
    by("oops").hidden = true;
  } catch (error) {
    by("oops").textContent = error.message;
    by("oops").hidden = false;
  }
  await refresh();
}

// --- the screen ---------------------------------------------------------------------------

async function shoot() {
  if (shooting) { shootAgain = true; return; }
  shooting = true;
  try {
    const wide = Math.round((screen.clientWidth || 540) * (window.devicePixelRatio || 1));
    const answer = await fetch(`/screen.png?width=${wide}`);
    if (answer.ok) {
      const old = screen.src;
      screen.src = URL.createObjectURL(await answer.blob());
      await screen.decode().catch(() => {});
      if (old) URL.revokeObjectURL(old);
    }
  } catch { /* the desk is gone; the stream says so */ }
  shooting = false;
  if (shootAgain) { shootAgain = false; shoot(); }
}

screen.addEventListener("pointerdown", (event) => {
  if (!state || !state.screen) return;
  const box = screen.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width * state.screen.width;
  const y = (event.clientY - box.top) / box.height * state.screen.height;
  const mark = document.createElement("div");
  mark.className = "touch";
  const frame = screen.parentElement.getBoundingClientRect();
  mark.style.left = `${event.clientX - frame.left}px`;
  mark.style.top = `${event.clientY - frame.top}px`;
  mark.addEventListener("animationend", () => mark.remove());
  screen.parentElement.append(mark);
  act("/touch", { x: Math.round(x), y: Math.round(y) });
});

// --- what stands on the page --------------------------------------------------------------

function element(tag, fields = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(fields)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const standing = (card) => `${card.bank} · ${card.state.replaceAll("_", " ")}`;

function drawPeople() {
  const card = test("card-people");
  const id = test("id-people");
  card.replaceChildren();
  id.replaceChildren();
  const phones = test("app-person");
  phones.replaceChildren();
  for (const person of people) {
    phones.append(element("option", { value: person.id }, person.name));
    for (const [index, owned] of person.cards.entries()) {
      card.append(element("button", {
        class: "person", "data-card": owned.id, "aria-pressed": "false",
        "data-testid": index === 0 ? `card-insert-${person.id}` : `card-insert-${person.id}-${index + 1}`,
        onclick: () => act("/devices/card_reader/insert", { person: person.id, card: owned.id }),
      },
      element("i", { "aria-hidden": "true" }, person.letter), element("b", {}, person.name),
      element("small", {}, `·· ${owned.tail}`),
      element("small", { class: "note", title: standing(owned) }, standing(owned)),
      element("small", { title: "password of the financial account" }, `pw ${owned.password}`)));
    }
    id.append(element("button", {
      class: "person", "data-person": person.id, "aria-pressed": "false",
      "data-testid": `id-lay-${person.id}`,
      onclick: () => act("/devices/id_scanner/lay", { person: person.id, wrong: by("lay-wrong").checked }),
    },
    element("i", { "aria-hidden": "true" }, person.letter), element("b", {}, person.name),
    element("small", { class: "note" }, person.document)));
  }
}

function drawFaults(name, faults) {
  const list = by(name).querySelector(".faults .list");
  for (const [fault, on] of Object.entries(faults)) {
    let box = list.querySelector(`[data-fault="${fault}"]`);
    if (!box) {
      box = element("input", {
        type: "checkbox", "data-fault": fault, "data-testid": `fault-${name}-${fault}`,
        onchange: (event) => act(`/devices/${name}/fault`, { name: fault, on: event.target.checked }),
      });
      list.append(element("label", { class: "check" }, box, fault.replaceAll("_", " ")));
    }
    box.checked = on;
  }
}

function choose(attribute, value) {
  for (const button of document.querySelectorAll(`[data-${attribute}]`)) {
    button.setAttribute("aria-checked", String(button.dataset[attribute] === value));
  }
}

function drawDevice(name, device) {
  by(name).classList.toggle("busy", device.busy);
  by(name).classList.toggle("troubled", Object.values(device.faults).some(Boolean));
  by(name).querySelector("h2 small").textContent = device.text;
  drawFaults(name, device.faults);
}

function draw() {
  const { devices, line, power, receipts, view } = state;
  for (const [name, device] of Object.entries(devices)) drawDevice(name, device);

  const card = devices.card_reader.card;
  document.querySelector(".slot").classList.toggle("in", Boolean(card));
  if (card) document.querySelector(".plastic span").textContent = card.label;
  for (const button of document.querySelectorAll("[data-card]")) {
    button.setAttribute("aria-pressed", String(Boolean(card) && card.id === button.dataset.card));
  }
  test("card-pull").disabled = !card;
  const { bin, in_bin: inBin } = devices.card_reader;
  choose("bin", bin);
  test("bin-empty").disabled = bin === "none";
  test("bin-count").textContent = bin === "none" ? "" : `cards in it: ${inBin}`;

  const laid = devices.id_scanner.laid;
  const glass = document.querySelector(".glass");
  glass.classList.toggle("on", Boolean(laid));
  glass.classList.toggle("wrong", Boolean(laid && laid.wrong));
  if (laid) document.querySelector(".idcard span").textContent = laid.label;
  for (const button of document.querySelectorAll("[data-person]")) {
    button.setAttribute("aria-pressed", String(Boolean(laid) && laid.person === button.dataset.person));
  }
  test("id-lift").disabled = !laid;

  choose("line", line);
  choose("power", power ? "on" : "off");
  choose("paper", devices.receipt_printer.paper);
  choose("light", devices.camera.light);
  choose("cover", devices.receipt_printer.cover_open ? "open" : "closed");
  test("printer-tear-off").disabled = !devices.receipt_printer.hanging;
  test("camera-take-away").disabled = !devices.camera.showing;
  test("camera-hold-up-receipt").disabled = !receipts.some((receipt) => receipt.codes.length);
  const frame = `/devices/camera/frame.jpg?n=${devices.camera.picture}`;
  if (by("frame").getAttribute("src") !== frame) by("frame").src = frame;
  drawReceipts(receipts);

  screen.style.setProperty("--ratio", state.screen.width / state.screen.height);
  by("dark").hidden = power;
  test("view-state").textContent = view ? view.state : "—";
  test("view-title").textContent = view ? view.title : "";
  test("summary").textContent = state.summary;
}

function drawReceipts(receipts) {
  const shelf = test("receipts");
  if (receipts.length) shelf.querySelector(".none")?.remove();
  for (const receipt of receipts) {
    let figure = shelf.querySelector(`[data-testid="receipt-${receipt.number}"]`);
    if (!figure) {
      figure = element("figure", { class: "receipt", "data-testid": `receipt-${receipt.number}` },
        element("img", { src: `/receipts/${receipt.number}.png`, alt: receipt.text }),
        element("figcaption", {}, element("span", {}, `${receipt.number}`), element("span", { class: "where" })));
      shelf.prepend(figure);
    }
    figure.classList.toggle("torn", receipt.torn_off);
    figure.querySelector(".where").textContent = receipt.torn_off ? "torn off" : "in the mouth";
  }
}

function log(happening) {
  const list = test("log");
  list.prepend(element("li", { class: `of-${happening.kind}` },
    element("time", {}, happening.at), element("em", {}, happening.kind), element("span", {}, happening.text)));
  while (list.children.length > LOG_LINES) list.lastElementChild.remove();
}

// --- life ---------------------------------------------------------------------------------

let refreshing = null;
let stale = false;

function refresh() {
  if (refreshing) { stale = true; return refreshing; }
  refreshing = (async () => {
    do {
      stale = false;
      try { state = await ask("/state"); draw(); } catch { test("summary").textContent = "The desk does not answer."; }
    } while (stale);
    refreshing = null;
  })();
  return refreshing;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { do: path, key, line, power, paper, light, pay, bin } = button.dataset;
  if (path) act(`/devices/${path}`);
  else if (key) act("/devices/pin_pad/press", { key });
  else if (line) act("/line", { state: line });
  else if (power) act("/power", { on: power === "on" });
  else if (pay) act("/pay");
  else if (bin) act("/devices/card_reader/bin", { state: bin });
  else if (light) act("/devices/camera/light", { state: light });
  else if (paper) act("/devices/receipt_printer/paper", { state: paper });
});

by("hold-up").addEventListener("submit", (event) => {
  event.preventDefault();
  act("/devices/camera/hold_up", { text: event.target.elements.text.value });
});

by("app-code").addEventListener("submit", (event) => {
  event.preventDefault();
  act("/app_code", { person: event.target.elements.person.value });
});

const stream = new EventSource("/events");
stream.addEventListener("message", (message) => {
  const happening = JSON.parse(message.data);
  if (happening.kind !== "glass") log(happening);
  if (happening.kind === "view" || happening.kind === "glass") shoot();
  refresh();
});
stream.addEventListener("open", () => { test("log").replaceChildren(); shoot(); refresh(); });
stream.addEventListener("error", () => { test("summary").textContent = "The desk does not answer."; });
setInterval(() => { if (!document.hidden && state && state.power) shoot(); }, STILL_EVERY_MS);

people = await ask("/people");
drawPeople();
await refresh();
shoot();
