const spans = ['1h', '24h', '7d'];
const statsInterval = 2_000;
const trendsInterval = { '1h': 10_000, '24h': 60_000, '7d': 60_000 };
const retryInterval = 5_000;
const mostRuns = 100;
let view = readAddress();
let stats = null;
let trends = null;
let queue = null;
let isDenied = false;

// The view is kept in the address

function readAddress() {
  const query = new URLSearchParams(location.search);
  const span = spans.find(span => span === query.get('span')) ?? spans[0];
  return { span, model: query.get('model') ?? '', backend: query.get('backend') ?? '' };
}

function showView() {
  $('view').elements.span.value = view.span;
  for (const name of ['model', 'backend']) {
    addChoice($(name), view[name]);
    $(name).value = view[name];
  }
}

function changeView() {
  view = { span: $('view').elements.span.value, model: $('model').value, backend: $('backend').value };
  const { span, ...filter } = view;
  const query = new URLSearchParams(Object.entries({ span: span !== spans[0] && span, ...filter }).filter(([, value]) => value)).toString();
  history.replaceState(null, '', query ? `/dashboard?${query}` : '/dashboard');
  $('trends').setAttribute('aria-busy', true);
  refreshTrends();
}

// Loading, again and again while the page is on show

const troubles = new Map();

function reading(name, read, show, intervalOf) {
  let asking = new AbortController();
  let timer = 0;
  return async function refresh() {
    clearTimeout(timer);
    // An answer that is on its way would be older than the one that is asked for now.
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (document.hidden || isDenied || $('sign-in').open) return;
    const askedAt = performance.now();
    const answer = await read(AbortSignal.any([signal, AbortSignal.timeout(20_000)])).catch(error => ({ error }));
    if (signal.aborted) return;
    const { error } = answer;
    if (error?.status === 403) return deny();
    if (error) troubles.set(name, `${error.status ? error.message : 'Connection lost.'} The figures are not up to date, trying again…`);
    else troubles.delete(name);
    setText($('notice'), [...new Set(troubles.values())].join(' '));
    timer = setTimeout(refresh, error ? retryInterval : intervalOf());
    if (!error) show(answer, askedAt);
  };
}

const refreshStats = reading('stats', signal => request('/api/v1/stats', { signal }), showStats, () => statsInterval);
const refreshTrends = reading('trends', readTrends, showTrends, () => trendsInterval[view.span]);

function readTrends(signal) {
  const query = new URLSearchParams(Object.entries(view).filter(([, value]) => value));
  return request(`/api/v1/stats/trends?${query}`, { signal });
}

function deny() {
  isDenied = true;
  $('denied').hidden = false;
  $('allowed').hidden = true;
  for (const id of ['updated', 'notice', 'paused', 'outcome']) setText($(id), '');
}

function begin() {
  if (session.key_needed && !session.owner) return;
  if (!session.admin) return deny();
  refreshStats();
  refreshTrends();
}

// What is now

function showStats(next, askedAt) {
  stats = next;
  if (!queue || knowsOfChanges(askedAt)) queue = stats.queue;
  $('allowed').hidden = false;
  for (const { url } of stats.backends) addChoice($('backend'), url);
  setText($('updated'), `Updated ${new Date().toTimeString().slice(0, 8)}`);
  setText($('figures'), throughputOf(stats.last_5_minutes));
  showRuns();
  showQueue(queue);
}

function showQueue(next) {
  queue = next;
  const isStopped = queue.paused || queue.draining;
  setText($('paused'), pausesOf(queue));
  $('pause').hidden = false;
  $('pause').dataset.action = isStopped ? 'resume' : 'pause';
  setText($('pause'), isStopped ? 'Resume' : 'Pause the queue');
  showBackends();
  showModels();
}

function showFacts(list, facts) {
  showItems(list, Object.entries(facts), ([name]) => name,
    ([name]) => create('div', {}, create('dt', { textContent: name }), create('dd')),
    (element, [, text]) => setText(element.lastChild, text));
}

function showNow() {
  const { counts, backends, running } = stats;
  const reachable = backends.filter(backend => backend.reachable).length;
  const slots = backends.reduce((sum, { concurrency }) => sum + concurrency, 0);
  showFacts($('now'), {
    Queued: number(counts.queued),
    Processing: `${number(counts.processing)} of ${number(slots)}`,
    'Longest run': running.length > 0 ? sinceStart(running[0]) : '–',
    'Backends reachable': `${number(reachable)} of ${number(backends.length)}`,
  });
}

const sinceStart = ({ started_at }) => duration(Math.floor((serverNow() - Date.parse(started_at)) / 1000));
const shortAddress = url => url.replace(/^https?:\/\/|\/$/g, '');
const partOf = (row, name) => row.querySelector(`.${name}`);
const rowOf = id => () => $(id).content.firstElementChild.cloneNode(true);

function showRuns() {
  const { running } = stats;
  showItems($('run-rows'), running, ({ id, attempt }) => `${id} ${attempt}`, rowOf('run'), (row, run) => {
    row.run = run;
    const link = row.querySelector('a');
    link.href = `/prompts/${encodeURIComponent(run.id)}`;
    setText(link, run.id);
    setText(partOf(row, 'model'), run.model ?? '');
    setText(partOf(row, 'backend'), shortAddress(run.backend ?? ''));
    setText(partOf(row, 'owner'), run.owner ?? '');
    setText(partOf(row, 'attempt'), number(run.attempt));
  });
  const hasOwners = running.some(({ owner }) => owner);
  for (const cell of $('runs').querySelectorAll('.owner')) cell.hidden = !hasOwners;
  $('runs').hidden = running.length === 0;
  $('no-runs').hidden = running.length > 0;
  $('more-runs').hidden = running.length < mostRuns;
  setText($('more-runs'), `These are the oldest ${mostRuns}.`);
  showRunTimes();
}

function showRunTimes() {
  if (!stats || document.hidden) return;
  showNow();
  for (const row of $('run-rows').rows) setText(partOf(row, 'time'), sinceStart(row.run));
}

// Backends and models: what they are now and, once that is known, what they did

const rate = value => value === undefined ? '–' : number(Number(value < 1 ? value.toPrecision(2) : value.toFixed(1)));
const outputRate = value => value === undefined ? '–' : `${rate(value)}/s`;
// Embeddings take a few milliseconds.
const spell = seconds => seconds > 0 && seconds < .1 ? `${Math.max(Math.round(seconds * 1000), 1)} ms` : duration(seconds);
const spells = times => times ? `${spell(times.median)}, ${spell(times.p95)}` : '–';

function showFigures(row, figures, texts) {
  for (const [name, text] of Object.entries(texts)) setText(partOf(row, name), figures ? text(figures) : '');
  const steps = figures?.steps ?? trends?.points.map(() => 0) ?? [];
  showBars(row.querySelector('.small-bars'), steps);
}

const nothing = { prompts: 0, failed: 0, errors: 0, prompt_tokens: 0, tokens: 0, tokens_per_second: 0 };

function showPause(row, scope, name, isPaused) {
  const button = row.querySelector('button');
  const [action, word] = isPaused ? ['resume', 'Resume'] : ['pause', 'Pause'];
  partOf(row, 'paused').hidden = !isPaused;
  button.dataset.action = action;
  button.dataset.scope = JSON.stringify(scope);
  setText(button, word);
  button.setAttribute('aria-label', `${word} ${name}`);
}

function createPausable(id) {
  const row = rowOf(id)();
  row.querySelector('button').addEventListener('click', pauseOrResume);
  return row;
}

// Those that are not set up any more have figures, too.
function backendsOf() {
  const did = new Map(trends?.backends.map(figures => [figures.backend, figures]));
  const all = stats.backends.map(state => ({ url: state.url, state, figures: did.get(state.url) }));
  const gone = [...did.values()].filter(({ backend }) => !stats.backends.some(({ url }) => url === backend));
  return [...all, ...gone.map(figures => ({ url: figures.backend, figures }))];
}

function showBackends() {
  showItems($('backend-rows'), backendsOf(), ({ url }) => url, () => createPausable('backend-row'), (row, { url, state, figures }) => {
    setText(partOf(row, 'name'), shortAddress(url));
    partOf(row, 'name').title = url;
    const badge = partOf(row, 'badge');
    badge.dataset.status = !state ? '' : state.reachable ? 'completed' : 'failed';
    setText(badge, !state ? 'removed' : state.reachable ? 'reachable' : 'away');
    setText(partOf(row, 'version'), state?.version ? `Ollama ${state.version}` : '');
    setText(partOf(row, 'error'), state?.error ?? '');
    setText(partOf(row, 'running'), state ? runningOn(state) : '');
    setText(partOf(row, 'reserved'), state?.reserved ? `${number(state.reserved)} reserved` : '');
    showLoaded(partOf(row, 'loaded'), state?.loaded_models ?? []);
    showFigures(row, trends && (figures ?? nothing), {
      prompts: ({ prompts }) => number(prompts), failed: ({ failed }) => number(failed), rate: ({ output_rate }) => outputRate(output_rate),
    });
    showPause(row, { backend: url }, shortAddress(url), queue.paused_backends.includes(url));
    row.querySelector('button').hidden = !state;
  });
}

function runningOn({ url, concurrency }) {
  const count = stats.running.filter(({ backend }) => backend === url).length;
  return `${number(count)} of ${number(concurrency)}`;
}

function showLoaded(cell, models) {
  partOf(cell, 'unloaded').hidden = models.length > 0;
  const createItem = ({ name }) => create('li', {}, create('span', { textContent: name }), ' ', create('span', { className: 'of' }));
  showItems(cell.querySelector('ul'), models, ({ name }) => name, createItem, (item, { size, expires_at }) =>
    setText(item.lastChild, [size && sizeOf(size), expires_at && untilWhen(Date.parse(expires_at))].filter(Boolean).join(', ')));
}

function sizeOf(bytes) {
  return bytes >= 1e9 ? `${Number((bytes / 1e9).toPrecision(2))} GB` : `${number(Math.ceil(bytes / 1e6))} MB`;
}

// Ollama gives a model that is to stay a time that is centuries away.
function untilWhen(at) {
  const days = (at - serverNow()) / 86_400_000;
  if (days > 3650) return 'until it is unloaded';
  return `until ${days < 1 ? plots.clock(new Date(at)) : new Date(at).toLocaleDateString(undefined, { dateStyle: 'medium' })}`;
}

// Models that no backend is known to have are counted together, as 'other'. The full name of a model has a tag.
const isNamed = ({ model }) => model.includes(':');

// A model that is paused or loaded can be resumed or paused, whether or not it was used.
function modelsOf() {
  const used = trends?.models ?? [];
  const names = [...queue.paused_models, ...stats.backends.flatMap(({ loaded_models }) => loaded_models.map(({ name }) => name))];
  const unused = [...new Set(names)].filter(name => !used.some(({ model }) => model === name)).sort();
  return [...used, ...unused.map(model => ({ ...nothing, model }))];
}

function showModels() {
  const models = modelsOf();
  for (const { model } of models.filter(isNamed)) addChoice($('model'), model);
  $('models').hidden = models.length === 0;
  $('no-models').hidden = models.length > 0 || !trends;
  showItems($('model-rows'), models, ({ model }) => model, () => createPausable('model-row'), (row, figures) => {
    setText(partOf(row, 'model'), figures.model);
    showFigures(row, trends && figures, {
      prompts: ({ prompts }) => number(prompts),
      failed: ({ failed }) => number(failed),
      errors: ({ errors }) => number(errors),
      in: ({ prompt_tokens }) => number(prompt_tokens),
      out: ({ tokens }) => number(tokens),
      rate: ({ output_rate }) => outputRate(output_rate),
      wait: ({ wait_seconds }) => spells(wait_seconds),
      run: ({ run_seconds }) => spells(run_seconds),
    });
    showPause(row, { model: figures.model }, figures.model, queue.paused_models.includes(figures.model));
    row.querySelector('button').hidden = !isNamed(figures);
  });
}

// Trends

const most = (points, name) => Math.max(...points.map(point => point[name] ?? 0));
const median = { name: 'median', class: 'median' };
const p95 = { name: '95%', class: 'p95' };
const halfAndMost = (did, times) => times
  && `Half ${did} at most ${spell(times.median)}, 95 of a hundred at most ${spell(times.p95)}.`;
const noPrompts = ({ total: { prompts } }) => prompts > 0 ? 'That is not known of this time.' : 'No prompts ended in this time.';

const definitions = [
  {
    id: 'depth',
    title: 'Queue',
    unit: 'count',
    series: [
      { name: 'queued', class: 'queued', value: point => point.queued },
      { name: 'processing', class: 'processing', value: point => point.processing },
    ],
    format: number,
    sum: ({ points }) => most(points, 'queued') + most(points, 'processing') > 0
      && `At most ${number(most(points, 'queued'))} queued and ${number(most(points, 'processing'))} processing at a time.`,
    none: ({ points }) => points.some(({ queued }) => queued !== undefined) ? 'Nothing was queued in this time.'
      : 'The queue is counted for all models and backends together.',
  },
  {
    id: 'ended',
    title: 'Prompts ended',
    unit: 'count',
    isStacked: true,
    series: [
      { name: 'completed', class: 'completed', value: ({ prompts, failed }) => prompts - failed },
      { name: 'failed', class: 'failed', value: ({ failed }) => failed },
    ],
    format: number,
    sum: ({ total: { prompts, failed } }) => prompts > 0
      && `${prompts === 1 ? '1 prompt' : `${number(prompts)} prompts`} ended, ${failed ? number(failed) : 'none'} of them failed.`,
    none: noPrompts,
  },
  {
    id: 'wait',
    title: 'Wait',
    unit: 'seconds',
    series: [
      { ...median, value: ({ wait_seconds }) => wait_seconds?.median },
      { ...p95, value: ({ wait_seconds }) => wait_seconds?.p95 },
    ],
    format: spell,
    sum: ({ total }) => halfAndMost('waited', total.wait_seconds),
    none: noPrompts,
  },
  {
    id: 'run-time',
    title: 'Run time',
    unit: 'seconds',
    series: [
      { ...median, value: ({ run_seconds }) => run_seconds?.median },
      { ...p95, value: ({ run_seconds }) => run_seconds?.p95 },
    ],
    format: spell,
    sum: ({ total }) => halfAndMost('ran', total.run_seconds),
    none: noPrompts,
  },
  {
    id: 'tokens',
    title: 'Tokens a second',
    unit: 'rate',
    series: [{ name: 'generated', class: 'tokens', value: point => point.tokens_per_second }],
    format: rate,
    sum: ({ total, points }) => total.tokens > 0
      && `${number(total.tokens)} tokens were generated, at most ${rate(most(points, 'tokens_per_second'))} a second.`,
    none: () => 'No tokens were generated in this time.',
  },
];

const drawn = definitions.map(createPlot);

function showTrends(next) {
  trends = next;
  $('trends').hidden = false;
  $('trends').setAttribute('aria-busy', false);
  for (const { backend } of trends.backends) addChoice($('backend'), backend);
  for (const plot of drawn) plot.show(trends);
  const { prompts, failed, errors, prompt_tokens, tokens, output_rate, wait_seconds, run_seconds } = trends.total;
  showFacts($('totals'), {
    Prompts: number(prompts),
    Failed: number(failed),
    'Errors of attempts': number(errors),
    'Tokens in': number(prompt_tokens),
    'Tokens out': number(tokens),
    'Output rate': output_rate === undefined ? '–' : `${rate(output_rate)} tokens/s`,
    'Wait (median, 95%)': spells(wait_seconds),
    'Run (median, 95%)': spells(run_seconds),
  });
  showSteps();
  if (!stats) return;
  showBackends();
  showModels();
}

function showSteps() {
  if (!$('steps').open || !trends) return;
  const { points, step_seconds, span } = trends;
  const last = points.at(-1);
  showItems($('step-rows'), points.toReversed(), ({ at }) => at, () => create('tr', {}, create('th', { scope: 'row' })), (row, point) => {
    const { at, queued, processing, prompts, failed, errors, prompt_tokens, tokens, tokens_per_second, output_rate } = point;
    const counts = [queued, processing, prompts, failed, errors, prompt_tokens, tokens];
    const texts = [
      plots.nameOf(Date.parse(at), step_seconds, point === last, span !== '1h'),
      ...counts.map(count => count === undefined ? '–' : number(count)),
      rate(tokens_per_second),
      outputRate(output_rate),
      spells(point.wait_seconds),
      spells(point.run_seconds),
    ];
    while (row.cells.length < texts.length) row.append(create('td'));
    texts.forEach((text, index) => setText(row.cells[index], text));
  });
}

$('plots').prepend(...drawn.map(({ figure }) => figure));
showView();
whenSessionIsKnown.push(begin);
$('view').addEventListener('change', changeView);
$('view').addEventListener('submit', event => event.preventDefault());
$('pause').addEventListener('click', pauseOrResume);
$('steps').addEventListener('toggle', showSteps);
document.addEventListener('visibilitychange', () => { if (session?.admin) { refreshStats(); refreshTrends(); } });
setInterval(showRunTimes, 1000);
