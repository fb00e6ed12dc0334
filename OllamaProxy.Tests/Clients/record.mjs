// Records what a client of Ollama's shows its user: node record.mjs CLIENT ADDRESS prints a JSON array of steps, each with
// what came of it: a value, or the error's kind, status and message.
const [client, address] = process.argv.slice(2);
const { default: stepsOf } = await import(`./${client}.mjs`);

const recording = [];
for (const [step, run] of Object.entries(stepsOf(address))) {
  try {
    recording.push({ step, value: await run() });
  } catch (error) {
    recording.push({ step, error: describe(error) });
  }
}
process.stdout.write(JSON.stringify(recording, (_, value) => (typeof value === 'bigint' ? `${value}` : value)));

function describe(error) {
  return { name: error.constructor.name, status: error.status ?? error.status_code ?? null, message: error.message };
}
