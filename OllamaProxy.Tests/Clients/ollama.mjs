import { Ollama } from 'ollama';
import { abortAfterFirst, all } from './streams.mjs';

const tools = [{ type: 'function', function: { name: 'weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
const chat = { model: 'tiny', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Why is the sky blue?' }] };
const generate = { model: 'tiny', prompt: 'Why is the sky blue?' };

/** What the `ollama` package's users do. */
export default address => {
  const ollama = new Ollama({ host: address });
  return {
    version: () => ollama.version(),
    list: () => ollama.list(),
    show: () => ollama.show({ model: 'tiny' }),
    generate: () => ollama.generate(generate),
    'generate, streamed': () => all(ollama.generate({ ...generate, stream: true })),
    'generate, thinking': () => all(ollama.generate({ ...generate, think: true, stream: true })),
    chat: () => ollama.chat(chat),
    'chat, streamed': () => all(ollama.chat({ ...chat, stream: true })),
    'chat, tools': () => ollama.chat({ ...chat, tools, messages: [{ role: 'user', content: 'Call the tool' }] }),
    'chat, tools, streamed': () => all(ollama.chat({ ...chat, tools, stream: true, messages: [{ role: 'user', content: 'Call the tool' }] })),
    'chat, JSON': () => ollama.chat({ ...chat, format: 'json' }),
    'chat, schema': () => ollama.chat({ ...chat, format: { type: 'object', properties: { answer: { type: 'string' } } } }),
    embed: () => ollama.embed({ model: 'tiny', input: ['one', 'two'] }),
    embeddings: () => ollama.embeddings({ model: 'tiny', prompt: 'one' }),
    ps: async () => (await ollama.ps()).models.map(({ name }) => name),
    load: () => ollama.generate({ model: 'tiny', prompt: '' }),
    unload: () => ollama.generate({ model: 'tiny', prompt: '', keep_alive: 0 }),
    abort: async () => abortAfterFirst(ollama.generate({ ...generate, stream: true, options: { simulator_tokens: 100000 } }), () => ollama.abort()),
    'unknown model': () => ollama.chat({ ...chat, model: 'nosuch' }),
    'unknown model, streamed': () => all(ollama.chat({ ...chat, model: 'nosuch', stream: true })),
    'bad option': () => ollama.generate({ ...generate, options: { num_predict: 'many' } }),
  };
};
