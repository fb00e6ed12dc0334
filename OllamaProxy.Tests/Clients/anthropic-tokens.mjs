import Anthropic from '@anthropic-ai/sdk';

const conversation = { model: 'tiny', system: 'Be brief.', messages: [{ role: 'user', content: 'How many tokens are these?' }] };

/** What users of the `@anthropic-ai/sdk` package do who want to know how many tokens a message will have. */
export default address => {
  const anthropic = new Anthropic({ baseURL: address.replace(/[/]$/, ''), apiKey: 'any' });
  return {
    message: () => anthropic.messages.create({ ...conversation, max_tokens: 5 }),
    count: () => anthropic.messages.countTokens(conversation),
    'count again': () => anthropic.messages.countTokens(conversation),
    'unknown model': () => anthropic.messages.countTokens({ ...conversation, model: 'nosuch' }),
  };
};
