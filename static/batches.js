const step = 20;
const refreshInterval = 1_500;
const idleInterval = 10_000;
const beginning = 64 * 1024;
let shown = step;
let timer = 0;

// OpenAI's batches and Anthropic's message batches, in one shape

const apis = [
  {
    list: (limit, after) => `/v1/batches?limit=${Math.min(limit, 100)}${after ? `&after=${after}` : ''}`,
    path: id => `/v1/batches/${id}`,
    read: batch => ({
      id: batch.id,
      kind: batch.endpoint,
      status: batch.status,
      created: batch.created_at * 1000,
      input: batch.input_file_id,
      total: batch.request_counts.total,
      done: batch.request_counts.completed + batch.request_counts.failed,
      failed: batch.request_counts.failed,
      tokens: batch.usage.total_tokens,
      errors: batch.errors?.data ?? [],
      output: batch.output_file_id && `/v1/files/${batch.output_file_id}/content`,
      failures: batch.error_file_id && `/v1/files/${batch.error_file_id}/content`,
    }),
  },
  {
    list: (limit, after) => `/v1/messages/batches?limit=${Math.min(limit, 1000)}${after ? `&after_id=${after}` : ''}`,
    path: id => `/v1/messages/batches/${id}`,
    read: ({ id, processing_status, created_at, results_url, request_counts: { processing, succeeded, errored, canceled, expired } }) => ({
      id,
      kind: '/v1/messages',
      status: { canceling: 'cancelling', ended: 'completed' }[processing_status] ?? processing_status,
      created: Date.parse(created_at),
      total: processing + succeeded + errored + canceled + expired,
      // These counts stay at 0 until the batch has ended.
      done: results_url ? succeeded + errored + canceled + expired : null,
      failed: errored + canceled + expired,
      errors: [],
      output: results_url,
    }),
  },
];

// Loading the list, anew after each time

async function readNewest(api, count) {
  const batches = [];
  let page = { has_more: true };
  while (page.has_more && batches.length < count) {
    page = await request(api.list(count - batches.length, page.last_id), { signal: AbortSignal.timeout(20_000) });
    batches.push(...page.data.map(batch => ({ api, ...api.read(batch) })));
  }
  return { batches, hasMore: page.has_more };
}

async function refresh() {
  clearTimeout(timer);
  timer = 0;
  if (document.hidden) return;
  let interval = idleInterval;
  try {
    const lists = await Promise.all(apis.map(api => readNewest(api, shown)));
    const all = lists.flatMap(({ batches }) => batches).sort((one, other) => orderOf(one) < orderOf(other) ? 1 : -1);
    show(all.slice(0, shown), all.length > shown || lists.some(({ hasMore }) => hasMore));
    if (all.some(isOpen)) interval = refreshInterval;
    setText($('notice'), '');
  } catch (error) {
    setText($('notice'), `${error.status ? error.message : 'Connection lost.'} The list is not up to date, trying again…`);
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, interval);
}

// The part of an id behind its prefix begins with the time, which OpenAI's batches otherwise tell only in seconds.
const orderOf = ({ id }) => id.slice(id.indexOf('_') + 1);

const isOpen = ({ status }) => ['validating', 'in_progress', 'finalizing', 'cancelling'].includes(status);

// Rendering

function show(batches, hasMore) {
  showItems($('batches'), batches, ({ id }) => id, createItem, fillItem);
  $('empty').hidden = batches.length > 0;
  $('older').hidden = !hasMore;
  setText($('updated'), `Updated ${new Date().toTimeString().slice(0, 8)}`);
}

function createItem({ id, api }) {
  const item = $('batch').content.firstElementChild.cloneNode(true);
  item.querySelector('.cancel').addEventListener('click', ({ currentTarget: button }) => cancel(button, `${api.path(id)}/cancel`));
  return item;
}

function fillItem(item, batch) {
  const part = name => item.querySelector(`.${name}`);
  const { id, kind, status, created, total, done, failed, tokens } = batch;
  const colours = { validating: 'queued', completed: 'completed', failed: 'failed', expired: 'failed', cancelled: 'cancelled' };
  setText(part('badge'), status.replace('_', ' '));
  part('badge').dataset.status = colours[status] ?? 'processing';
  setText(part('kind'), `${kind} · ${id}`);
  nameOf(batch).then(name => setText(part('name'), name));
  const time = item.querySelector('time');
  setText(time, new Date(created).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }));
  time.dateTime = new Date(created).toISOString();
  const bar = item.querySelector('progress');
  bar.max = Math.max(total, 1);
  bar.value = done ?? 0;
  bar.hidden = done === null || !isOpen(batch);
  bar.setAttribute('aria-label', 'Requests that are done');
  const requests = total === 1 ? '1 request' : `${number(total)} requests`;
  setText(part('counts'), [
    done === null ? requests : `${number(done)} of ${requests} done`,
    failed > 0 && `${number(failed)} without a good answer`,
    tokens > 0 && `${number(tokens)} tokens`,
  ].filter(Boolean).join(', '));
  showErrors(part('error'), batch.errors);
  for (const [name, address] of [['output', batch.output], ['error', batch.failures]]) {
    const link = part(`${name}-file`);
    link.hidden = !address;
    link.href = address ?? '';
    link.download = `${id}_${name}.jsonl`;
  }
  part('cancel').hidden = !isOpen(batch) || status === 'cancelling';
}

function showErrors(element, errors) {
  element.hidden = errors.length === 0;
  if (errors.length === 0) return;
  const [{ line, message }] = errors;
  const others = errors.length > 1 ? ` (and ${number(errors.length - 1)} more)` : '';
  setText(element, `${line ? `Line ${number(line)}: ` : ''}${message}${others}`);
}

const names = new Map();

// What the file is called. It can have been deleted since.
async function nameOf({ input }) {
  if (!input) return 'Message batch';
  if (!names.has(input)) names.set(input, request(`/v1/files/${input}`).then(({ filename }) => filename, () => 'Deleted file'));
  return names.get(input);
}

// Making and cancelling

async function cancel(button, path) {
  button.disabled = true;
  try {
    await request(path, { method: 'POST' });
  } catch (error) {
    setText($('outcome'), error.status ? error.message : 'Connection lost, please try again.');
  }
  button.disabled = false;
  await refresh();
}

// The first request says what all of them are for. If it cannot be read, the server says why.
async function endpointOf(file) {
  try {
    return JSON.parse((await file.slice(0, beginning).text()).trimStart().split('\n')[0]).url;
  } catch {
    return undefined;
  }
}

async function make(file) {
  $('file').disabled = true;
  setText($('outcome'), `Uploading ${file.name}…`);
  try {
    const form = new FormData();
    form.append('purpose', 'batch');
    form.append('file', file);
    const endpoint = await endpointOf(file) ?? '/v1/chat/completions';
    const { id } = await request('/v1/files', { method: 'POST', body: form });
    const batch = { input_file_id: id, endpoint, completion_window: '24h' };
    await request('/v1/batches', { method: 'POST', body: JSON.stringify(batch) });
    setText($('outcome'), '');
  } catch (error) {
    setText($('outcome'), `No batch was made of ${file.name}: ${error.status ? error.message : 'the connection was lost.'}`);
  }
  $('file').disabled = false;
  $('file').value = '';
  await refresh();
}

const dropped = event => [...event.dataTransfer.items].some(({ kind }) => kind === 'file');

// A file that is dropped beside the field would take the place of the page.
for (const name of ['dragover', 'drop']) addEventListener(name, event => { if (dropped(event)) event.preventDefault(); });
$('drop').addEventListener('dragover', event => $('drop').classList.toggle('over', dropped(event)));
for (const name of ['dragleave', 'drop']) $('drop').addEventListener(name, () => $('drop').classList.remove('over'));
$('drop').addEventListener('drop', ({ dataTransfer: { files } }) => { if (files.length && !$('file').disabled) make(files[0]); });
$('file').addEventListener('change', () => { if ($('file').files.length) make($('file').files[0]); });
$('older').addEventListener('click', () => { shown += step; refresh(); });
document.addEventListener('visibilitychange', refresh);
refresh();
