const title = document.title;
const remembering = { key: 'prompts', atMost: 20 };
const bannerInterval = 5_000;
const rateWindow = 5_000;
const hiddenInterval = 2_000;
const statsGoodFor = 2_000;
const notifying = 'notify';
let shown = null;
let following = new AbortController();
let defaultModel = '';
let again = null;
let isOllamaAway = false;

function put(id, text = '') {
  setText($(id), text);
  $(id).hidden = !text;
}

const announce = text => setText($('live'), text);
const addressOf = id => `/?id=${encodeURIComponent(id)}`;
const toShortDate = at => new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function pause(milliseconds, signal) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); });
  });
}

// Submitting

async function submit(event) {
  event.preventDefault();
  if ($('submit').disabled) return;
  const field = $('prompt');
  const prompt = field.value;
  if (!prompt.trim()) return complain('Write a prompt first, then queue it.');
  const settings = readSettings();
  if (!settings) return;
  const focused = document.activeElement;
  complain('');
  $('submit').disabled = true;
  try {
    const sent = { prompt, ...settings };
    const { id } = await post(again ? `${pathOf(again.id)}/repeat` : '/api/v1/prompt', again ? changesOf(again.sent, sent) : sent);
    if (field.value === prompt) field.value = '';
    repeatNothing();
    openSubmitted(id, prompt);
    shown.atEnd = true;
    keepEndInView();
  } catch (error) {
    // The original prompt is gone and cannot be repeated: the next attempt sends the form alone.
    if (error.status === 404) repeatNothing();
    complain(`${error.status ? error.message : 'Connection lost, the prompt may not be queued.'} Your text is still here.`);
  } finally {
    $('submit').disabled = false;
    // Disabling the focused button moved the focus to the body.
    if (document.activeElement === document.body) focused.focus({ preventScroll: true });
  }
}

const post = (path, body) => request(path, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
});

function openSubmitted(id, prompt) {
  remember({ id, title: prompt.trim().slice(0, 100) || '(no text)', at: new Date().toISOString() });
  history.pushState(null, '', addressOf(id));
  openPrompt(id, prompt);
}

function complain(words, field = $('prompt')) {
  put('message', words);
  $('prompt').setAttribute('aria-invalid', Boolean(words));
  if (!words) return;
  field.closest('details')?.setAttribute('open', '');
  field.focus();
}

const numberFields = ['temperature', 'num_ctx', 'num_predict', 'seed'];

// JSON leaves out undefined members. Returns undefined if a field is invalid, which the reader has then been told.
function readSettings() {
  const options = readOptions();
  if (!options) return complain('More options must be a JSON object, such as {"top_k": 40}.', $('options'));
  for (const name of numberFields) if ($(name).value) options[name] = Number($(name).value);
  return {
    model: $('model').value || undefined,
    system: $('system').value || undefined,
    priority: $('priority').value ? Number($('priority').value) : undefined,
    think: { '': undefined, true: true, false: false }[$('think').value] ?? ($('think').value || undefined),
    options: Object.keys(options).length ? options : undefined,
  };
}

function readOptions() {
  try {
    const options = JSON.parse($('options').value.trim() || '{}');
    return options && typeof options === 'object' && !Array.isArray(options) ? options : null;
  } catch {
    return null;
  }
}

function fillSettings(settings) {
  const isGiven = ([, value]) => value !== null && value !== undefined;
  const { model = '', system = '', priority = '', think = '', options = {} } = Object.fromEntries(Object.entries(settings).filter(isGiven));
  addChoice($('model'), model);
  addChoice($('think'), String(think));
  const own = Object.entries(options).filter(([name, value]) => numberFields.includes(name) && typeof value === 'number');
  const others = Object.entries(options).filter(([name]) => !own.some(([other]) => other === name));
  const values = { model, system, priority, think, options: others.length ? JSON.stringify(Object.fromEntries(others)) : '' };
  for (const name of numberFields) values[name] = Object.fromEntries(own)[name] ?? '';
  for (const [id, value] of Object.entries(values)) $(id).value = String(value);
  $('settings').parentElement.open = Object.entries(values).some(([id, value]) => id !== 'model' && value !== '');
}

// Asking again. The server repeats the original request; only what was changed in the form is sent along.

const inForm = ['prompt', 'model', 'system', 'think', 'options'];

async function askAgain() {
  const { id } = shown;
  try {
    const whole = await request(pathOf(id));
    if (shown?.id !== id) return;
    // The form cannot hold a conversation, or a call to another endpoint.
    if (whole.endpoint !== '/api/v1/prompt') return openSubmitted((await post(`${pathOf(id)}/repeat`)).id, whole.prompt);
    const { model, prompt, priority, request: sent = {} } = whole;
    fillSettings({ ...sent, model: model === defaultModel ? '' : model, priority: priority || '' });
    $('prompt').value = prompt;
    again = { id, sent: { prompt: $('prompt').value, ...readSettings() } };
    showAgain(whole, sent);
    complain('');
    $('prompt').focus();
  } catch (error) {
    showTroubleOf(error);
  }
}

function showAgain({ timeout, expires_at, metadata }, sent) {
  const images = sent.images?.length;
  const others = Object.keys(sent).filter(name => !inForm.includes(name) && name !== 'images');
  for (const [name, value] of Object.entries({ timeout, expires_in: expires_at, metadata })) if (value) others.push(name);
  if (images) others.unshift(images === 1 ? '1 image' : `${images} images`);
  put('again-text', others.length ? `Sent along as it was: ${others.join(', ')}.` : '');
  $('again').hidden = !others.length;
}

function repeatNothing() {
  again = null;
  $('again').hidden = true;
}

// Null removes a member of the original request.
function changesOf(before, after) {
  const changed = Object.keys(after).filter(name => JSON.stringify(after[name]) !== JSON.stringify(before[name]));
  return Object.fromEntries(changed.map(name => [name, after[name] ?? null]));
}

// Ollama and its models

async function lookAtOllama() {
  const { backends } = await request('/api/v1/stats');
  // Only admins are told of backends. To others, an error of the list of models says as much.
  const isAway = backends.length
    ? !backends.some(({ reachable }) => reachable)
    : await request('/api/v1/models').then(() => false, ({ status }) => status === 503);
  if (isAway) {
    return showBanner('Ollama cannot be reached. Prompts are kept, and run as soon as it is up. Start it with:', 'ollama serve');
  }
  const { models, default: byDefault } = await request('/api/v1/models');
  defaultModel = byDefault;
  showModels(models.map(({ name }) => name));
}

const tagged = name => name.includes(':') ? name : `${name}:latest`;
const untagged = name => name.replace(/:latest$/, '');

function showModels(names) {
  const chosen = $('model').value;
  $('model').replaceChildren(create('option', { value: '', textContent: `${defaultModel} (default)` }));
  for (const name of names) if (name !== tagged(defaultModel)) addModel(untagged(name));
  addModel(chosen);
  $('model').value = chosen;
  const wanted = chosen || defaultModel;
  if (names.includes(tagged(wanted))) return showBanner('');
  showBanner(`The model ${wanted} is not installed. Download it with:`, isModelName(wanted) ? `ollama pull ${wanted}` : '');
}

const addModel = name => addChoice($('model'), name);

function showBanner(words, command = '') {
  put('banner-text', words);
  put('banner-command', command);
  $('copy-command').hidden = !command;
  $('banner').hidden = !words;
}

// Failures are ignored: the list of models stays as it is, and the prompt on show reports a lost connection.
const refreshOllama = () => { if (!document.hidden) lookAtOllama().catch(() => {}); };

// The reader will paste the command into a shell, so it must not contain anything but a model's name.
const isModelName = name => /^[\w.:\/@-]+$/.test(name);

// The last prompts of this browser, whose settings may forbid storage

function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage, nothing is remembered.
  }
}

function remembered() {
  const prompts = recall(remembering.key);
  return Array.isArray(prompts) ? prompts : [];
}

function remember(prompt) {
  keep(remembering.key, [prompt, ...remembered().filter(({ id }) => id !== prompt.id)].slice(0, remembering.atMost));
  showRemembered();
}

function forget() {
  keep(remembering.key, []);
  showRemembered();
  $('prompt').focus();
}

function showRemembered() {
  const prompts = remembered();
  $('recent').hidden = prompts.length === 0;
  $('recent').querySelector('ol').replaceChildren(...prompts.map(({ id, title, at }) => create('li', {},
    create('a', { href: addressOf(id), dir: 'auto', textContent: title, onclick: openLinked }),
    create('time', { dateTime: at, title: new Date(at).toLocaleString(), textContent: toShortDate(at) }))));
}

function openLinked(event) {
  if (opensElsewhere(event)) return;
  event.preventDefault();
  history.pushState(null, '', event.currentTarget.href);
  openAddressed();
  $('followed-title').focus({ preventScroll: true });
  $('followed').scrollIntoView({ block: 'start' });
}

// Following one prompt

const hasEnded = ({ status }) => ['completed', 'failed', 'cancelled'].includes(status);
const isFinal = ({ status }) => status >= 400 && status < 500 && status !== 408 && status !== 429;

function openPrompt(id, text) {
  shown = id ? { id, text, status: null, ended: false, answer: '', thinking: '', lastEventId: '', arrivals: [], atEnd: false } : null;
  clear();
  watch();
}

function openAddressed() {
  openPrompt(new URLSearchParams(location.search).get('id'));
}

// A browser opens only six connections to a server, so a hidden page gives up its stream and polls instead.
function watch() {
  following.abort();
  following = new AbortController();
  if (!document.hidden) document.title = titleOf(shown?.status);
  if (!shown || shown.ended) return;
  if (document.hidden) waitForEnd(shown, following.signal);
  else follow(shown, following.signal);
}

async function waitForEnd(prompt, signal) {
  while (true) {
    await pause(hiddenInterval, signal);
    if (signal.aborted) return;
    try {
      const status = await request(`${pathOf(prompt.id)}/status`, { signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]) });
      document.title = hasEnded(status) ? `${status.status === 'completed' ? '✓' : '✗'} ${titleOf(status)}` : titleOf(status);
      if (hasEnded(status)) return notify(prompt, status);
    } catch (error) {
      if (isFinal(error)) return;
    }
  }
}

const titleOf = status => status ? `${status.status} · ${title}` : title;

// Notifications, for readers who asked for them. Browsers have them on https and localhost only.

const canNotify = () => window.isSecureContext && 'Notification' in window && Notification.permission !== 'denied';
const isNotifying = () => canNotify() && Notification.permission === 'granted' && recall(notifying) === true;

async function toggleNotify() {
  const wanted = !isNotifying();
  if (wanted && Notification.permission !== 'granted') await Notification.requestPermission();
  keep(notifying, wanted && Notification.permission === 'granted');
  announce(isNotifying()
    ? 'You will be notified when the prompt has ended and this page is in the background.'
    : 'You will not be notified.');
  showNotify();
}

function showNotify() {
  const offered = shown && !shown.ended && canNotify();
  if (!offered && document.activeElement === $('notify')) $('followed-title').focus({ preventScroll: true });
  $('notify').hidden = !offered;
  $('notify').setAttribute('aria-pressed', isNotifying());
}

function notify({ id, text = '' }, { status }) {
  if (!isNotifying()) return;
  try {
    const notification = new Notification(`Your prompt is ${status}`, { body: text.trim().slice(0, 100), tag: id });
    notification.onclick = () => { focus(); notification.close(); };
  } catch {
    // Some browsers allow it in a service worker only; the title has to do.
  }
}

async function follow(prompt, signal) {
  while (!signal.aborted && !prompt.ended) {
    try {
      await load(prompt, signal);
      await listen(prompt, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isFinal(error)) return showRefused(error);
      showTrouble(error);
      await pause(1000, signal);
    }
  }
}

async function load(prompt, signal) {
  const path = pathOf(prompt.id);
  // The text of a prompt can be large, so it is requested only once.
  const limit = AbortSignal.any([signal, AbortSignal.timeout(20_000)]);
  const status = await request(prompt.text === undefined ? path : `${path}/status`, { signal: limit });
  prompt.text ??= status.prompt;
  showPrompt(prompt.text);
  showStatus(status);
}

// Resolves when the prompt has ended or `signal` is aborted, rejects when the stream is refused.
function listen(prompt, signal) {
  const from = prompt.lastEventId ? `?last_event_id=${encodeURIComponent(prompt.lastEventId)}` : '';
  const source = new EventSource(`${pathOf(prompt.id)}/stream${from}`);
  return new Promise((resolve, reject) => {
    const on = (name, handle) => source.addEventListener(name, event => {
      prompt.lastEventId = event.lastEventId || prompt.lastEventId;
      handle(JSON.parse(event.data));
    });
    on('status', showStatus);
    on('reset', () => Object.assign(prompt, { answer: '', thinking: '', arrivals: [] }));
    on('token', token => { take(prompt, token); draw(); });
    on('done', answer => { showAnswer(answer); resolve(); });
    on('problem', problem => reject(Object.assign(new Error(problem.error), { status: problem.status })));
    source.onopen = () => put('connection');
    source.onerror = () => {
      const lost = new Error('The stream broke off.');
      // The browser reconnects by itself, unless the server refused the stream.
      if (source.readyState === EventSource.CLOSED) reject(lost);
      else showTrouble(lost);
    };
    signal.addEventListener('abort', resolve);
  }).finally(() => source.close());
}

function take(prompt, { text = '', thinking = '' }) {
  prompt.answer += text;
  prompt.thinking += thinking;
  prompt.arrivals.push(performance.now());
}

// Actions

async function act(path, options) {
  try {
    await request(path, options);
    return true;
  } catch (error) {
    showTroubleOf(error);
    return false;
  }
}

function showTroubleOf(error) {
  put('connection', error.status ? error.message : 'Connection lost, please try again.');
  announce($('connection').textContent);
}

const cancel = () => act(`${pathOf(shown.id)}/cancel`, { method: 'POST' });

async function retry() {
  const { id, text } = shown;
  if (await act(`${pathOf(id)}/retry`, { method: 'POST' })) {
    openPrompt(id, text);
    $('followed-title').focus({ preventScroll: true });
  }
}

// Rendering

const texts = [
  'status', 'prompt-link', 'progress', 'waiting', 'connection', 'attempt', 'sent', 'sent-note', 'prompt-text', 'thinking', 'result-note',
];
const parts = ['failure', 'prompt-details', 'sent-details', 'thinking-details', 'answer', 'notify', 'cancel', 'retry', 'ask-again'];

function clear() {
  document.title = title;
  for (const id of texts) put(id);
  for (const id of parts) $(id).hidden = true;
  $('facts').replaceChildren();
  $('attempts').replaceChildren();
  $('sent-details').open = $('thinking-details').open = false;
  drawResult('');
  announce('');
  $('followed').hidden = !shown;
  $('identity').hidden = false;
  if (!shown) return;
  put('prompt-link', shown.id);
  $('prompt-link').href = addressOf(shown.id);
  $('prompt-page').href = `/prompts/${encodeURIComponent(shown.id)}`;
  if (shown.text !== undefined) showPrompt(shown.text);
}

function showStatus(status) {
  shown.status = status;
  document.title = titleOf(status);
  put('status', status.status);
  $('status').dataset.status = status.status;
  showProgress();
  showWaiting(status);
  showNotify();
  $('sent-details').hidden = false;
  showSent();
  const { attempts, max_attempts, error } = status;
  const isRetried = !hasEnded(status) && attempts > 0 && error;
  put('attempt', isRetried ? `Attempt ${attempts} of ${max_attempts} failed, another follows: ${error}` : '');
  const focused = document.activeElement;
  $('cancel').hidden = hasEnded(status);
  $('retry').hidden = !['failed', 'cancelled'].includes(status.status);
  $('ask-again').hidden = false;
  // Hiding the focused button would lose the focus.
  if (focused.hidden) $('followed-title').focus({ preventScroll: true });
  showFacts(status);
  if (!hasEnded(status)) keepEndInView();
  announce(`The prompt is ${status.status}. ${$('waiting').textContent}`.trim());
}

// Says why a prompt is waiting, if not for its turn.
function showWaiting({ status, waiting_for, model }) {
  put('waiting', status !== 'queued' ? '' : {
    backend: 'Ollama does not answer. The prompt is kept, and runs as soon as it does.',
    model: `No Ollama has the model ${model}. The prompt waits until one has it.`,
    paused: 'The queue is paused. The prompt is kept, and runs once the queue is resumed.',
  }[waiting_for]);
  const isAway = waiting_for === 'backend';
  if (isAway === isOllamaAway) return;
  isOllamaAway = isAway;
  // The server's statistics may be cached for that long, and still show the former state.
  for (const wait of [0, statsGoodFor + 500]) setTimeout(refreshOllama, wait);
}

// The whole request and its attempts, loaded when the reader opens them

async function showSent() {
  const { id, status, sentAsOf } = shown ?? {};
  const asOf = status && `${status.status} ${status.attempts}`;
  if (!$('sent-details').open || !status || asOf === sentAsOf) return;
  shown.sentAsOf = asOf;
  try {
    const { request: sent, priority, timeout, expires_at, metadata, attempt_history } = await request(pathOf(id));
    if (shown?.id !== id) return;
    const text = sent ? JSON.stringify({ ...sent, priority: priority || undefined, timeout, expires_at, metadata }, null, 2) : '';
    put('sent', text.length > longestMarkdown ? `${text.slice(0, longestMarkdown)}…` : text);
    put('sent-note', sent ? '' : 'What was sent is no JSON, or is compressed, and is not shown.');
    $('attempts').replaceChildren(...attempt_history.map(attempt => create('li', { textContent: outcomeOf(attempt), dir: 'auto' })));
  } catch (error) {
    put('sent-note', error.status ? error.message : 'Connection lost, please try again.');
  }
}

function outcomeOf({ backend, started_at, ended_at, duration_seconds, error }) {
  const at = new Date(started_at).toLocaleTimeString();
  return `At ${at} by ${backend}${ended_at ? `, for ${duration(duration_seconds)}` : ', and it runs'}${error ? `: ${error}` : ''}`;
}

function showProgress() {
  if (shown?.status) put('progress', progressOf(shown));
}

function progressOf({ status: { status, position, eta_seconds, started_at, waiting_for }, answer, thinking, arrivals }) {
  if (status === 'queued') {
    const why = {
      retry: 'to be tried again',
      window: 'after others whose model is loaded',
      limit: 'after others of yours',
      bulk_hours: 'until the hours of such prompts begin',
    }[waiting_for];
    const left = eta_seconds >= 1 && `about ${duration(Math.round(eta_seconds))} to go`;
    return [position ? `Number ${position} in the queue` : 'Waiting in the queue', why, left].filter(Boolean).join(', ');
  }
  if (status !== 'processing') return '';
  const elapsed = Math.floor((serverNow() - Date.parse(started_at)) / 1000);
  const what = thinking && !answer ? 'Thinking' : 'Running';
  return [elapsed >= 1 ? `${what} for ${duration(elapsed)}` : what, rateOf(arrivals)].filter(Boolean).join(', ');
}

function rateOf(arrivals) {
  const since = performance.now() - rateWindow;
  while (arrivals[0] < since) arrivals.shift();
  const seconds = (arrivals.at(-1) - arrivals[0]) / 1000;
  return seconds >= 1 ? `${((arrivals.length - 1) / seconds).toFixed(0)} tokens/s` : '';
}

function showPrompt(text) {
  if ($('prompt-text').textContent) return;
  grow($('prompt-text'), text);
  $('prompt-text').hidden = !text;
  $('prompt-details').hidden = false;
  $('prompt-details').open = text.length <= 500;
}

let frame = 0;

// However fast the tokens arrive, they are drawn once a frame.
function draw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    if (!shown || shown.ended) return;
    showTexts();
    put('result-title', 'Answer, so far');
    keepEndInView();
  });
}

// A reader at the end of the answer is kept there; one who has scrolled away is left alone.

const isEndInView = () => $('followed').getBoundingClientRect().bottom <= innerHeight;

function noteScrolling() {
  if (shown) shown.atEnd = isEndInView();
}

function keepEndInView() {
  if (shown.atEnd && !isEndInView()) $('followed').scrollIntoView({ block: 'end' });
}

function showTexts() {
  const { answer, thinking } = shown;
  grow($('thinking'), thinking);
  $('thinking-details').hidden = $('thinking').hidden = !thinking;
  $('answer').hidden = !answer;
  $('copy-result').hidden = $('plain').hidden = !answer;
  drawResult(answer);
}

function showAnswer(answer) {
  const completed = answer.status === 'completed';
  const text = (completed ? answer.result : answer.partial) ?? '';
  Object.assign(shown, { ended: true, answer: text, thinking: answer.thinking ?? '' });
  showStatus({ ...shown.status, position: undefined, waiting_for: undefined, ...answer });
  showTexts();
  if (!completed) showFailure(answer.status, answer.error ?? `The prompt was ${answer.status}.`);
  $('answer').hidden = !completed && !text;
  put('result-title', completed ? 'Result' : 'Partial result');
  put('result-note', noteOn(answer, text));
  put('connection');
  if (!text && shown.thinking) $('thinking-details').open = true;
}

function noteOn(answer, text) {
  const { truncated_to } = answer;
  const cut = truncated_to && 'The prompt seems to have been too long for the context of the model, which was given only '
    + `${truncated_to.toLocaleString('en')} tokens of it.`;
  return [cut, noteOnText(answer, text)].filter(Boolean).join(' ');
}

function noteOnText({ status, done_reason }, text) {
  if (done_reason === 'length') return 'The answer is cut short: the model reached its limit of tokens.';
  if (!text) return 'The model answered with an empty text.';
  if (text.length > longestMarkdown) return 'This is long, and therefore shown as plain text.';
  return status === 'completed' ? '' : 'This is the text that had arrived before it ended.';
}

function showFailure(status, error) {
  const missing = /model ['"](.{1,200}?)['"] not found/i.exec(error)?.[1];
  const command = missing && isModelName(missing) ? `ollama pull ${missing}` : '';
  $('failure').dataset.status = status;
  put('failure-title', status[0].toUpperCase() + status.slice(1));
  put('error', error);
  put('pull', command);
  $('pull-hint').hidden = !command;
  $('failure').hidden = false;
}

function showRefused(error) {
  const { id } = shown;
  shown = null;
  clear();
  $('followed').hidden = false;
  $('identity').hidden = true;
  showFailure('failed', error.message || `There is no prompt with the id ${id}.`);
  put('failure-title', error.status === 404 ? 'Not found' : 'Not readable');
}

function showTrouble(error) {
  const words = error.status ? `${error.message} Trying again…` : 'Connection lost, trying again…';
  put('connection', words);
  announce(words);
}

function showFacts({ model, created_at, attempts, prompt_eval_count, eval_count, eval_duration, total_duration }) {
  const facts = {
    Model: model,
    Created: created_at && toShortDate(created_at),
    Attempts: attempts > 1 && attempts,
    Tokens: eval_count != null && [prompt_eval_count != null && `${prompt_eval_count} in`, `${eval_count} out`].filter(Boolean).join(', '),
    Speed: eval_count && eval_duration && `${(eval_count / eval_duration * 1e9).toFixed(1)} tokens/s`,
    'Total time': total_duration && duration(total_duration / 1e9),
  };
  const known = Object.entries(facts).filter(([, value]) => value);
  if ($('facts').textContent === known.flat().join('')) return;
  $('facts').replaceChildren(...known.map(([name, value]) => create('div', {},
    create('dt', { textContent: name }), create('dd', { textContent: value }))));
}

// Browsers have a clipboard on https and localhost only. Elsewhere the text is selected, and copied if that still works.
async function copy(button, text, source) {
  button.value ||= button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(source);
    if (!document.execCommand('copy')) return announce('The text is selected: press Ctrl+C to copy it.');
  }
  button.textContent = 'Copied';
  announce('Copied.');
  setTimeout(() => { button.textContent = button.value; announce(''); }, 1500);
}

function togglePlain() {
  const pressed = $('plain').getAttribute('aria-pressed') !== 'true';
  $('plain').setAttribute('aria-pressed', pressed);
  drawResult(shown.answer);
}

$('form').addEventListener('submit', submit);
$('prompt').addEventListener('input', () => {
  if (!$('prompt').value.trim()) return;
  put('message');
  $('prompt').removeAttribute('aria-invalid');
});
$('form').addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing) $('form').requestSubmit();
});
$('model').addEventListener('change', refreshOllama);
$('cancel').addEventListener('click', cancel);
$('retry').addEventListener('click', retry);
$('ask-again').addEventListener('click', askAgain);
$('plain').addEventListener('click', togglePlain);
$('forget').addEventListener('click', forget);
$('notify').addEventListener('click', toggleNotify);
$('drop').addEventListener('click', () => { repeatNothing(); $('prompt').focus(); });
$('sent-details').addEventListener('toggle', showSent);
$('copy-id').addEventListener('click', event => copy(event.currentTarget, shown.id, $('prompt-link')));
$('copy-result').addEventListener('click', event => copy(event.currentTarget, shown.answer, $('result')));
$('copy-command').addEventListener('click', event => copy(event.currentTarget, $('banner-command').textContent, $('banner-command')));
$('copy-pull').addEventListener('click', event => copy(event.currentTarget, $('pull').textContent, $('pull')));
document.addEventListener('visibilitychange', () => { watch(); refreshOllama(); });
addEventListener('popstate', openAddressed);
addEventListener('scroll', noteScrolling, { passive: true });
setInterval(showProgress, 1000);
setInterval(() => { if (!$('banner').hidden) refreshOllama(); }, bannerInterval);
showRemembered();
openAddressed();
refreshOllama();
