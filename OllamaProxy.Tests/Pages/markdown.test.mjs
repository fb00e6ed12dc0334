import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';

// The page inlines this script into one with others, so that it can export nothing.
const path = fileURLToPath(new URL('../../static/markdown.js', import.meta.url));
const markdown = runInThisContext(`${readFileSync(path, 'utf8')}\nmarkdown`, { filename: path });

function finish(generator) {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value;
  }
}

function parse(text, budget = markdown.newBudget()) {
  const tree = [];
  for (const block of markdown.blocksOf(text, budget)) tree.push(finish(markdown.parse(block, budget)));
  return tree.filter(Boolean);
}

const paragraph = (...children) => ({ type: 'paragraph', children });
const code = (lang, value) => ({ type: 'code', lang, value });
const quote = (...children) => ({ type: 'blockquote', children });
const item = (head, ...children) => ({ type: 'listItem', checked: null, head: [head].flat(), children });
const bullets = (...children) => ({ type: 'list', ordered: false, start: null, children });
const numbers = (start, ...children) => ({ type: 'list', ordered: true, start, children });
const link = (url, ...children) => ({ type: 'link', url, children });
const strong = (...children) => ({ type: 'strong', children });
const emphasis = (...children) => ({ type: 'emphasis', children });
const inlineCode = value => ({ type: 'inlineCode', value });
const lineBreak = { type: 'break' };

function check(cases) {
  for (const [text, ...nodes] of cases) assert.deepEqual(parse(text), nodes, JSON.stringify(text));
}

const checkSpans = cases => check(cases.map(([text, ...spans]) => [text, paragraph(...spans)]));

const partsOf = node => [...node.head ?? [], ...node.children ?? []];
const withParts = node => [node, ...partsOf(node).flatMap(withParts)];
const nodesOf = tree => tree.flatMap(withParts);
const depthOf = node => 1 + Math.max(0, ...partsOf(node).map(depthOf));
const wordsOf = tree => nodesOf(tree).map(node => node.value ?? (typeof node === 'string' ? node : ''));
const repeat = (part, length) => part.repeat(Math.ceil(length / part.length)).slice(0, length);

test('Nothing but blank lines is nothing', () => {
  check([[''], ['\n'], [' \n\t\n\n']]);
});

test('Headings have a depth, and need a space behind their marks', () => {
  const heading = (depth, ...children) => ({ type: 'heading', depth, children });
  check([
    ['# One', heading(1, 'One')],
    ['###### Six ######', heading(6, 'Six')],
    ['  ## *Two*', heading(2, emphasis('Two'))],
    ['#', heading(1)],
    ['# C#', heading(1, 'C#')],
    ['#hashtag', paragraph('#hashtag')],
    ['####### seven', paragraph('####### seven')],
    ['text\n# One\nmore', paragraph('text'), heading(1, 'One'), paragraph('more')],
  ]);
});

test('Paragraphs end at a blank line, and keep their line breaks', () => {
  check([
    ['one\n  two\n\nthree', paragraph('one\ntwo'), paragraph('three')],
    ['one  \ntwo\\\nthree', paragraph('one', lineBreak, 'two', lineBreak, 'three')],
    ['a\n***\nb', paragraph('a'), { type: 'thematicBreak' }, paragraph('b')],
    ['- - -', { type: 'thematicBreak' }],
  ]);
});

test('Lists nest by indentation', () => {
  check([
    ['- a\n- b', bullets(item('a'), item('b'))],
    ['- a\n  - b\n    1. c\n  - d\n- e', bullets(item('a', bullets(item('b', numbers(1, item('c'))), item('d'))), item('e'))],
    ['3. a\n4. b\n\n   c', numbers(3, item('a'), item('b', paragraph('c')))],
    ['- a\n1. b', bullets(item('a')), numbers(1, item('b'))],
    ['- a\n\n- b', bullets(item('a'), item('b'))],
    ['- a\nlazy\n\nafter', bullets(item('a\nlazy')), paragraph('after')],
    ['- a\n  ```js\n  b\n  ```', bullets(item('a', code('js', 'b')))],
    ['- > a', bullets(item([], quote(paragraph('a'))))],
    ['-', bullets(item([]))],
    ['-a', paragraph('-a')],
  ]);
});

test('Tasks are checked or not', () => {
  const [{ children }] = parse('- [ ] a\n- [x] *b*\n- [X] c\n- [y] d');
  assert.deepEqual(children.map(({ checked }) => checked), [false, true, true, null]);
  assert.deepEqual(children.map(({ head }) => head), [['a'], [emphasis('b')], ['c'], ['[y] d']]);
});

test('A deep list is a list down to a limit, and text below it', () => {
  const [list] = parse(Array.from({ length: 100 }, (_, depth) => `${' '.repeat(2 * depth)}- level ${depth}.`).join('\n'));
  assert.equal(withParts(list).filter(({ type }) => type === 'list').length, 20);
  assert.ok(depthOf(list) < 50);
  const words = wordsOf([list]).join('\n');
  for (let level = 0; level < 100; level++) assert.ok(words.includes(`level ${level}.`), `level ${level}`);
});

test('Quotes hold blocks', () => {
  check([
    ['> a\n> **b**\n\nafter', quote(paragraph('a\n', strong('b'))), paragraph('after')],
    ['> a\n>\n> > b', quote(paragraph('a'), quote(paragraph('b')))],
    ['>- a', quote(bullets(item('a')))],
  ]);
});

test('Tables have a cell for each column', () => {
  const cell = spans => ({ type: 'tableCell', children: [spans].flat() });
  const row = cells => ({ type: 'tableRow', children: cells.map(cell) });
  const table = (align, ...rows) => ({ type: 'table', align, children: rows.map(row) });
  check([
    ['| a | b |\n|:--|--:|\n| c \\| d | **e** |\n| f |\n\nafter',
      table(['left', 'right'], ['a', 'b'], ['c | d', [strong('e')]], ['f', []]), paragraph('after')],
    ['a | b\n:-:|-', table(['center', 'left'], ['a', 'b'])],
    ['|a|\n|-|\n|b|c|', table(['left'], ['a'], ['b'])],
    ['a | b', paragraph('a | b')],
    ['a | b\nc | d', paragraph('a | b\nc | d')],
  ]);
});

test('Code is kept as it is', () => {
  check([
    ['Look:\n```c#\nif (a < b)\n    **x** = `y`;\n\n# no heading\n```\nDone.',
      paragraph('Look:'), code('c#', 'if (a < b)\n    **x** = `y`;\n\n# no heading'), paragraph('Done.')],
    ['~~~\n```\n~~~', code('', '```')],
    ['````\n```\n````', code('', '```')],
    ['```js title="a"\n```', code('js', '')],
    ['  ```\n  a\n    b\n ```', code('', 'a\n  b')],
    ['``` a ```', paragraph(inlineCode('a'))],
  ]);
});

test('A fence that is not closed yet holds the rest', () => {
  const text = 'Look:\n```js\nlet a = 1;\n\nlet b;\n```\nDone.';
  check([
    ['```', code('', '')],
    ['```js\nlet a', code('js', 'let a')],
    ['```\na\n``', code('', 'a\n``')],
    ['- a\n  ```\n  b', bullets(item('a', code('', 'b')))],
  ]);
  const start = text.indexOf('let');
  for (let end = start; end <= text.indexOf('\n```\n'); end++) {
    assert.deepEqual(parse(text.slice(0, end)), [paragraph('Look:'), code('js', text.slice(start, end))], `after ${end} characters`);
  }
});

test('Spans nest', () => {
  checkSpans([
    ['*a* _b_ **c** __d__', emphasis('a'), ' ', emphasis('b'), ' ', strong('c'), ' ', strong('d')],
    ['***a***', strong(emphasis('a'))],
    ['**a *b* c**', strong('a ', emphasis('b'), ' c')],
    ['~~a~~', { type: 'delete', children: ['a'] }],
    ['snake_case_name 2 * 3 * 4', 'snake_case_name 2 * 3 * 4'],
    ['**a', '**a'],
    ['\\*a\\*', '*', 'a', '*'],
  ]);
});

test('Inline code holds no other spans', () => {
  checkSpans([
    ['`co*de*`', inlineCode('co*de*')],
    ['`` a ` b ``', inlineCode('a ` b')],
    ['`a` `b`', inlineCode('a'), ' ', inlineCode('b')],
    ['`a', '`a'],
    ['`[a](https://a.example)`', inlineCode('[a](https://a.example)')],
  ]);
});

test('Links are links', () => {
  checkSpans([
    ['[a *b*](https://a.example/c_(d) "t")', link('https://a.example/c_(d)', 'a ', emphasis('b'))],
    ['[](https://a.example/)', link('https://a.example/', 'https://a.example/')],
    ['see https://a.example/x_y_z.', 'see ', link('https://a.example/x_y_z', 'https://a.example/x_y_z'), '.'],
    ['<https://a.example/>', link('https://a.example/', 'https://a.example/')],
    ['[a](mailto:a@b.example)', link('mailto:a@b.example', 'a')],
    ['![picture](https://a.example/p.png)', link('https://a.example/p.png', 'picture')],
  ]);
});

test('A link to anything but the web and mail stays text', () => {
  const targets = [
    'javascript:alert(1)', 'JavaScript:alert(1)', 'java\tscript:alert(1)', 'vbscript:a', 'data:text/html,a', 'file:///etc/passwd', 'blob:a',
    '/api/v1/prompts', '../a', '//a.example', 'a', '#a', 'https://', 'http://[',
  ];
  for (const text of targets.flatMap(target => [`[a](${target})`, `![a](${target})`, `[a](<${target}>)`])) {
    const tree = parse(text);
    assert.ok(!nodesOf(tree).some(({ type }) => type === 'link'), text);
    assert.equal(wordsOf(tree).join(''), text);
  }
});

test('HTML is text', () => {
  checkSpans([
    ['<b onclick=alert(1)>&amp;</b><script>alert(2)</script>', '<b onclick=alert(1)>&amp;</b><script>alert(2)</script>'],
    ['`<img src=x>`', inlineCode('<img src=x>')],
  ]);
  const types = [
    'blockquote', 'break', 'code', 'delete', 'emphasis', 'heading', 'inlineCode', 'link', 'list', 'listItem', 'paragraph', 'plain',
    'strong', 'table', 'tableCell', 'tableRow', 'thematicBreak',
  ];
  const text = '# a\n\n<div>\n\n- <i>\n\n> <p>\n\n|<td>|\n|-|\n|<hr>|\n\n```html\n<b>\n```\n[<s>](https://a.example "<u>") **<em>**';
  for (const node of nodesOf(parse(text))) assert.ok(typeof node === 'string' || types.includes(node.type), JSON.stringify(node));
});

test('A text that is parsed in parts gives the same as at once', () => {
  const text = '# Title\n\nSome *text*\nand more.\n\n- a\n  - b\n\nx | y\n--|--\n1 | 2\n\n```js\nlet a;\n\nlet b;\n```\n'
    + '> quote\n\n1. one\n2. two\n';
  const lines = text.split('\n');
  let start = 0;
  for (const block of markdown.blocksOf(text, markdown.newBudget())) {
    const budget = markdown.newBudget();
    const [before, after] = [lines.slice(0, start), lines.slice(start)].map(part => parse(part.join('\n'), budget));
    assert.deepEqual([...before, ...after], parse(text), `cut at line ${start}`);
    start += block.lines.length;
  }
  assert.equal(start, lines.length);
});

test('What exceeds the budget is plain text', () => {
  const plain = value => ({ type: 'plain', value });
  assert.deepEqual(parse('# a\n# b\n# c', { lines: 1, nodes: 100 }).slice(1), [plain('# b\n# c')]);
  assert.deepEqual(parse('# a\n# b\n# c', { lines: 100, nodes: 2 }).slice(2), [plain('# c')]);
  const items = [item('a'), item([], plain('*b*')), item([], plain('*c*\n*d*'))];
  assert.deepEqual(parse('- a\n- *b*\n- *c*\n- *d*', { lines: 100, nodes: 3 }), [bullets(...items)]);
  assert.deepEqual(parse('*a*', { lines: 0, nodes: 100 }), [plain('*a*')]);
});

// The page parses texts of up to 200,000 characters. Some of these are larger.
const huge = 195_000;
const nestedList = length => Array.from({ length: Math.sqrt(length) }, (_, depth) => `${' '.repeat(2 * depth)}- a\n`).join('');
const hugeTexts = {
  'a nested list': nestedList(huge),
  'a nested list of 4.5 MB': nestedList(4_500_000),
  'a deep list with many items': Array.from({ length: 12_000 }, (_, index) => `${' '.repeat(index % 20 * 2)}- a\n`).join('').slice(0, huge),
  'many items': repeat('- a\n', huge),
  'tasks': repeat('- [x] **a**\n', huge),
  'a table of 60,000 columns': `${repeat('|', 60_000)}\n${repeat('|-', 120_000)}|\n|a|\n`,
  'a table that is wide and long': `${repeat('|', 30_000)}\n${repeat('|-', 60_000)}|\n${repeat('|\n', 100_000)}`,
  'a long table': `|a|b|\n|-|-|\n${repeat('|a|b|\n', huge)}`,
  'many tables': repeat('|a|b|\n|-|-|\n|*a*|**b**|\n\n', huge),
  'quotes in quotes': `${repeat('>', 100_000)} a`,
  'lists in quotes in lists': repeat('- > ', huge),
  'a million backticks': repeat('`', 1_000_000),
  'backticks': repeat('`a``b', huge),
  'asterisks': repeat('**a *b ', huge),
  'emphasis': repeat('*a* **b** ~~c~~ _d_ ', huge),
  'emphasis in lines': repeat('*a* **b** ~~c~~ _d_\n\n', huge),
  'emphasis that never ends, in paragraphs': repeat(`${repeat('**a ', 9_900)}\n\n`, huge),
  'brackets': repeat('[', huge),
  'links that never end': repeat('[a](', huge),
  'links': repeat('[a](https://a.example)\n\n', huge),
  'addresses': repeat('https://a.example/ ', huge),
  'a long word of 2 MB': repeat('x', 2_000_000),
  'short lines of 4.5 MB': repeat('a\n', 4_500_000),
  'paragraphs': repeat('a\n\n', huge),
  'many blocks of code': repeat('```\na\n```\n', huge),
  'code without an end': `\`\`\`\n${repeat('let a = 1;\n', huge)}`,
  'headings': repeat('# a\n', huge),
  'a rule that is none': `${repeat('- ', huge)}x`,
};

// For how many milliseconds this process has computed. What it waited for a busy machine does not count.
function computed() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

for (const [name, text] of Object.entries(hugeTexts)) {
  test(`Within the bounds: ${name}`, () => {
    const budget = markdown.newBudget();
    const tree = [];
    let [longest, last] = [0, computed()];
    const noteStep = () => {
      longest = Math.max(longest, computed() - last);
      last = computed();
    };
    for (const block of markdown.blocksOf(`${text}\n\nends`, budget)) {
      const parsing = markdown.parse(block, budget);
      let step = parsing.next();
      for (; !step.done; step = parsing.next()) noteStep();
      noteStep();
      if (step.value) tree.push(step.value);
    }
    const nodes = nodesOf(tree);
    assert.ok(nodes.length < 30_000, `${nodes.length} nodes`);
    assert.ok(Math.max(...tree.map(depthOf)) < 60);
    // Generous: without its bounds, some of these take minutes.
    assert.ok(longest < 1_000, `${longest} ms between two steps`);
    assert.match(wordsOf(tree).at(-1), /ends$/);
  });
}
