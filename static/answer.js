// Drawing the answer. While it grows, only its end is drawn again. Long work is done in slices, so that the page stays responsive.

const longestMarkdown = 200_000;
const blocksInFlux = 3;
// The characters are counted twice, when they are parsed and when they are drawn.
const slice = { milliseconds: 15, minCharacters: 8_000 };
// What drawing an element costs, in parsed characters.
const elementCost = 10;

const nothingDrawn = () => ({ settled: 0, nodes: 0, budget: markdown.newBudget() });
const drawn = { text: '', plain: false, pass: 0, isDrawing: false, ...nothingDrawn() };

function drawResult(text) {
  const result = $('result');
  const plain = text.length > longestMarkdown || $('plain').getAttribute('aria-pressed') === 'true';
  if (plain !== drawn.plain || !text.startsWith(drawn.text)) {
    result.replaceChildren();
    result.ariaBusy = null;
    Object.assign(drawn, nothingDrawn(), { plain, pass: drawn.pass + 1, isDrawing: false });
  }
  drawn.text = text;
  result.className = plain ? 'plain' : 'markdown';
  if (plain) return grow(result, text);
  if (!drawn.isDrawing) drawInSlices(result, ++drawn.pass);
}

// A short text is drawn at once, without a flicker. One that grows meanwhile is finished before the rest is begun.
async function drawInSlices(result, pass) {
  drawn.isDrawing = true;
  for (let text; text !== drawn.text;) {
    let [until, characters] = [performance.now() + slice.milliseconds, 0];
    text = drawn.text;
    for (const length of drawMarkdown(result, text)) {
      characters += length;
      if (characters < slice.minCharacters || performance.now() < until) continue;
      result.ariaBusy = 'true';
      await new Promise(resolve => setTimeout(resolve));
      if (pass !== drawn.pass) return;
      [until, characters] = [performance.now() + slice.milliseconds, 0];
    }
  }
  result.ariaBusy = null;
  drawn.isDrawing = false;
}

// Yields how many characters it got through, as do the generators below.
function* drawMarkdown(result, text) {
  const stale = [...result.childNodes].slice(drawn.nodes);
  const [fresh, inFlux] = [[], []];
  const budget = { ...drawn.budget };
  for (const block of markdown.blocksOf(text.slice(drawn.settled), budget)) {
    const node = yield* markdown.parse(block, budget);
    budget.lines -= block.lines.length;
    const element = node && (yield* drawNode(node));
    // What is on show stays until everything that replaces it is there.
    if (element && stale.length) fresh.push(element);
    else if (element) result.append(element);
    inFlux.push({ length: block.lines.join('\n').length + 1, nodes: node ? 1 : 0, budget: { ...budget } });
    if (inFlux.length > blocksInFlux) settle(inFlux.shift());
  }
  for (const node of stale) node.remove();
  result.append(...fresh);
}

// What comes later cannot change this block any more.
function settle({ length, nodes, budget }) {
  drawn.settled += length;
  drawn.nodes += nodes;
  drawn.budget = budget;
}

// From the tree of markdown.js to elements

function* drawNode(node) {
  const element = yield* drawBlock[node.type](node);
  yield elementCost;
  return element;
}

function* drawInto(element, nodes) {
  for (const node of nodes) element.append(yield* drawNode(node));
  return element;
}

const drawBlock = {
  *thematicBreak() { return create('hr'); },
  *plain({ value }) {
    const element = create('div', { className: 'plain' });
    grow(element, value);
    return element;
  },
  *paragraph({ children }) {
    yield children.length * elementCost;
    return drawSpans('p', children);
  },
  // The page's own headings end with the third level.
  *heading({ depth, children }) {
    yield children.length * elementCost;
    return drawSpans(`h${Math.min(depth + 3, 6)}`, children);
  },
  *blockquote({ children }) { return yield* drawInto(create('blockquote'), children); },
  *code({ lang, value }) {
    const code = create('code', { textContent: value });
    const button = create('button', { type: 'button', className: 'quiet', textContent: 'Copy', onclick: () => copy(button, value, code) });
    yield value.length;
    return create('div', { className: 'code' },
      create('div', {}, create('span', { textContent: lang || 'text' }), button),
      makeRegion(create('pre', {}, code), lang ? `Code, ${lang}` : 'Code'));
  },
  *list({ ordered, start, children }) {
    const list = yield* drawInto(create(ordered ? 'ol' : 'ul'), children);
    if (ordered && start !== 1) list.start = start;
    return list;
  },
  *listItem({ checked, head, children }) {
    const mark = { true: ['☑ '], false: ['☐ '] }[checked] ?? [];
    yield head.length * elementCost;
    return yield* drawInto(drawSpans('li', [...mark, ...head]), children);
  },
  *table({ align, children: [head, ...rows] }) {
    const body = create('tbody');
    for (const row of rows) {
      body.append(drawRow(row, 'td', align));
      yield align.length * elementCost;
    }
    const table = create('table', {}, create('thead', {}, drawRow(head, 'th', align)), body);
    return makeRegion(create('div', { className: 'table' }, table), 'Table');
  },
};

const drawRow = ({ children }, name, align) => create('tr', {}, ...children.map((cell, index) => {
  const element = drawSpans(name, cell.children);
  element.style.textAlign = align[index];
  return element;
}));

// What scrolls must be reachable by the keyboard.
function makeRegion(element, label) {
  element.tabIndex = 0;
  element.setAttribute('role', 'region');
  element.setAttribute('aria-label', label);
  return element;
}

function drawSpans(name, spans, properties = {}) {
  const element = create(name, properties);
  for (const span of spans) element.append(typeof span === 'string' ? span : drawSpan[span.type](span));
  return element;
}

const drawSpan = {
  inlineCode: ({ value }) => create('code', { textContent: value }),
  strong: ({ children }) => drawSpans('strong', children),
  emphasis: ({ children }) => drawSpans('em', children),
  delete: ({ children }) => drawSpans('del', children),
  link: ({ url, children }) => drawSpans('a', children, { href: url, target: '_blank', rel: 'noopener noreferrer' }),
  break: () => create('br'),
};

// Plain text is drawn as many pieces, so that the browser lays out only those in view.

const piece = 16_000;

function grow(element, text) {
  const before = element.firstChild ? element.grown : '';
  let at = text.startsWith(before) ? before.length : 0;
  if (!at) element.replaceChildren();
  element.grown = text;
  for (let end; at < text.length; at = end) {
    const open = openPieceOf(element);
    end = endOfPiece(text, at - (open?.length ?? 0), at);
    if (open) open.appendData(text.slice(at, end));
    else element.append(create('div', { className: 'piece', textContent: text.slice(at, end) }));
    // The estimated height of pieces that are not laid out keeps the page from jumping; browsers limit the height of a page.
    const { data } = element.lastChild.firstChild;
    const height = Math.min((data.split('\n').length + data.length / 90) * 1.5, 300);
    element.lastChild.style.containIntrinsicBlockSize = `auto ${height}rem`;
  }
}

// The text node that more can be appended to.
function openPieceOf(element) {
  const text = element.lastChild?.firstChild;
  const isFull = !text || text.length >= 2 * piece - 1 || (text.length >= piece / 2 && text.data.endsWith('\n'));
  return isFull ? null : text;
}

// Pieces end after a line if one is near, and never within a surrogate pair.
function endOfPiece(text, start, from) {
  if (text.length <= start + piece) return text.length;
  const last = text.lastIndexOf('\n', start + piece - 1);
  if (last >= from) return last + 1;
  const next = text.slice(from, start + 2 * piece).indexOf('\n');
  if (next >= 0) return from + next + 1;
  const end = Math.min(start + 2 * piece, text.length);
  return /[\ud800-\udbff]/.test(text[end - 1]) && end < text.length && end - 1 > from ? end - 1 : end;
}
