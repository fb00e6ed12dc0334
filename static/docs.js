// Shows /openapi.json: each operation with its parameters, its body and its answers, and each event that is posted to clients. What an
// operation consists of is made only when it is opened, since all of them together are thousands of elements.

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete'];
const places = { path: 'In the path.', query: 'In the query.', header: 'A header.' };
const depth = 6;
let api = null;
let rows = [];

/** What a node refers to, with what it says itself in front of that. */
function resolve(node) {
  if (!node?.$ref) return node;
  const { $ref, ...own } = node;
  return { ...resolve($ref.slice(2).split('/').reduce((at, name) => at[name], api)), ...own };
}

const nameOf = node => node?.$ref?.split('/').at(-1);

// Descriptions have `code`, [links](https://…) and, between paragraphs, blank lines.

function prose(text) {
  return text.split('\n\n').map(paragraph => create('p', {}, ...inline(paragraph)));
}

function inline(text) {
  return text.split(/(`[^`]+`|\[[^\]]+\]\(https:[^)\s]+\))/).filter(Boolean).map(part => {
    if (part.startsWith('`')) return create('code', { textContent: part.slice(1, -1) });
    const [, label, href] = part.match(/^\[([^\]]+)\]\((https:[^)]+)\)$/) ?? [];
    return href ? link(href, label) : part;
  });
}

const link = (href, label) => create('a', { href, textContent: label, rel: 'noreferrer' });

// Schemas

function merged(node) {
  const { allOf, ...schema } = resolve(node) ?? {};
  return (allOf ?? []).map(merged).reduceRight((all, part) => ({
    ...part, ...all,
    required: [...part.required ?? [], ...all.required ?? []],
    properties: { ...part.properties, ...all.properties },
  }), schema);
}

function kindOf(node) {
  const schema = merged(node);
  if ('const' in schema) return `always ${JSON.stringify(schema.const)}`;
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(' or ');
  const types = [schema.type ?? (schema.properties ? 'object' : 'anything')].flat();
  const of = schema.items && types.includes('array') ? ` of ${kindOf(schema.items)}` : '';
  return [nameOf(node) ?? `${types.join(' or ')}${schema.format ? ` (${schema.format})` : ''}${of}`, ...bounds(schema)].join(', ');
}

function bounds(schema) {
  const say = (name, text) => schema[name] === undefined ? [] : [text(schema[name])];
  return [
    ...say('enum', values => `one of ${values.join(', ')}`),
    ...say('minimum', value => `at least ${value}`),
    ...say('exclusiveMinimum', value => `more than ${value}`),
    ...say('maximum', value => `at most ${value}`),
    ...say('minLength', value => value === 1 ? 'not empty' : `at least ${value} characters`),
    ...say('maxLength', value => `at most ${value} characters`),
    ...say('minItems', value => `at least ${value}`),
    ...say('maxItems', value => `at most ${value}`),
    ...say('maxProperties', value => `at most ${value} fields`),
    ...say('pattern', value => `as ${value}`),
    ...say('default', value => `${JSON.stringify(value)} if left out`),
  ];
}

function field(name, node, isRequired, description, level) {
  const text = description ?? merged(node).description;
  const item = create('li', { className: 'field' },
    create('code', { className: 'name', textContent: name }), ' ',
    create('span', { className: 'kind', textContent: kindOf(node) }),
    isRequired ? create('span', { className: 'required', textContent: ' required' }) : '',
    text ? create('div', {}, ...inline(text)) : '');
  const inner = level < depth ? fieldsOf(node, level + 1) : null;
  if (inner) item.append(folded(`Fields of ${name}`, () => [inner]));
  return item;
}

/** The fields of an object, of the objects in a list, or of one of several; null: there are none to show. */
function fieldsOf(node, level = 0) {
  const schema = merged(node);
  if (schema.anyOf) {
    const parts = schema.anyOf.flatMap(part => [create('p', { textContent: kindOf(part) }), fieldsOf(part, level) ?? '']);
    return create('div', {}, ...parts);
  }
  if (schema.items) return fieldsOf(schema.items, level);
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return null;
  return create('ul', { className: 'fields' },
    ...properties.map(([name, value]) => field(name, value, schema.required?.includes(name), null, level)));
}

function folded(title, make, className = '') {
  const details = create('details', { className }, create('summary', { textContent: title }));
  details.addEventListener('toggle', () => {
    if (details.childElementCount === 1) details.append(...make());
  });
  return details;
}

// Operations

function contentOf(content) {
  return Object.entries(content ?? {}).flatMap(([type, { schema = {} }]) => {
    const shown = merged(schema);
    const example = shown.examples?.[0];
    return [
      create('p', {}, create('code', { textContent: type }), ' ', create('span', { className: 'kind', textContent: kindOf(schema) })),
      shown.description ? create('div', {}, ...prose(shown.description)) : '',
      fieldsOf(schema) ?? '',
      example === undefined || typeof example !== 'object' ? '' : folded('Example', () =>
        [create('pre', { textContent: JSON.stringify(example, null, 2) })], 'example'),
    ];
  });
}

function answerOf(status, node) {
  const { description, headers = {}, content } = resolve(node);
  const names = Object.keys(headers);
  const isProblem = status === 'default' || status >= 400;
  const body = isProblem ? [folded('Body', () => contentOf(content))] : contentOf(content);
  return create('li', { className: 'field' },
    create('code', { className: 'name', textContent: status === 'default' ? 'other' : status }), ' ', ...inline(description),
    names.length === 0 ? '' : create('p', { className: 'kind', textContent: `Headers: ${names.join(', ')}` }),
    ...content ? body : []);
}

const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

/** The command that asks for an operation, with what its path and its body need. */
function curlOf({ method, path, operation }) {
  const parts = ['curl', ...{ get: [], head: ['-I'] }[method] ?? [`-X ${method.toUpperCase()}`]];
  if (JSON.stringify(Object.values(operation.responses)[0]).includes('text/event-stream') && method === 'get') parts.push('-N');
  parts.push(quoted(location.origin + path.replace(/\{(\w+)\}/g, (_, name) => name.toUpperCase())));
  if (operation.security?.length !== 0) parts.push('-H "Authorization: Bearer $KEY"');
  const [type, { schema } = {}] = Object.entries(resolve(operation.requestBody)?.content ?? {})[0] ?? [];
  if (type === 'multipart/form-data') parts.push('-F purpose=batch -F file=@requests.jsonl');
  else if (type === 'application/octet-stream') parts.push('--data-binary @file');
  else if (type) parts.push(`-H 'Content-Type: ${type}'`, `-d ${quoted(JSON.stringify(exampleOf(schema)))}`);
  return parts.join(' ');
}

function exampleOf(node) {
  const schema = merged(node);
  if (schema.examples) return schema.examples[0];
  if (schema.items) return [exampleOf(schema.items)];
  const needed = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
  return Object.fromEntries(needed.map(([name, value]) => [name, valueOf(merged(value))]));
}

const valueOf = ({ examples, enum: values, default: value, type }) =>
  examples?.[0] ?? values?.[0] ?? value ?? { integer: 1, number: 1, boolean: true, array: [], object: {} }[type] ?? '…';

function commandOf(row) {
  const copy = create('button', { type: 'button', className: 'quiet', textContent: 'Copy' });
  const curl = create('code', { textContent: curlOf(row) });
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(curl.textContent);
      setText(copy, 'Copied');
    } catch {
      getSelection().selectAllChildren(curl);
    }
  });
  return create('div', { className: 'curl' }, create('pre', {}, curl), copy);
}

function detailsOf(row) {
  const { item, operation, isEvent } = row;
  const parameters = [...item.parameters ?? [], ...operation.parameters ?? []].map(resolve);
  const requestBody = resolve(operation.requestBody);
  return create('div', { className: 'details' },
    ...operation.description ? prose(operation.description) : [],
    operation.security?.length === 0 && !isEvent ? create('p', { className: 'kind', textContent: 'Open to all: it needs no key.' }) : '',
    isEvent ? '' : commandOf(row),
    ...parameters.length === 0 ? [] : [create('h3', { textContent: 'Parameters' }), create('ul', { className: 'fields' },
      ...parameters.map(({ name, in: place, required, schema, description }) =>
        field(name, schema, required, `${places[place]} ${description}`, depth)))],
    ...requestBody ? [
      create('h3', { textContent: requestBody.required ? 'Body' : 'Body, which may be left out' }),
      ...contentOf(requestBody.content),
    ] : [],
    create('h3', { textContent: isEvent ? 'Answers of the receiver' : 'Answers' }),
    create('ul', { className: 'fields' }, ...Object.entries(operation.responses).map(([status, answer]) => answerOf(status, answer))));
}

/** A row for each operation, or for each event that is posted to clients, whose path is its type. */
function rowsOf(paths, isEvent) {
  return Object.entries(paths).flatMap(([path, item]) => methods.filter(method => item[method]).map(method => {
    const operation = item[method];
    const { summary, description, operationId, tags } = operation;
    const text = [method, path, summary, description, operationId, ...tags].join(' ').toLowerCase();
    return { method, path, item, operation, isEvent, text };
  }));
}

function showOperation(row) {
  const { method, path, operation } = row;
  const details = create('details', { className: 'operation', id: operation.operationId },
    create('summary', {},
      create('span', { className: 'method', textContent: method.toUpperCase() }),
      create('code', { className: 'path', textContent: path }),
      create('span', { className: 'muted', textContent: operation.summary })));
  details.querySelector('.method').dataset.method = method;
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(detailsOf(row));
  });
  return details;
}

function showTag({ name, description, externalDocs }) {
  const own = rows.filter(({ operation }) => operation.tags[0] === name);
  for (const row of own) row.element = showOperation(row);
  const about = create('p', { className: 'muted' }, ...inline(description));
  if (externalDocs) about.append(' ', link(externalDocs.url, 'Its own documentation'));
  const section = create('section', {}, create('h2', { textContent: name }), about, ...own.map(({ element }) => element));
  section.setAttribute('aria-label', name);
  return section;
}

// Filter, and the operation that the address names

function filter() {
  const words = $('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { element, text } of rows) {
    element.hidden = !words.every(word => text.includes(word));
    if (!element.hidden) found++;
  }
  for (const section of $('operations').children) section.hidden = !section.querySelector('.operation:not([hidden])');
  $('none').hidden = found > 0;
  setText($('found'), `${found} of ${rows.length} operations`);
}

function openNamed() {
  const named = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (!named?.matches('.operation')) return;
  named.open = true;
  named.scrollIntoView();
}

async function load() {
  try {
    api = await request('/openapi.json');
  } catch (error) {
    setText($('version'), '');
    setText($('notice'), `${error.status ? error.message : 'Connection lost.'} Reload the page to try again.`);
    return;
  }
  rows = [...rowsOf(api.paths, false), ...rowsOf(api.webhooks, true)];
  $('version').replaceChildren(`Version ${api.info.version} · `, create('a', { href: '/openapi.json', textContent: 'openapi.json' }));
  $('about').replaceChildren(...prose(api.info.description));
  $('operations').replaceChildren(...api.tags.map(showTag));
  filter();
  openNamed();
}

$('filter').addEventListener('input', filter);
$('search').addEventListener('submit', event => event.preventDefault());
addEventListener('hashchange', openNamed);
load();
