// Draws figures as cards. All text comes as data and goes in as text, never as markup.
const COUNT_MS = 450;
const reduced = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

function sparkline(values) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const low = Math.min(...known), high = Math.max(...known);
  const x = (i) => (100 * i) / (values.length - 1);
  const y = (value) => (high === low ? 15 : 28 - (26 * (value - low)) / (high - low));
  let path = "", pen = "M";
  values.forEach((value, i) => {
    if (value === null) { pen = "M"; return; }
    path += `${pen}${x(i).toFixed(2)} ${y(value).toFixed(2)}`;
    pen = "L";
  });
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(NS, "path");
  line.setAttribute("d", path);
  svg.appendChild(line);
  return svg;
}

// Counts up to a figure once, when its card appears; what is read aloud and tested is the figure.
function countUp(node, card) {
  if (reduced() || card.number === null || !Number.isFinite(card.number)) return;
  const parts = card.value.match(/^([^\d]*)([\d.,\u00a0\u202f\s']*\d)(.*)$/s);
  if (!parts) return;
  const decimals = card.decimals;
  const begun = performance.now();
  const step = (now) => {
    if (!node.isConnected || node.dataset.value !== card.value) return;
    const share = Math.min(1, (now - begun) / COUNT_MS);
    if (share >= 1) { node.firstChild.textContent = card.value; return; }
    const eased = 1 - (1 - share) ** 3;
    const shown = Math.abs(card.shown * eased).toLocaleString(card.locale, {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals,
    });
    node.firstChild.textContent = parts[1] + shown + parts[3];
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

function draw(card, before) {
  const box = element("article", "card");
  box.dataset.testid = `card-${card.id}`;
  const head = element("div", "head");
  const label = element("div", "label", card.label);
  head.appendChild(label);
  const definition = element("div", "definition");
  if (card.definition) {
    const ask = element("button", "ask", "?");
    ask.type = "button";
    ask.setAttribute("aria-label", `What is ${card.label}?`);
    ask.setAttribute("aria-expanded", "false");
    definition.hidden = true;
    definition.appendChild(element("span", "", card.definition + " "));
    if (card.formula) definition.appendChild(element("code", "", card.formula));
    ask.onclick = () => {
      definition.hidden = !definition.hidden;
      ask.setAttribute("aria-expanded", String(!definition.hidden));
    };
    head.appendChild(ask);
  }
  box.appendChild(head);
  const value = element("div", "value");
  value.dataset.testid = `figure-${card.id}`;
  value.dataset.value = card.value;
  value.appendChild(document.createTextNode(card.value));
  box.appendChild(value);
  if (card.change) {
    const change = element("div", `change ${card.tone}`, card.change);
    change.dataset.testid = `change-${card.id}`;
    box.appendChild(change);
  }
  if (card.note) box.appendChild(element("div", "note", card.note));
  const spark = sparkline(card.spark || []);
  if (spark) box.appendChild(spark);
  if (card.definition) box.appendChild(definition);
  if (before === undefined) countUp(value, card);
  else if (before !== card.value) box.classList.add("changed");
  return box;
}

export default function (component) {
  const { parentElement, data } = component;
  let grid = parentElement.querySelector(".cards");
  if (!grid) {
    grid = element("section", "cards");
    grid.setAttribute("aria-label", data.label);
    parentElement.appendChild(grid);
  }
  grid.style.setProperty("--good", data.good);
  grid.style.setProperty("--bad", data.bad);
  const before = {};
  grid.querySelectorAll("[data-value]").forEach((node) => {
    before[node.dataset.testid.slice("figure-".length)] = node.dataset.value;
  });
  grid.replaceChildren(...data.cards.map((card) => draw(card, before[card.id])));
}
