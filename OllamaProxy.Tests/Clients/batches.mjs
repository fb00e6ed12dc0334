// What the `openai` package's users do with files and batches: node batches.mjs ADDRESS prints what came of it as JSON.
import OpenAI, { toFile } from 'openai';

const openai = new OpenAI({ baseURL: `${process.argv[2]}v1`, apiKey: 'any' });
const lines = Array.from({ length: 5 }, (_, number) => JSON.stringify({
  custom_id: `request ${number}`,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: number === 4 ? 'nosuch' : 'tiny', messages: [{ role: 'user', content: `Question ${number}` }] },
}));

const file = await openai.files.create({
  file: await toFile(Buffer.from(lines.join('\n')), 'requests.jsonl'),
  purpose: 'batch',
  expires_after: { anchor: 'created_at', seconds: 86400 },
});
await openai.files.waitForProcessing(file.id);
let batch = await openai.batches.create({
  input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { job: 'test' },
});
while (!['completed', 'failed', 'expired', 'cancelled'].includes(batch.status)) {
  await new Promise(resolve => setTimeout(resolve, 50));
  batch = await openai.batches.retrieve(batch.id);
}
const read = async id => (await (await openai.files.content(id)).text()).trim().split('\n').map(line => JSON.parse(line));
const [output, errors] = [await read(batch.output_file_id), await read(batch.error_file_id)];
const listed = [];
for await (const each of openai.batches.list({ limit: 1 }))
  listed.push(each.id);
const files = [];
for await (const each of openai.files.list({ limit: 1, purpose: 'batch_output' }))
  files.push(each.id);
const fail = async call => { try { await call(); return 'nothing'; } catch (error) { return `${error.constructor.name} ${error.status}`; } };
const twice = await fail(() => openai.batches.cancel(batch.id));
const deleted = await openai.files.delete(file.id);
const gone = await fail(() => openai.files.retrieve(file.id));

process.stdout.write(JSON.stringify({
  expires: file.expires_at - file.created_at, batch, output, errors, listed, files: files.length, twice, deleted: deleted.deleted, gone,
}));
