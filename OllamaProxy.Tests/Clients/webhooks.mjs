// What the `openai` package's users do with webhooks: node webhooks.mjs SECRET. It prints its address and then, for each request that
// comes, what `webhooks.unwrap` makes of it, as a line of JSON. It fetches what the event is about from the server that it is told.
import { createServer } from 'node:http';
import OpenAI from 'openai';

const openai = new OpenAI({ apiKey: 'any', webhookSecret: process.argv[2] });
const strangers = new OpenAI({ apiKey: 'any', webhookSecret: `whsec_${Buffer.alloc(32).toString('base64')}` });

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8'))
    body += chunk;
  try {
    const event = await openai.webhooks.unwrap(body, request.headers);
    const refused = await strangers.webhooks.unwrap(body, request.headers).then(() => 'nothing', error => error.constructor.name);
    const changed = await openai.webhooks.unwrap(`${body} `, request.headers).then(() => 'nothing', error => error.constructor.name);
    process.stdout.write(`${JSON.stringify({ event, refused, changed })}\n`);
    response.writeHead(204).end();
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: `${error}` })}\n`);
    response.writeHead(400).end();
  }
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}/\n`));
