const id = decodeURIComponent(location.pathname.split('/').pop());
const liveInterval = 1_000;
const endedInterval = 30_000;
const longestShown = 200_000;
let timer = 0;
let prompt = null;

const hasEnded = ({ status }) => ['completed', 'failed', 'cancelled'].includes(status);
const seconds = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;
const time = text => new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

// Loading

async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const signal = AbortSignal.timeout(20_000);
    prompt = await request(pathOf(id), { signal });
    show(prompt, await request(`${pathOf(id)}/result`, { signal }));
    setText($('notice'), '');
  } catch (error) {
    const isGone = error.status === 404;
    $('actions').hidden = isGone;
    setText($('notice'), isGone ? 'There is no such prompt.' : `${error.status ? error.message : 'Connection lost.'} Trying again…`);
    setText($('updated'), '');
  }
  timer = setTimeout(refresh, prompt && hasEnded(prompt) ? endedInterval : liveInterval);
}

// Rendering

function show(prompt, result) {
  $('found').hidden = $('actions').hidden = $('status').hidden = false;
  $('status').dataset.status = prompt.status;
  setText($('status'), prompt.status);
  setText($('id'), prompt.id);
  setText($('updated'), hasEnded(prompt) ? '' : 'Live');
  $('error').hidden = !prompt.error;
  setText($('error'), prompt.error ?? '');
  $('cancel').hidden = hasEnded(prompt);
  $('retry').hidden = !['failed', 'cancelled'].includes(prompt.status);
  showFacts(prompt, result);
  showAttempts(prompt);
  showCallbacks(prompt.callbacks ?? []);
  grow($('prompt'), prompt.prompt);
  showAnswer(result);
  setText($('request'), prompt.request ? JSON.stringify(prompt.request, null, 2) : 'Nothing else was sent, or it is not kept as JSON.');
  if ($('response-details').open) showResponse();
}

function showFacts(prompt, result) {
  const rate = result.eval_count && result.eval_duration ? result.eval_count / (result.eval_duration / 1e9) : 0;
  const facts = {
    Model: prompt.model,
    Owner: prompt.owner,
    Route: prompt.endpoint,
    Priority: number(prompt.priority),
    Submitted: time(prompt.created_at),
    Position: prompt.position && number(prompt.position),
    'Waits for': prompt.waiting_for?.replace('_', ' '),
    'Probably done in': prompt.eta_seconds !== undefined && duration(prompt.eta_seconds),
    'Waited for the last attempt': prompt.started_at && duration(seconds(prompt.created_at, prompt.started_at)),
    'Ran for': prompt.started_at && prompt.completed_at && duration(seconds(prompt.started_at, prompt.completed_at)),
    Ended: prompt.completed_at && time(prompt.completed_at),
    'Tokens of the prompt': result.prompt_eval_count && number(result.prompt_eval_count),
    'Cut to': prompt.truncated_to && `${number(prompt.truncated_to)} tokens`,
    'Tokens of the answer': result.eval_count && number(result.eval_count),
    'Tokens a second': rate > 0 && number(Number(rate.toFixed(1))),
    'Loading the model': result.load_duration && duration(result.load_duration / 1e9),
    'Stopped because of': result.done_reason,
    Batch: prompt.batch,
    Trace: prompt.trace_id,
  };
  const shown = Object.entries(facts).filter(([, value]) => value);
  const list = $('facts');
  if (list.children.length !== shown.length) {
    list.replaceChildren(...shown.map(() => create('div', {}, create('dt'), create('dd', { dir: 'auto' }))));
  }
  shown.forEach(([name, value], index) => {
    setText(list.children[index].firstChild, name);
    setText(list.children[index].lastChild, value);
  });
}

// From the submission to the end, or until now.
function showAttempts({ created_at, completed_at, attempt_history, status }) {
  const from = Date.parse(created_at);
  const length = Math.max((completed_at ? Date.parse(completed_at) : serverNow()) - from, 1);
  const bars = attempt_history.map(({ started_at, ended_at, error }, index) => {
    const start = (Date.parse(started_at) - from) / length * 1000;
    const end = ((ended_at ? Date.parse(ended_at) : from + length) - from) / length * 1000;
    const isGood = status === 'completed' && index === attempt_history.length - 1;
    const name = !ended_at ? 'running' : isGood || !error ? 'good' : '';
    return svg('rect', { x: start, width: Math.max(end - start, 3), height: 24, class: name });
  });
  $('timeline').replaceChildren(...bars);
  const count = attempt_history.length === 1 ? '1 attempt' : `${number(attempt_history.length)} attempts`;
  setText($('timeline-note'), `${count} in ${duration(length / 1000)}, from the submission ${completed_at ? 'to the end' : 'until now'}`);
  fillTable($('attempts'), attempt_history.map(({ attempt, backend, started_at, duration_seconds, error }) => [
    number(attempt), backend ?? '', time(started_at), duration_seconds === undefined ? 'runs' : duration(duration_seconds), error ?? '',
  ]));
}

function showCallbacks(callbacks) {
  $('callbacks-section').hidden = callbacks.length === 0;
  fillTable($('callbacks'), callbacks.map(({ event, status, attempts, url, last_error }) =>
    [event, status, number(attempts), url, last_error ?? '']));
}

function fillTable(table, rows) {
  const body = table.tBodies[0];
  while (body.rows.length > rows.length) body.lastChild.remove();
  rows.forEach((cells, index) => {
    const row = body.rows[index] ?? body.appendChild(create('tr', {}, ...cells.map(() => create('td', { dir: 'auto' }))));
    cells.forEach((text, column) => setText(row.cells[column], text));
  });
}

function showAnswer({ result, partial, thinking }) {
  const text = result ?? partial ?? '';
  $('answer').hidden = !text && !thinking;
  $('thinking-details').hidden = !thinking;
  grow($('thinking'), thinking ?? '');
  grow($('result'), text);
}

async function readResponse() {
  const signal = AbortSignal.timeout(20_000);
  if (prompt.endpoint === '/api/v1/prompt') return JSON.stringify(await request(`${pathOf(id)}/result`, { signal }), null, 2);
  const response = await fetch(`${pathOf(id)}/response`, { signal });
  return response.text();
}

// Calls have what Ollama answered; prompts that were submitted only have what was made of it.
async function showResponse() {
  if (!prompt || !hasEnded(prompt)) return setText($('response'), 'There is none before the end.');
  const text = await readResponse().catch(() => 'It cannot be read at the moment.');
  const note = text.length > longestShown ? `\n… and ${number(text.length - longestShown)} more characters` : '';
  setText($('response'), text.slice(0, longestShown) + note);
}

// Actions

async function act(button, path, options, then) {
  button.disabled = true;
  try {
    const answer = await request(path, options);
    setText($('outcome'), '');
    if (then) return then(answer);
  } catch (error) {
    setText($('outcome'), error.status ? error.message : 'Connection lost, please try again.');
  } finally {
    button.disabled = false;
  }
  await refresh();
}

const onClick = (name, path, method, then) => $(name).addEventListener('click', () => act($(name), path, { method }, then));

onClick('cancel', `${pathOf(id)}/cancel`, 'POST');
onClick('retry', `${pathOf(id)}/retry`, 'POST');
onClick('repeat', `${pathOf(id)}/repeat`, 'POST', again => { location.href = `/prompts/${again.id}`; });
onClick('delete', pathOf(id), 'DELETE', () => { location.href = '/list'; });
$('response-details').addEventListener('toggle', () => { if ($('response-details').open) showResponse(); });
document.addEventListener('visibilitychange', refresh);
refresh();
