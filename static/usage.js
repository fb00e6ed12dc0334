// What was used in the last 30 days: a bar for each day, and a row for each owner or model.

const usageDays = 30;

async function showUsage() {
  if (!$('usage').open) return;
  try {
    const by = session?.owner && session.admin ? 'owner' : 'model';
    const [days, parts] = await Promise.all([request('/api/v1/usage?by=day'), request(`/api/v1/usage?by=${by}`)]);
    showUsageChart(days);
    showUsageTable(by, parts);
    setText($('usage-note'), '');
  } catch (error) {
    setText($('usage-note'), error.status ? error.message : 'Connection lost.');
  }
}

function showUsageChart({ to, total, usage }) {
  const last = Date.parse(to);
  const tokensOf = new Map(usage.map(({ day, prompt_tokens, tokens }) => [day, prompt_tokens + tokens]));
  const days = Array.from({ length: usageDays }, (_, index) => new Date(last - (usageDays - 1 - index) * 86_400_000).toISOString().slice(0, 10));
  const peak = Math.max(1, ...tokensOf.values());
  $('usage-chart').replaceChildren(...days.map((day, index) => {
    const tokens = tokensOf.get(day) ?? 0;
    const height = tokens / peak * 38;
    return svg('rect', { x: index + .1, y: 40 - height, width: .8, height }, svg('title', {}, `${day}: ${number(tokens)} tokens`));
  }));
  const text = `${number(total.prompts)} prompts ended in the last ${usageDays} days, with ${number(total.prompt_tokens)} tokens in `
    + `and ${number(total.tokens)} tokens out; at most ${number(tokensOf.size ? peak : 0)} a day.`;
  $('usage-chart').setAttribute('aria-label', text);
  setText($('usage-text'), text);
}

function showUsageTable(by, { usage }) {
  setText($('usage-key'), by === 'owner' ? 'Owner' : 'Model');
  const most = [...usage].sort((one, other) => other.prompt_tokens + other.tokens - one.prompt_tokens - one.tokens);
  $('usage-rows').replaceChildren(...most.map(sum => create('tr', {},
    create('th', { scope: 'row', textContent: sum[by] || 'none' }),
    ...[sum.prompts, sum.failed, sum.prompt_tokens, sum.tokens].map(count => create('td', { textContent: number(count) })),
    create('td', { textContent: duration(sum.seconds) }))));
}

$('usage').addEventListener('toggle', showUsage);
