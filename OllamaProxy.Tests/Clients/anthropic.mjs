import Anthropic from '@anthropic-ai/sdk';
import { abortAfterFirst, all } from './streams.mjs';

const tools = [{ name: 'weather', description: 'The weather', input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }];
const message = { model: 'tiny', max_tokens: 100, system: 'Be brief.', messages: [{ role: 'user', content: 'Why is the sky blue?' }] };

/** What the `@anthropic-ai/sdk` package's users do. */
export default address => {
  const anthropic = new Anthropic({ baseURL: address.replace(/[/]$/, ''), apiKey: 'any' });
  return {
    message: () => anthropic.messages.create(message),
    'message, streamed': () => all(anthropic.messages.create({ ...message, stream: true })),
    'message, in blocks': () => anthropic.messages.create({ ...message, messages: [{ role: 'user', content: [{ type: 'text', text: 'Why?' }] }] }),
    'message, tools': () => anthropic.messages.create({ ...message, tools, messages: [{ role: 'user', content: 'Call the tool' }] }),
    'message, the helper for streams': () => anthropic.messages.stream(message).finalMessage(),
    abort: async () => {
      const stream = await anthropic.messages.create({ ...message, stream: true, simulator_tokens: 100000, max_tokens: 100000 });
      return abortAfterFirst(stream, () => stream.controller.abort());
    },
    'unknown model': () => anthropic.messages.create({ ...message, model: 'nosuch' }),
    'unknown model, streamed': () => all(anthropic.messages.create({ ...message, model: 'nosuch', stream: true })),
    'no messages': () => anthropic.messages.create({ ...message, messages: [] }),
  };
};
