// What the `@anthropic-ai/sdk` package's users do with message batches: node message-batches.mjs ADDRESS prints what came of it as JSON.
import Anthropic from '@anthropic-ai/sdk';

const anthropic = new Anthropic({ baseURL: process.argv[2], apiKey: 'any' });
const requests = Array.from({ length: 4 }, (_, number) => ({
  custom_id: `request-${number}`,
  params: { model: number === 3 ? 'nosuch' : 'tiny', max_tokens: 100, messages: [{ role: 'user', content: `Question ${number}\n` }] },
}));
const fail = async call => { try { await call(); return 'nothing'; } catch (error) { return `${error.constructor.name} ${error.status}`; } };

const created = await anthropic.messages.batches.create({ requests });
let batch = created;
while (batch.processing_status !== 'ended') {
  await new Promise(resolve => setTimeout(resolve, 50));
  batch = await anthropic.messages.batches.retrieve(batch.id);
}
const results = [];
for await (const result of await anthropic.messages.batches.results(batch.id))
  results.push(result);
await anthropic.messages.batches.create({ requests: requests.slice(0, 1) });
const listed = [];
for await (const each of anthropic.messages.batches.list({ limit: 1 }))
  listed.push(each.id);
const twice = await fail(() => anthropic.messages.batches.cancel(batch.id));
const deleted = await anthropic.messages.batches.delete(batch.id);
const gone = await fail(() => anthropic.messages.batches.retrieve(batch.id));

process.stdout.write(JSON.stringify({ created, batch, results, listed: listed.length, twice, deleted: deleted.type, gone }));
