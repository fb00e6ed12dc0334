import OpenAI from 'openai';
import { abortAfterFirst, all } from './streams.mjs';

const tools = [{ type: 'function', function: { name: 'weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
const chat = { model: 'tiny', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Why is the sky blue?' }] };

/** What the `openai` package's users do. */
export default address => {
  const openai = new OpenAI({ baseURL: `${address}v1`, apiKey: 'any' });
  return {
    models: () => all(openai.models.list()),
    model: () => openai.models.retrieve('tiny'),
    chat: () => openai.chat.completions.create(chat),
    'chat, streamed': async () => all(openai.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } })),
    'chat, tools': () => openai.chat.completions.create({ ...chat, tools, messages: [{ role: 'user', content: 'Call the tool' }] }),
    'chat, tools, streamed': () => all(openai.chat.completions.create({ ...chat, tools, stream: true, messages: [{ role: 'user', content: 'Call the tool' }] })),
    'chat, JSON': () => openai.chat.completions.create({ ...chat, response_format: { type: 'json_object' } }),
    completions: () => openai.completions.create({ model: 'tiny', prompt: 'Why?' }),
    'completions, streamed': () => all(openai.completions.create({ model: 'tiny', prompt: 'Why?', stream: true })),
    responses: () => openai.responses.create({ model: 'tiny', input: 'Why?' }),
    'responses, streamed': () => all(openai.responses.create({ model: 'tiny', input: 'Why?', stream: true })),
    embeddings: () => openai.embeddings.create({ model: 'tiny', input: ['one', 'two'] }),
    abort: async () => {
      const stream = await openai.chat.completions.create({ ...chat, stream: true, simulator_tokens: 100000 });
      return abortAfterFirst(stream, () => stream.controller.abort());
    },
    'unknown model': () => openai.chat.completions.create({ ...chat, model: 'nosuch' }),
    'unknown model, streamed': () => all(openai.chat.completions.create({ ...chat, model: 'nosuch', stream: true })),
    'bad temperature': () => openai.chat.completions.create({ ...chat, temperature: 'hot' }),
  };
};
