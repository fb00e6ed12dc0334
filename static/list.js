const statuses = ['queued', 'processing', 'completed', 'failed', 'cancelled'];
const pageSizes = [5, 10, 25, 50, 100];
const defaultSize = 25;
const pollInterval = 5_000;
const refreshInterval = 1_000;
const statsInterval = 5_000;
const statsPause = 3_000;
const typingPause = 300;
const maxAtOnce = 4;
const selected = new Set();
let view = readAddress();
let listed = [];
let held = null;
let reading = new AbortController();
let typing = 0;

function ago(seconds) {
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return seconds < 172_800 ? 'yesterday' : `${Math.floor(seconds / 86_400)} days ago`;
}

// The view is kept in the address

function readAddress() {
  const query = new URLSearchParams(location.search);
  const page = query.get('page');
  return {
    page: /^[1-9]\d{0,8}$/.test(page) ? Number(page) : 1,
    size: pageSizes.find(size => String(size) === query.get('page_size')) ?? defaultSize,
    status: statuses.find(status => status === query.get('status')) ?? '',
    model: query.get('model') ?? '',
    q: query.get('q') ?? '',
  };
}

const queryOf = ({ page, size, status, model, q }) => new URLSearchParams(Object.entries({
  status, model, q, page: page > 1 && page, page_size: size !== defaultSize && size,
}).filter(([, value]) => value)).toString();

function addressOf(change) {
  const query = queryOf({ ...view, page: 1, ...change });
  return query ? `/list?${query}` : '/list';
}

function goTo(change) {
  clearTimeout(typing);
  history.pushState(null, '', addressOf({ q: $('q').value, ...change }));
  openView();
  scrollTo(0, 0);
}

function openView() {
  view = readAddress();
  deselect();
  $('page-size').value = view.size;
  if ($('q').value !== view.q) $('q').value = view.q;
  addModel(view.model);
  $('model').value = view.model;
  for (const link of $('counts').children) markCurrent(link);
  $('prompts').setAttribute('aria-busy', true);
  held = null;
  move();
}

// Loading the list: one request at a time, and at most one a second however much happens

let stale = false;
let timer = 0;
// Set until the requested page is there, since a later refresh may replace the request that was made for it.
let moving = false;

function refreshSoon() {
  stale = true;
  timer ||= setTimeout(() => { timer = 0; if (stale && !document.hidden) refresh(); }, refreshInterval);
}

function move() {
  moving = true;
  return refresh();
}

async function refresh() {
  stale = false;
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  try {
    const { page, size, status, model, q } = view;
    const query = new URLSearchParams({ page, page_size: size, ...status && { status }, ...model && { model }, ...q && { q } });
    show(await request(`/api/v1/prompts?${query}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]) }));
    setText($('notice'), '');
  } catch (error) {
    if (signal.aborted) return;
    const cause = error.status ? error.message : 'Connection lost.';
    setText($('notice'), `${cause} The list is not up to date, trying again…`);
  }
}

// Live updates. A browser opens only six connections to a server, so a hidden page gives up its stream.

let events = null;

function listen() {
  events?.close();
  events = null;
  if (document.hidden) return;
  events = new EventSource('/api/v1/events');
  events.addEventListener('counts', event => { showCounts(JSON.parse(event.data)); refreshSoon(); refreshStatsSoon(); });
  for (const name of ['queued', 'started', 'finished']) events.addEventListener(name, event => {
    const prompt = JSON.parse(event.data);
    const row = rowOf(prompt.id);
    if (row) fillRow(row, prompt);
    refreshSoon();
  });
  events.addEventListener('backend', event => noteBackend(JSON.parse(event.data)));
  events.onopen = events.onerror = showUpdated;
}

const isLive = () => events?.readyState === EventSource.OPEN;

function poll() {
  if (document.hidden || isLive()) return;
  if (events?.readyState === EventSource.CLOSED) listen();
  refresh();
}

// Rendering. Rows that are being read, pointed at or focused stay in place; new ones are held back until the reader asks for them.

function show(list) {
  const next = list.prompts.map(({ id }) => id);
  const isNext = listed.length === next.length && next.every((id, index) => id === listed[index]);
  held = !moving && !isNext && listed.length > 0 && isBeingRead() ? list : null;
  moving = false;
  if (held) updateRows(list.prompts);
  else showPage(list);
  showHeld();
  showUpdated();
}

function isBeingRead() {
  const isUsed = $('rows').contains(document.activeElement) || $('rows').matches(':hover');
  return scrollY > 0 || selected.size > 0 || view.page > 1 || isUsed;
}

function showHeld() {
  const added = held?.prompts.filter(({ id }) => !rowOf(id)).length ?? 0;
  $('new').hidden = !held;
  setText($('new'), !held ? '' : view.page > 1 || added === 0 ? 'The list has changed: show' : `${number(added)} new: show`);
}

function release() {
  const list = held;
  held = null;
  showPage(list);
  showHeld();
  $('page-label').focus({ preventScroll: true });
  scrollTo(0, 0);
}

function showPage({ prompts, total, total_pages }) {
  const focusedRow = [...$('rows').rows].findIndex(row => row.contains(document.activeElement));
  listed = prompts.map(({ id }) => id);
  for (const id of selected) if (!listed.includes(id)) selected.delete(id);
  showItems($('rows'), prompts, ({ id }) => id, createRow, fillRow);
  showEmpty(prompts.length === 0, total, total_pages);
  showPager(total, total_pages);
  showSelected();
  if (focusedRow >= 0) keepFocusNear(focusedRow);
  $('prompts').hidden = $('tools').hidden = prompts.length === 0;
  $('prompts').setAttribute('aria-busy', false);
}

function showUpdated() {
  setText($('updated'), isLive() ? 'Live' : `Updated ${new Date().toTimeString().slice(0, 8)}`);
}

const rowOf = id => $(`row-${id}`);

function updateRows(prompts) {
  const known = new Set(prompts.map(({ id }) => id));
  for (const prompt of prompts) if (rowOf(prompt.id)) fillRow(rowOf(prompt.id), prompt);
  // A row that slid off the page still exists; one that left a filtered list may no longer match.
  for (const row of $('rows').rows) row.classList.toggle('gone', Boolean(view.status) && !known.has(row.dataset.id));
}

function createRow({ id }) {
  const row = $('row').content.firstElementChild.cloneNode(true);
  row.id = `row-${id}`;
  row.dataset.id = id;
  row.querySelector('.preview').href = `/?id=${encodeURIComponent(id)}`;
  return row;
}

function fillRow(row, prompt) {
  const part = name => row.querySelector(`.${name}`);
  const preview = prompt.prompt_preview?.trim() || '(blank)';
  row.prompt = prompt;
  row.classList.remove('gone');
  setText(part('badge'), prompt.status);
  part('badge').dataset.status = prompt.status;
  setText(part('preview'), preview);
  row.querySelector('input').setAttribute('aria-label', `Select: ${shorten(preview, 60)}`);
  setText(part('model'), prompt.model ?? '');
  setText(part('owner'), prompt.owner ?? '');
  part('owner').hidden = !showsOwners();
  setText(part('attempts'), String(prompt.attempts ?? 0));
  const error = prompt.status === 'cancelled' ? '' : prompt.error ?? '';
  const cut = prompt.truncated_to ? `The prompt was cut to ${number(prompt.truncated_to)} tokens.` : '';
  setText(part('error'), shorten(error || cut, 120));
  part('error').title = error || cut;
  part('error').hidden = !error;
  showTimes(row);
}

// Only an admin sees the prompts of several owners.
const showsOwners = () => Boolean(session?.owner && session.admin);

function showOwners() {
  for (const cell of document.querySelectorAll('#prompts .owner')) cell.hidden = !showsOwners();
}

function showTimes(row) {
  const { status, created_at, started_at, completed_at } = row.prompt;
  const part = name => row.querySelector(`.${name}`);
  const between = (from, to) => duration((to - from) / 1000);
  const [created, started, completed, now] = [Date.parse(created_at), Date.parse(started_at), Date.parse(completed_at), serverNow()];
  setText(part('created'), ago((now - created) / 1000));
  part('created').dateTime = created_at;
  part('created').title = new Date(created_at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'medium' });
  const ran = started ? between(started, completed || now) : '';
  const waited = `waited ${between(created, started || completed || now)}`;
  setText(part('duration'), status === 'queued' ? '' : ran);
  setText(part('waited'), status === 'queued' ? `waits ${between(created, now)}` : waited);
}

function shorten(text, length) {
  const characters = [...text];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : text;
}

function keepFocusNear(index) {
  const rows = $('rows').rows;
  if (document.activeElement !== document.body || rows.length === 0) return;
  rows[Math.min(index, rows.length - 1)].querySelector('a').focus({ preventScroll: true });
}

function showEmpty(empty, total, lastPage) {
  $('empty').hidden = !empty;
  if (!empty) return;
  const isFiltered = Boolean(view.status || view.model || view.q);
  const [text, link, href] = total > 0
    ? [`There is nothing on page ${view.page}.`, `Go to the last page (${lastPage})`, addressOf({ page: lastPage })]
    : isFiltered ? ['No prompt is like that.', 'Show all prompts', '/list']
    : ['No prompts yet: the queue is empty.', 'Queue a prompt', '/'];
  setText($('empty-text'), text);
  setText($('empty-link'), link);
  $('empty-link').href = href;
}

function showPager(total, lastPage) {
  const targets = { first: 1, previous: Math.min(view.page - 1, lastPage), next: view.page + 1, last: lastPage };
  const focused = document.activeElement;
  for (const [id, page] of Object.entries(targets)) {
    $(id).value = page;
    $(id).disabled = page < 1 || page > lastPage || page === view.page;
  }
  // Disabling the focused button would lose the focus.
  if (focused.disabled) $('page-label').focus({ preventScroll: true });
  setText($('page-label'), `Page ${number(view.page)} of ${number(lastPage)}`);
  setText($('total'), total === 1 ? '1 prompt' : `${number(total)} prompts`);
  $('pager').hidden = total === 0;
}

// The overview

function createCounts() {
  $('counts').append(...['', ...statuses].map(status => {
    const [count, name] = [create('b', { textContent: '–' }), create('span', { textContent: status || 'all' })];
    const link = create('a', { onclick: followCount }, count, name);
    link.dataset.status = status;
    markCurrent(link);
    return link;
  }));
}

function markCurrent(link) {
  link.href = addressOf({ status: link.dataset.status });
  if (link.dataset.status === view.status) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}

function followCount(event) {
  if (opensElsewhere(event)) return;
  event.preventDefault();
  goTo({ status: event.currentTarget.dataset.status });
}

function showCounts(counts) {
  const all = statuses.reduce((sum, status) => sum + counts[status], 0);
  for (const link of $('counts').children) setText(link.firstChild, number(counts[link.dataset.status] ?? all));
}

let statsTimer = 0;
let stats = null;

// The event is newer than the statistics on show, which are refreshed soon.
function noteBackend({ url, reachable }) {
  const backend = stats?.backends.find(known => known.url === url);
  if (backend && !reachable) {
    backend.reachable = false;
    showFigures(stats);
  }
  refreshStatsSoon();
}

function refreshStatsSoon() {
  statsTimer ||= setTimeout(refreshStats, statsPause);
}

async function refreshStats() {
  clearTimeout(statsTimer);
  statsTimer = 0;
  if (document.hidden) return;
  try {
    const askedAt = performance.now();
    stats = await request('/api/v1/stats');
    showCounts(stats.counts);
    showFigures(stats);
    if (knowsOfChanges(askedAt)) showQueue(stats.queue);
    showChart(stats.minutes);
    const mayHaveModels = !stats.backends.length || stats.backends.some(({ reachable }) => reachable);
    if (mayHaveModels && !hasModels) await readModels();
  } catch {
    // The list reports a lost connection.
  }
}

function showFigures({ last_5_minutes: lately, backends }) {
  setText($('figures'), `${throughputOf(lately)} ${backends.map(stateOf).join(' ')}`);
}

function stateOf({ url, reachable, version, loaded_models }, _, { length }) {
  const at = length > 1 ? ` at ${url.replace(/^https?:\/\/|\/$/g, '')}` : '';
  if (!reachable) return `Ollama${at} cannot be reached${length > 1 ? '.' : ': prompts wait until it is up.'}`;
  return `Ollama${version ? ` ${version}` : ''}${at} has ${loaded_models.map(({ name }) => name).join(', ') || 'no model'} loaded.`;
}

function showQueue(queue) {
  const said = pausesOf(queue);
  setText($('paused'), said);
  $('pause').hidden = !session?.admin;
  $('pause').dataset.action = said ? 'resume' : 'pause';
  setText($('pause'), said ? 'Resume' : 'Pause the queue');
}

// The server leaves out the minutes of which it no longer knows enough, and so does the chart.
function showChart(minutes) {
  const known = name => minutes.filter(minute => minute[name] !== undefined).map(minute => minute[name]);
  const peak = name => Math.max(0, ...known(name));
  const [finished, waiting] = [Math.max(1, peak('finished')), Math.max(1, peak('waiting'))];
  const bars = minutes.map((minute, index) => {
    const height = (minute.finished ?? 0) / finished * 38;
    return svg('rect', { x: index + .1, y: 40 - height, width: .8, height });
  });
  const pointOf = ({ waiting: count }, index) => count === undefined ? '' : `${index + .5},${39 - count / waiting * 37}`;
  const points = minutes.map(pointOf).filter(Boolean).join(' ');
  $('chart').replaceChildren(...bars, svg('polyline', { points }));
  const total = known('finished').reduce((sum, count) => sum + count, 0);
  const within = name => known(name).length === minutes.length
    ? 'In the last hour'
    : `In the last ${known(name).length} minutes, of which alone enough is known,`;
  $('chart').setAttribute('aria-label',
    `${within('finished')} ${number(total)} prompts finished, at most ${number(peak('finished'))} a minute. `
      + `${number(minutes.at(-1).waiting)} wait now, and at most ${number(peak('waiting'))} did.`);
  setText($('finished-key'), `finished a minute, up to ${number(peak('finished'))}`);
  setText($('waiting-key'), `waiting, up to ${number(peak('waiting'))}`);
}

let hasModels = false;

async function readModels() {
  const { models, default: byDefault } = await request('/api/v1/models');
  for (const name of [byDefault, ...models.map(model => model.name.replace(/:latest$/, ''))]) addModel(name);
  hasModels = true;
}

const addModel = name => addChoice($('model'), name);

// Selection and bulk actions

function select(ids, isSelected) {
  for (const id of ids) {
    if (isSelected) selected.add(id);
    else selected.delete(id);
  }
  setText($('outcome'), '');
  confirmDelete(false);
  showSelected();
}

function deselect() {
  selected.clear();
  setText($('outcome'), '');
  confirmDelete(false);
  showSelected();
}

function showSelected() {
  for (const row of $('rows').rows) {
    const isSelected = selected.has(row.dataset.id);
    row.querySelector('input').checked = isSelected;
    row.setAttribute('aria-selected', isSelected);
  }
  $('select-all').checked = selected.size > 0 && selected.size === listed.length;
  $('select-all').indeterminate = selected.size > 0 && selected.size < listed.length;
  $('bulk').hidden = selected.size === 0;
  setText($('selected'), `${selected.size} selected`);
}

function confirmDelete(isAsking) {
  $('bulk-actions').hidden = isAsking;
  $('bulk-confirm').hidden = !isAsking;
}

const acts = {
  // One by one and the oldest last: it is probably running, and its end would start the next one in line.
  cancel: { did: 'cancelled', atOnce: 1, send: id => request(`${pathOf(id)}/cancel`, { method: 'POST' }).then(expectStatus('cancelled')) },
  retry: { did: 'queued again', send: id => request(`${pathOf(id)}/retry`, { method: 'POST' }) },
  delete: { did: 'deleted', send: id => request(pathOf(id), { method: 'DELETE' }) },
};

const expectStatus = expected => ({ status }) => {
  if (status !== expected) throw new Error(`It has already ${status}.`);
};

async function act(name) {
  const { did, send, atOnce = maxAtOnce } = acts[name];
  const ids = listed.filter(id => selected.has(id));
  if (name === 'cancel') ids.reverse();
  const failures = [];
  for (const button of $('bulk').querySelectorAll('button')) button.disabled = true;
  // A few at a time, since a browser opens only six connections to a server.
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let id = ids.pop(); id; id = ids.pop()) await send(id).catch(error => failures.push(error));
  }));
  for (const button of $('bulk').querySelectorAll('button')) button.disabled = false;
  const done = selected.size - failures.length;
  deselect();
  await move();
  const trouble = failures[0] && (failures[0].status || failures[0].message.startsWith('It ') ? failures[0].message : 'Connection lost.');
  setText($('outcome'), `${done} ${did}${trouble ? `, ${failures.length} could not be: ${trouble}` : '.'}`);
  $('select-all').focus({ preventScroll: true });
}

function search() {
  clearTimeout(typing);
  if ($('q').value === view.q) return;
  history.replaceState(null, '', addressOf({ q: $('q').value }));
  openView();
}

createCounts();
whenSessionIsKnown.push(showOwners, () => { $('pause').hidden = !session.admin || !stats; });
for (const id of ['first', 'previous', 'next', 'last']) $(id).addEventListener('click', () => goTo({ page: Number($(id).value) }));
$('page-size').addEventListener('change', () => goTo({ size: Number($('page-size').value) }));
$('model').addEventListener('change', () => goTo({ model: $('model').value }));
$('q').addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(search, typingPause); });
$('filters').addEventListener('submit', event => { event.preventDefault(); search(); });
$('new').addEventListener('click', release);
$('pause').addEventListener('click', pauseOrResume);
$('rows').addEventListener('change', event => select([event.target.closest('tr').dataset.id], event.target.checked));
$('select-all').addEventListener('change', () => select(listed, $('select-all').checked));
for (const name of ['cancel', 'retry']) $(name).addEventListener('click', () => act(name));
$('delete').addEventListener('click', () => { confirmDelete(true); $('keep').focus(); });
$('confirm').addEventListener('click', () => act('delete'));
$('keep').addEventListener('click', () => { confirmDelete(false); $('delete').focus(); });
$('deselect').addEventListener('click', () => { deselect(); $('select-all').focus({ preventScroll: true }); });
document.addEventListener('visibilitychange', () => { listen(); if (!document.hidden) { refresh(); refreshStats(); } });
addEventListener('popstate', openView);
setInterval(poll, pollInterval);
setInterval(refreshStats, statsInterval);
setInterval(() => { for (const row of $('rows').rows) showTimes(row); }, 1000);
openView();
listen();
refreshStats();
