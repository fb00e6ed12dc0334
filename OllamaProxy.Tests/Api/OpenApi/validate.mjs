// Says what is wrong with an OpenAPI document, or with answers or events that it describes, as a JSON array of sentences; [] says that all
// is well.
// Usage: node validate.mjs openapi.json [answers|events what-came.json]
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import addFormats from 'ajv-formats';
import Ajv from 'ajv/dist/2020.js';

const [path, kind, seen] = process.argv.slice(2);
const read = path => JSON.parse(readFileSync(path, 'utf8'));
const document = read(path);
const complaints = [];
const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
ajv.addSchema(document, 'api');

// What a schema says of its parts, as components of the document.
const compiled = new Map();
function errorsIn(value, schema) {
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/');
  if (!compiled.has(text)) compiled.set(text, ajv.compile(JSON.parse(text)));
  const validate = compiled.get(text);
  return validate(value) ? [] : validate.errors.map(error => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

const resolve = node => node?.$ref ? node.$ref.slice(2).split('/').reduce((at, name) => at[name], document) : node;

async function checkDocument() {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  if (!valid) complaints.push(`It is not valid: ${JSON.stringify(errors)}`);
  if (!document.openapi.startsWith('3.1.')) complaints.push(`It is of version ${document.openapi}`);
  for (const [name, schema] of Object.entries(document.components.schemas))
    for (const example of schema.examples ?? [])
      for (const error of errorsIn(example, schema)) complaints.push(`The example of ${name}: ${error}`);
}

/** What is wrong with an answer; null: nothing. */
function wrongWith({ method, path, status, type, body }) {
  const operation = document.paths[path]?.[method.toLowerCase()];
  if (!operation) return 'is not in the document';
  const response = resolve(operation.responses[status] ?? (status >= 400 ? operation.responses.default : undefined));
  if (!response) return `answers ${status}, which is not in the document`;
  if (method === 'HEAD') return null;
  if (!response.content) return body ? `answers ${status} with a body: ${body}` : null;
  const media = response.content[type] ?? response.content['*/*'];
  if (!media) return `answers ${status} with the type ${type}, which is not in the document: ${body}`;
  if (!/[/+]json$/.test(type)) return null;
  const errors = errorsIn(JSON.parse(body), media.schema ?? {});
  return errors.length > 0 ? `answers ${status} otherwise than the document says: ${errors.join('; ')}: ${body}` : null;
}

function checkAnswers(answers) {
  for (const answer of answers) {
    const wrong = wrongWith(answer);
    if (wrong) complaints.push(`${answer.method} ${answer.path} ${wrong}`);
  }
  const succeeded = new Set(answers.filter(({ status }) => status < 400).map(({ method, path }) => `${method} ${path}`));
  for (const [path, item] of Object.entries(document.paths))
    for (const method of Object.keys(item).filter(name => name !== 'parameters').map(name => name.toUpperCase()))
      if (!succeeded.has(`${method} ${path}`)) complaints.push(`${method} ${path} was not seen to succeed`);
}

/** What is wrong with an event, which a receiver got with these headers, whose names are lower case. */
function wrongWithEvent({ type, headers, body }) {
  const operation = document.webhooks[type]?.post;
  if (!operation) return ['is not in the document'];
  const media = operation.requestBody.content[headers['content-type']];
  if (!media) return [`has the type ${headers['content-type']}, which is not in the document`];
  const wrongHeaders = operation.parameters.map(resolve).flatMap(({ name, required, schema }) => {
    const text = headers[name];
    if (text === undefined) return required ? [`has no ${name}`] : [];
    return errorsIn(schema.type === 'integer' ? Number(text) : text, schema).map(error => `has the ${name} ${text}: ${error}`);
  });
  const wrongBody = errorsIn(JSON.parse(body), media.schema).map(error => `is otherwise than the document says: ${error}: ${body}`);
  return [...wrongHeaders, ...wrongBody];
}

function checkEvents(events) {
  for (const event of events)
    for (const wrong of wrongWithEvent(event)) complaints.push(`${event.type} ${wrong}`);
  for (const type of Object.keys(document.webhooks))
    if (!events.some(event => event.type === type)) complaints.push(`${type} was not seen to be sent`);
}

if (kind === 'answers') checkAnswers(read(seen));
else if (kind === 'events') checkEvents(read(seen));
else await checkDocument();
console.log(JSON.stringify(complaints, null, 1));
