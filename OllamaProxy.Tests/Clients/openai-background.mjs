import OpenAI from 'openai';
import { all } from './streams.mjs';

const call = { model: 'tiny', input: 'Why is the sky blue?', background: true, metadata: { of: 'a test' } };
const pause = () => new Promise(resolve => setTimeout(resolve, 50));

/** What users of the `openai` package do with responses that they do not wait for. */
export default address => {
  const { responses } = new OpenAI({ baseURL: `${address}v1`, apiKey: 'any' });
  const whenEnded = async id => {
    let response;
    while (['queued', 'in_progress'].includes((response = await responses.retrieve(id)).status)) await pause();
    return response;
  };
  const created = [];
  return {
    create: async () => {
      created.push(await responses.create(call));
      return created[0];
    },
    retrieve: () => whenEnded(created[0].id),
    'output text': async () => (await whenEnded(created[0].id)).output_text,
    'input items': () => all(responses.inputItems.list(created[0].id)),
    stream: async () => {
      const events = await all(responses.create({ ...call, stream: true }));
      created.push(events[0].response);
      return events;
    },
    resume: () => all(responses.retrieve(created[1].id, { stream: true, starting_after: 4 })),
    helper: async () => (await responses.stream({ response_id: created[1].id, starting_after: 4 }).finalResponse()).output_text,
    'go on': async () => {
      const { id } = await responses.create({ model: 'tiny', input: 'Really?', previous_response_id: created[0].id });
      return (await responses.retrieve(id)).previous_response_id;
    },
    cancel: async () => {
      const { id } = await responses.create({ ...call, simulator_tokens: 1000000 });
      const cancelled = await responses.cancel(id);
      return [cancelled.status, (await responses.cancel(id)).status, (await responses.retrieve(id)).status];
    },
    delete: async () => {
      await responses.delete(created[0].id);
      return responses.retrieve(created[0].id);
    },
    unknown: () => responses.retrieve('resp_123'),
  };
};
