import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';

// The page inlines this script into one with others, so that it can export nothing.
const path = fileURLToPath(new URL('../../static/plots.js', import.meta.url));
const plots = runInThisContext(`${readFileSync(path, 'utf8')}\nplots`, { filename: path });

const labels = ({ marks }) => marks.map(({ label }) => label);

function checkScales(unit, cases) {
  for (const [peak, ...expected] of cases) assert.deepEqual(labels(plots.scaleOf(peak, unit)), expected, `${peak} ${unit}`);
}

function inZone(zone, action) {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    action();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

test('Counts have whole marks at round values, and room for the peak', () => {
  checkScales('count', [
    [0, '0', '1'],
    [1, '0', '1'],
    [3, '0', '1', '2', '3'],
    [5, '0', '2', '4', '6'],
    [9, '0', '5', '10'],
    [41, '0', '20', '40', '60'],
    [120, '0', '50', '100', '150'],
    [1_500, '0', '500', '1K', '1.5K'],
    [3_000_000, '0', '1M', '2M', '3M'],
  ]);
});

test('Rates may have fractions', () => {
  checkScales('rate', [
    [0, '0', '0.5'],
    [.3, '0', '0.1', '0.2', '0.3'],
    [.7, '0', '0.2', '0.4', '0.6', '0.8'],
    [2.2, '0', '1', '2', '3'],
    [61.2, '0', '20', '40', '60', '80'],
  ]);
});

test('Times have the marks of a clock', () => {
  checkScales('seconds', [
    [.003, '0', '1 ms', '2 ms', '3 ms'],
    [.9, '0', '500 ms', '1 s'],
    [7, '0', '2 s', '4 s', '6 s', '8 s'],
    [40, '0', '10 s', '20 s', '30 s', '40 s'],
    [55, '0', '15 s', '30 s', '45 s', '1 min'],
    [100, '0', '30 s', '1 min', '1.5 min', '2 min'],
    [3_000, '0', '15 min', '30 min', '45 min', '1 h'],
    [7_000, '0', '30 min', '1 h', '1.5 h', '2 h'],
    [90_000, '0', '12 h', '1 d', '1.5 d'],
    [900_000, '0', '5 d', '10 d', '15 d'],
  ]);
});

test('However large a peak is, it lies within at most five marks that differ', () => {
  for (const unit of ['count', 'rate', 'seconds']) {
    for (let peak = .001; peak < 1e7; peak *= 1.07) {
      const { max, marks } = plots.scaleOf(peak, unit);
      const said = labels({ marks });
      assert.ok(max >= peak * (1 - 1e-6) && marks.length >= 2 && marks.length <= 5, `${peak} ${unit}: ${said}`);
      assert.equal(new Set(said).size, said.length, `${peak} ${unit}: ${said}`);
      assert.equal(marks.at(-1).value, max);
    }
  }
});

test('An hour is marked by quarters, a day by every fourth hour, and a week by its midnights', () => inZone('Europe/Berlin', () => {
  const marksOf = (from, to) => plots.timesOf(Date.parse(from), Date.parse(to));
  assert.deepEqual(labels({ marks: marksOf('2026-02-20T13:07:00Z', '2026-02-20T14:07:00Z') }), ['14:15', '14:30', '14:45', '15:00']);
  assert.deepEqual(labels({ marks: marksOf('2026-02-20T13:15:00Z', '2026-02-21T13:15:00Z') }),
    ['16:00', '20:00', 'Sat', '04:00', '08:00', '12:00']);
  const week = marksOf('2026-02-14T14:00:00Z', '2026-02-21T14:00:00Z');
  assert.deepEqual(labels({ marks: week }), ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']);
  assert.equal(week[0].at, Date.parse('2026-02-14T23:00:00Z'));
}));

test('The marks are those of a clock also where it lies by half an hour, and where it is put forward', () => {
  inZone('Asia/Kolkata', () => {
    const from = Date.parse('2026-02-20T13:00:00Z');
    assert.deepEqual(labels({ marks: plots.timesOf(from, from + 3_600_000) }), ['18:30', '18:45', '19:00', '19:15']);
  });
  inZone('Europe/Berlin', () => {
    const from = Date.parse('2026-03-28T23:00:00Z');
    assert.deepEqual(plots.timesOf(from, from + 86_400_000).map(({ at, label }) => [label, (at - from) / 3_600_000]),
      [['Sun', 0], ['04:00', 3], ['08:00', 7], ['12:00', 11], ['16:00', 15], ['20:00', 19], ['Mon', 23]]);
  });
});

test('A step is told by when it began and ended, the last one until now, with its day where there are several', () => inZone('UTC', () => {
  const at = Date.parse('2026-02-20T23:45:00Z');
  assert.equal(plots.nameOf(at, 900, false, true), 'Fri 23:45 to 00:00');
  assert.equal(plots.nameOf(at, 60, false, false), '23:45 to 23:46');
  assert.equal(plots.nameOf(at, 60, true, false), '23:45 to now');
}));

test('No line is drawn through a gap, and a value without neighbours is a dot', () => {
  const draw = values => plots.linePaths(values, index => index * 10, value => 100 - value);
  assert.deepEqual(draw([]), { line: '', dots: '' });
  assert.deepEqual(draw([undefined, undefined]), { line: '', dots: '' });
  assert.deepEqual(draw([0, 50, 100]), { line: 'M0 100L10 50L20 0', dots: '' });
  assert.deepEqual(draw([undefined, 1, 2, undefined, 3, undefined, 4, 5.5]), { line: 'M10 99L20 98M60 96L70 94.5', dots: 'M40 97h0' });
});

test('Bars stand on those before them, and one of nothing is not drawn', () => {
  const stacked = plots.stack([[2, 0, 1], [1, 0, undefined]]);
  assert.deepEqual(stacked[1], [{ from: 2, to: 3 }, { from: 0, to: 0 }, { from: 1, to: 1 }]);
  const draw = bars => plots.barPath(bars, index => index * 10 + 5, value => 30 - value * 10, 8);
  assert.equal(draw(stacked[0]), 'M1 30V10h8V30zM21 30V20h8V30z');
  assert.equal(draw(stacked[1]), 'M1 10V0h8V10z');
});
