// How the queue is, in words, and the buttons that pause and resume it. The page shows what is paused with a function showQueue.

const spreadsWithin = 1_000;
let isChanging = false;
let changedAt = -Infinity;

function pausesOf({ paused, draining, paused_models, paused_backends }) {
  const one = (names, what) => names.length && `No prompts are begun ${what} ${names.join(', ')}.`;
  return [
    paused && 'The queue is paused: what runs goes on, and nothing else is begun.',
    draining && 'The queue is being drained: no prompts are accepted.',
    one(paused_models, 'of the model'),
    one(paused_backends, 'on'),
  ].filter(Boolean).join(' ');
}

function throughputOf({ prompts, prompts_per_second, tokens_per_second, wait_seconds, run_seconds }) {
  if (prompts === 0) return 'Nothing was completed in the last 5 minutes.';
  const rate = prompts_per_second >= 1 ? `${prompts_per_second.toFixed(1)} a second` : `${(prompts_per_second * 60).toFixed(1)} a minute`;
  return `In the last 5 minutes ${number(prompts)} completed (${rate}, ${tokens_per_second.toFixed(0)} tokens/s); `
    + `half waited at most ${duration(wait_seconds?.median ?? 0)} and ran at most ${duration(run_seconds?.median ?? 0)}.`;
}

// The button is not disabled meanwhile: it would lose the focus.
async function pauseOrResume({ currentTarget: { dataset: { action, scope = '{}' } } }) {
  if (isChanging) return;
  isChanging = true;
  changedAt = Infinity;
  try {
    showQueue(await request(`/api/v1/queue/${action}`, { method: 'POST', body: scope, signal: AbortSignal.timeout(20_000) }));
    setText($('outcome'), '');
  } catch (error) {
    setText($('outcome'), error.status ? error.message : 'Connection lost, please try again.');
  } finally {
    isChanging = false;
    changedAt = performance.now();
  }
}

// Another process on the store, which may answer next, learns of it within a second.
const knowsOfChanges = askedAt => askedAt > changedAt + spreadsWithin;
