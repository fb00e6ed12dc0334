import { ChatOllama, Ollama, OllamaEmbeddings } from '@langchain/ollama';
import { abortAfterFirst, all } from './streams.mjs';

const tools = [{ type: 'function', function: { name: 'weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];

/** What users of LangChain do. */
export default address => {
  const options = { baseUrl: address, model: 'tiny', maxRetries: 0 };
  const chat = new ChatOllama(options);
  return {
    invoke: async () => (await chat.invoke('Why is the sky blue?')).toDict(),
    stream: async () => (await all(chat.stream('Why is the sky blue?'))).map(piece => piece.toDict()),
    tools: async () => (await chat.bindTools(tools).invoke('Call the tool')).toDict(),
    JSON: async () => (await new ChatOllama({ ...options, format: 'json' }).invoke('Why?')).toDict(),
    completion: () => new Ollama(options).invoke('Why?'),
    embeddings: () => new OllamaEmbeddings(options).embedDocuments(['one', 'two']),
    abort: async () => {
      const controller = new AbortController();
      return (await abortAfterFirst(new Ollama(options).stream('Why is the sky blue?', { signal: controller.signal }), () => controller.abort())).first;
    },
    'unknown model': () => new ChatOllama({ ...options, model: 'nosuch' }).invoke('Why?'),
  };
};
