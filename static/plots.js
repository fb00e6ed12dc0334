// Figures over time as SVG. What is in `plots` touches no document, so that `node --test` can run it; `createPlot` draws with it.

const plots = (() => {
  'use strict';

  const maxIntervals = 4;
  const hour = 3_600;
  const day = 24 * hour;
  const timeSteps = [10, 15, 30, 60, 120, 300, 600, 900, 1800, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day];

  const rounded = value => Number(value.toPrecision(6));
  const compact = value => rounded(value).toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 });
  const twoDigits = value => String(value).padStart(2, '0');
  const clock = date => `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
  const weekday = date => date.toLocaleDateString('en', { weekday: 'short' });

  // The smallest of 1, 2, 5, 10, 20, 50 and so on that is no less.
  function roundStep(least) {
    const power = 10 ** Math.floor(Math.log10(least));
    return rounded(power * [1, 2, 5, 10].find(factor => factor * power >= least));
  }

  function spell(seconds) {
    const [size, name] = [[day, 'd'], [hour, 'h'], [60, 'min'], [1, 's']].find(([size]) => seconds >= size) ?? [.001, 'ms'];
    return `${rounded(seconds / size)} ${name}`;
  }

  const units = {
    count: { step: least => Math.max(1, roundStep(least)), label: compact },
    rate: { step: roundStep, label: compact },
    seconds: {
      step: least => least <= 5 ? roundStep(least) : timeSteps.find(step => step >= least) ?? roundStep(least / day) * day,
      label: spell,
    },
  };

  // The marks of an axis from 0 to at least the peak, at round values.
  function scaleOf(peak, unit) {
    const { step, label } = units[unit];
    const size = step(peak > 0 ? peak / maxIntervals : 1 / maxIntervals);
    const count = Math.max(1, Math.ceil(rounded(peak / size)));
    const marks = Array.from({ length: count + 1 }, (_, index) => rounded(index * size));
    return { max: marks.at(-1), marks: marks.map(value => ({ value, label: value === 0 ? '0' : label(value) })) };
  }

  // The marks between two times: quarters of an hour, every fourth hour or midnights, as clocks show them here.
  function timesOf(from, to) {
    const hours = (to - from) / 3_600_000;
    const date = new Date(from);
    const [begin, next] = hours <= 2 ? [() => date.setMinutes(0, 0, 0), () => date.setMinutes(date.getMinutes() + 15)]
      : [() => date.setHours(0, 0, 0, 0), hours <= 48 ? () => date.setHours(date.getHours() + 4) : () => date.setDate(date.getDate() + 1)];
    const marks = [];
    for (begin(); date.getTime() < to; next()) {
      const isMidnight = hours > 2 && date.getHours() === 0;
      if (date.getTime() >= from) marks.push({ at: date.getTime(), label: isMidnight ? weekday(date) : clock(date) });
    }
    return marks;
  }

  // When a step began and ended; the last one has not ended. Beyond an hour or two the day needs to be told.
  function nameOf(at, seconds, isLast, isLong) {
    const [from, to] = [new Date(at), new Date(at + seconds * 1000)];
    return `${isLong ? `${weekday(from)} ` : ''}${clock(from)} to ${isLast ? 'now' : clock(to)}`;
  }

  // What is drawn in one go: neighbours that are known.
  function runsOf(values) {
    const runs = [];
    values.forEach((value, index) => {
      if (value === undefined) return;
      if (index === 0 || values[index - 1] === undefined) runs.push([]);
      runs.at(-1).push({ index, value });
    });
    return runs;
  }

  const place = value => Number(value.toFixed(2));

  // A line with gaps, and apart from it the dots of the values that have no neighbour: lines of no length, of which the ends show.
  function linePaths(values, x, y) {
    const runs = runsOf(values).map(run => run.map(({ index, value }) => `${place(x(index))} ${place(y(value))}`));
    const [lines, dots] = [runs.filter(({ length }) => length > 1), runs.filter(({ length }) => length === 1)];
    return { line: lines.map(run => `M${run.join('L')}`).join(''), dots: dots.map(([dot]) => `M${dot}h0`).join('') };
  }

  // Bars of a width, each from one value to another.
  function barPath(bars, x, y, width) {
    return bars.map(({ from, to }, index) => to > from
      ? `M${place(x(index) - width / 2)} ${place(y(from))}V${place(y(to))}h${place(width)}V${place(y(from))}z` : '').join('');
  }

  // What each series of bars begins and ends at, the later ones on top of those before.
  function stack(series) {
    const ends = series[0].map(() => 0);
    return series.map(values => values.map((value, index) => ({ from: ends[index], to: ends[index] += value ?? 0 })));
  }

  return { clock, scaleOf, timesOf, nameOf, linePaths, barPath, stack };
})();

// A plot with a title, a legend, and a read-out of the step that the pointer or the arrow keys are at.
//   unit: count, rate or seconds; isStacked: bars, not lines
//   series: of each its name, its class, and its value at a point
//   format: a value in words; sum: a sentence about the trends, or nothing where there is nothing to draw; none: what is said then
function createPlot({ id, title, unit, isStacked = false, series, format, sum, none }) {
  const image = svg('svg', { role: 'img', tabindex: 0, class: 'plot', 'aria-describedby': 'keys' });
  image.setAttribute('aria-labelledby', `${id}-title ${id}-sum`);
  const legend = create('p', { className: 'legend' }, ...series.map(one =>
    create('span', { className: `${isStacked ? 'bar-key' : 'line-key'} ${one.class}`, textContent: one.name })));
  const readOut = create('p', { className: 'read-out', ariaLive: 'polite' });
  const summary = create('p', { id: `${id}-sum`, className: 'summary' });
  const heading = create('h2', { id: `${id}-title`, textContent: title });
  const told = create('div', { className: 'told' }, readOut, summary);
  const figure = create('figure', { id }, create('div', { className: 'bar' }, heading, legend), image, told);
  const marker = svg('g', { class: 'marker' });
  let trends = null;
  let layout = null;
  // The time, since the steps move on.
  let markedAt = null;

  function show(next) {
    trends = next;
    const text = sum(trends);
    setText(summary, text || none(trends));
    image.toggleAttribute('hidden', !text);
    legend.hidden = !text;
    if (text) draw();
    else mark(null);
  }

  function draw() {
    const { width, height } = image.getBoundingClientRect();
    if (!trends || width === 0) return;
    const values = series.map(one => trends.points.map(one.value));
    const stacked = isStacked ? plots.stack(values) : [];
    const known = (isStacked ? stacked.flat().map(({ to }) => to) : values.flat()).filter(value => value !== undefined);
    const em = Number.parseFloat(getComputedStyle(image).fontSize);
    const scale = plots.scaleOf(Math.max(0, ...known), unit);
    const left = Math.max(...scale.marks.map(({ label }) => label.length)) * em * .62 + em * .6;
    const [top, right, bottom] = [em * .8, width - em * .8, height - em * 1.8];
    const [from, length] = [Date.parse(trends.points[0].at), trends.points.length * trends.step_seconds * 1000];
    const step = (right - left) / trends.points.length;
    const x = index => left + (index + .5) * step;
    const y = value => bottom - value / scale.max * (bottom - top);
    const timeX = at => left + (at - from) / length * (right - left);
    const times = plots.timesOf(from, from + length).filter(({ at }) => timeX(at) > left + em && timeX(at) < right - em);
    const barWidth = Math.max(step * .8, Math.min(step, 1));
    image.replaceChildren(
      ...scale.marks.map(({ value }) => svg('line', { class: value ? 'grid' : 'axis', x1: left, x2: right, y1: y(value), y2: y(value) })),
      ...scale.marks.map(({ value, label }) => svg('text', { x: left - em * .5, y: y(value) + em * .35, class: 'value' }, label)),
      ...times.map(({ at }) => svg('line', { class: 'axis', x1: timeX(at), x2: timeX(at), y1: bottom, y2: bottom + em * .35 })),
      ...times.map(({ at, label }) => svg('text', { x: timeX(at), y: bottom + em * 1.5, class: 'time' }, label)),
      ...series.flatMap((one, index) => {
        if (isStacked) return svg('path', { class: `bars ${one.class}`, d: plots.barPath(stacked[index], x, y, barWidth) });
        const paths = plots.linePaths(values[index], x, y);
        return Object.entries(paths).map(([name, d]) => svg('path', { class: `${name} ${one.class}`, d }));
      }),
      marker);
    layout = { left, step, top, bottom, x, y, values };
    mark(markedAt);
  }

  function mark(at) {
    const index = at === null ? -1 : trends.points.findIndex(point => Date.parse(point.at) === at);
    markedAt = index < 0 ? null : at;
    if (index < 0) {
      marker.replaceChildren();
      setText(readOut, '');
      return;
    }
    const { x, y, top, bottom, values } = layout;
    const known = series.map((one, row) => ({ ...one, value: values[row][index] })).filter(({ value }) => value !== undefined);
    const dots = isStacked ? [] : known;
    marker.replaceChildren(svg('line', { x1: x(index), x2: x(index), y1: top, y2: bottom }),
      ...dots.map(one => svg('circle', { class: one.class, cx: x(index), cy: y(one.value), r: 4 })));
    const { points, step_seconds, span } = trends;
    const when = plots.nameOf(at, step_seconds, index === points.length - 1, span !== '1h');
    setText(readOut, `${when}: ${known.map(({ name, value }) => `${name} ${format(value)}`).join(', ') || 'no figures'}`);
  }

  const markIndex = index => mark(Date.parse(trends.points[Math.min(Math.max(index, 0), trends.points.length - 1)].at));

  function point(event) {
    if (layout) markIndex(Math.floor((event.clientX - image.getBoundingClientRect().left - layout.left) / layout.step));
  }

  function press(event) {
    if (!layout) return;
    const last = trends.points.length - 1;
    const index = markedAt === null ? last + 1 : trends.points.findIndex(({ at }) => Date.parse(at) === markedAt);
    const target = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') mark(null);
    if (target === undefined) return;
    event.preventDefault();
    markIndex(target);
  }

  image.addEventListener('pointermove', point);
  image.addEventListener('pointerdown', point);
  // A finger that was lifted leaves what it pointed at.
  image.addEventListener('pointerleave', ({ pointerType }) => { if (pointerType === 'mouse') mark(null); });
  image.addEventListener('keydown', press);
  image.addEventListener('blur', () => mark(null));
  new ResizeObserver(draw).observe(image);
  return { figure, show };
}

// How many ended in each step, small enough for a cell.
function showBars(image, steps) {
  const most = Math.max(1, ...steps);
  const bars = steps.map(count => ({ from: 0, to: count }));
  const path = plots.barPath(bars, index => index + .5, value => 20 - value / most * 20, .8);
  image.setAttribute('viewBox', `0 0 ${Math.max(steps.length, 1)} 20`);
  image.setAttribute('aria-label', steps.some(Boolean) ? `At most ${number(most)} in a step` : 'None in any step');
  if (image.firstChild?.getAttribute('d') !== path) image.replaceChildren(svg('path', { d: path }));
}
