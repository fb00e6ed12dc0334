'use strict';

const $ = id => document.getElementById(id);

// Setting the text that is already there would drop the reader's selection, and have a screen reader say it again.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function create(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function svg(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}

function addChoice(select, name) {
  if (!name || [...select.options].some(({ value }) => value === name)) return;
  select.append(create('option', { value: name, textContent: name }));
}

// Whether a click asks for a new tab, a new window or a download, which is the browser's business.
const opensElsewhere = event => event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;

// An element for each item, in their order. What is there already is kept, so that nothing loses the focus or a selection.
function showItems(parent, items, keyOf, createItem, fillItem) {
  const focused = document.activeElement;
  const known = new Map([...parent.children].map(element => [element.key, element]));
  const keys = new Set(items.map(keyOf));
  for (const [key, element] of known) if (!keys.has(key)) element.remove();
  items.forEach((item, index) => {
    const key = keyOf(item);
    const element = known.get(key) ?? Object.assign(createItem(item), { key });
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
    fillItem(element, item);
  });
  // An element that is moved loses it.
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

let serverLead = -Infinity;

async function request(path, options) {
  const response = await fetch(path, options);
  // A phone's clock may be minutes off. The Date header is cut to whole seconds, so the greatest lead seen is the closest.
  const lead = Date.parse(response.headers.get('Date')) - Date.now();
  if (lead > serverLead) serverLead = lead;
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  if (response.status === 401 && path !== '/api/v1/session') askForKey();
  const problem = await response.json().catch(() => null);
  const said = problem?.error?.message ?? problem?.error ?? problem?.detail ?? problem?.title;
  const message = said ?? `The server answered ${response.status}.`;
  throw Object.assign(new Error(message), { status: response.status });
}

const number = value => value.toLocaleString('en');
const serverNow = () => Date.now() + (Number.isFinite(serverLead) ? serverLead : 0);
const pathOf = id => `/api/v1/prompt/${encodeURIComponent(id)}`;

function duration(seconds) {
  if (seconds < 10) return `${Number(Math.max(seconds, 0).toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}
