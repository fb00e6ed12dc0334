// Parses Markdown into a tree of plain objects, named as in mdast (https://github.com/syntax-tree/mdast); text is a string.
// It touches no document, so `node --test` can run it, and the HTML in an answer can only ever become text.
//
// The work is bounded: models that lose their way repeat themselves for megabytes. What exceeds a limit becomes a 'plain' node.
// The parsers are generators that yield how many characters they got through, for a caller that wants to pause in between.

const markdown = (() => {
  'use strict';

  const maxDepth = 20;
  const maxCells = 4_000;
  const maxCharacters = 10_000;

  const patterns = {
    fence: /^ {0,3}(`{3,}|~{3,})([^`]*)$/,
    heading: /^ {0,3}(#{1,6})(?:\s|$)/,
    rule: /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/,
    quote: /^ {0,3}> ?/,
    item: /^( *)([-*+]|\d{1,9}[.)])(?:( +)|$)/,
  };

  const isBlank = line => line.trim() === '';
  const indentOf = line => Math.max(line.search(/\S|$/), 0);
  const lengthOf = lines => lines.reduce((sum, line) => sum + line.length + 1, 0);
  const textOf = lines => lines.map(line => line.trimStart()).join('\n');
  const plain = lines => ({ type: 'plain', value: lines.join('\n') });

  // What a whole text may consist of. Parsing uses it up; a text that is parsed in parts is given what the parts before it left.
  const newBudget = () => ({ lines: 20_000, nodes: 8_000 });

  // Blocks

  function kindOf(lines, at) {
    const line = lines[at];
    if (isBlank(line)) return 'blank';
    const kind = ['fence', 'heading', 'rule', 'quote', 'item'].find(name => patterns[name].test(line));
    return kind ?? (isTable(lines, at) ? 'table' : 'paragraph');
  }

  function isTable(lines, at) {
    const [head, delimiters] = [lines[at], lines[at + 1]];
    return head.includes('|') && delimiters?.includes('|') && cellsOf(delimiters).every(cell => /^:?-+:?$/.test(cell));
  }

  function cellsOf(line) {
    const cells = line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/);
    return cells.map(cell => cell.trim().replaceAll('\\|', '|'));
  }

  const blocksOf = (text, budget) => blocksWithin(text.split('\n'), budget, budget.lines);

  // Only finds where each block ends; `parse` does the rest, so that nobody pays for blocks that they do not reach.
  function* blocksWithin(lines, budget, maxLines = lines.length) {
    const within = lines.slice(0, Math.max(maxLines, 0));
    let start = 0;
    while (start < within.length && budget.nodes > 0) {
      const kind = kindOf(within, start);
      const end = endOf[kind](within, start);
      yield { kind, lines: within.slice(start, end) };
      start = end;
    }
    if (start < lines.length) yield { kind: 'plain', lines: lines.slice(start) };
  }

  function endOfRun(lines, start, continues) {
    let end = start + 1;
    while (end < lines.length && continues(end)) end++;
    return end;
  }

  const endOf = {
    blank: (lines, start) => endOfRun(lines, start, at => isBlank(lines[at])),
    // A fence that nobody has closed yet holds the rest, as it does while an answer streams in.
    fence: (lines, start) => {
      const [, fence] = patterns.fence.exec(lines[start]);
      return Math.min(endOfRun(lines, start, at => !closes(fence, lines[at])) + 1, lines.length);
    },
    heading: (lines, start) => start + 1,
    rule: (lines, start) => start + 1,
    quote: (lines, start) => endOfRun(lines, start, at => patterns.quote.test(lines[at])),
    table: (lines, start) => endOfRun(lines, start + 1, at => lines[at].includes('|')),
    paragraph: (lines, start) => endOfRun(lines, start, at => kindOf(lines, at) === 'paragraph'),
    item: (lines, start) => {
      let end = start + 1;
      for (let at = end; at < lines.length; at++) {
        if (isBlank(lines[at])) continue;
        if (!continuesList(lines, at, lines[start], at > end)) break;
        end = at + 1;
      }
      return end;
    },
  };

  const closes = (fence, line) => line.trim().length >= fence.length && line.trim() === fence[0].repeat(line.trim().length);

  function continuesList(lines, at, first, isAfterBlank) {
    const [, { length: indent }, marker] = patterns.item.exec(first);
    const next = patterns.item.exec(lines[at]);
    if (next && next[1].length <= indent) return /\d/.test(next[2]) === /\d/.test(marker) && !patterns.rule.test(lines[at]);
    return indentOf(lines[at]) > indent || (!isAfterBlank && kindOf(lines, at) === 'paragraph');
  }

  // Returns a node; null for blank lines.
  function* parse({ kind, lines }, budget, depth = 0) {
    if (depth === maxDepth) return kind === 'blank' ? null : yield* parsers.paragraph(lines, budget);
    budget.nodes--;
    return yield* parsers[kind](lines, budget, depth + 1);
  }

  function* parseAll(blocks, budget, depth) {
    const nodes = [];
    for (const block of blocks) {
      const node = yield* parse(block, budget, depth);
      if (node) nodes.push(node);
    }
    return nodes;
  }

  const parsers = {
    *blank() { return null; },
    *rule() { return { type: 'thematicBreak' }; },
    *plain(lines) {
      yield lengthOf(lines);
      return plain(lines);
    },
    *paragraph(lines, budget) {
      yield lengthOf(lines);
      if (lengthOf(lines) > maxCharacters) return plain(lines);
      return { type: 'paragraph', children: spansOf(textOf(lines), budget) };
    },
    *heading([line], budget) {
      yield line.length;
      if (line.length > maxCharacters) return plain([line]);
      const { length: depth } = patterns.heading.exec(line)[1];
      return { type: 'heading', depth, children: spansOf(line.trim().slice(depth).trim().replace(/ #+$/, ''), budget) };
    },
    *quote(lines, budget, depth) {
      yield lengthOf(lines);
      const quoted = lines.map(line => line.replace(patterns.quote, ''));
      return { type: 'blockquote', children: yield* parseAll(blocksWithin(quoted, budget), budget, depth) };
    },
    *fence(lines, budget) {
      yield lengthOf(lines);
      const [, fence, info] = patterns.fence.exec(lines[0]);
      const indent = indentOf(lines[0]);
      const isClosed = lines.length > 1 && closes(fence, lines.at(-1));
      const code = lines.slice(1, isClosed ? -1 : undefined).map(line => line.slice(Math.min(indent, indentOf(line))));
      // It is drawn with a caption and a button.
      budget.nodes -= 5;
      return { type: 'code', lang: info.trim().split(/\s/)[0], value: code.join('\n') };
    },
    *item(lines, budget, depth) {
      yield lengthOf(lines);
      const number = Number.parseInt(patterns.item.exec(lines[0])[2], 10);
      const ordered = !Number.isNaN(number);
      const items = itemsOf(lines);
      const children = [];
      for (const [index, item] of items.entries()) {
        const isBeyond = budget.nodes <= 0;
        budget.nodes--;
        children.push(isBeyond ? itemOf({ children: [plain(items.slice(index).flat())] }) : yield* parseItem(item, budget, depth));
        if (isBeyond) break;
      }
      return { type: 'list', ordered, start: ordered ? number : null, children };
    },
    *table(lines, budget) {
      const align = cellsOf(lines[1]).map(cell => cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : 'left');
      if (align.length * lines.length > maxCells || lengthOf(lines) > maxCharacters * 2) return yield* parsers.plain(lines);
      budget.nodes -= align.length * lines.length;
      const children = [];
      for (const line of [lines[0], ...lines.slice(2)]) {
        const cells = cellsOf(line);
        children.push({ type: 'tableRow', children: align.map((_, index) => cellOf(cells[index] ?? '', budget)) });
        yield line.length + align.length;
      }
      return { type: 'table', align, children };
    },
  };

  const cellOf = (text, budget) => ({ type: 'tableCell', children: spansOf(text, budget) });

  // `head` is the text that an item begins with, which is drawn without a paragraph around it.
  const itemOf = ({ checked = null, head = [], children }) => ({ type: 'listItem', checked, head, children });

  function* parseItem(lines, budget, depth) {
    const [first, ...rest] = blocksWithin(lines, budget);
    if (first?.kind !== 'paragraph' || lengthOf(first.lines) > maxCharacters) {
      return itemOf({ children: yield* parseAll(blocksWithin(lines, budget), budget, depth) });
    }
    const text = textOf(first.lines);
    const task = /^\[([ xX])\] /.exec(text);
    const head = spansOf(task ? text.slice(task[0].length) : text, budget);
    yield text.length;
    return itemOf({ checked: task && task[1] !== ' ', head, children: yield* parseAll(rest, budget, depth) });
  }

  function itemsOf(lines) {
    const [, { length: indent }] = patterns.item.exec(lines[0]);
    const items = [];
    let width = 0;
    for (const line of lines) {
      const marker = patterns.item.exec(line);
      if (marker && marker[1].length <= indent) {
        width = marker[0].length;
        items.push([line.slice(width)]);
      } else {
        items.at(-1).push(line.slice(Math.min(width, indentOf(line))));
      }
    }
    return items;
  }

  // Spans within a block. Every repetition is bounded: without an end to what it opens, a text would be searched again and again.

  const spanPattern = new RegExp([
    /\\(?<escaped>[!-\/:-@[-`{-~])/,
    /(?<!`)(?<ticks>`+)(?!`)(?<code>[^]{0,2000}?[^`])\k<ticks>(?!`)/,
    // [label](target "title"), the target with one pair of parentheses at most.
    /!?\[(?<label>[^\][\n]{0,500})\]/.source
      + /\(\s{0,9}<?(?<target>[^\s<>()]{1,2000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,200})?)>?/.source
      + /(?:\s{1,9}"[^"\n]{0,500}")?\s{0,9}\)/.source,
    /<?(?<bare>https?:\/\/[^\s<>"'`*]{1,2000}[^\s<>"'`*.,;:!?)\]}])>?/,
    /(?<!\*)\*\*\*(?=[^\s*])(?<both>[^]{0,1000}?[^\s*])\*\*\*(?!\*)/,
    /(?<!\*)\*\*(?=[^\s*])(?<strong>[^]{0,1000}?[^\s])\*\*(?!\*)/,
    /(?<!\w)__(?=[^\s_])(?<strong_>[^]{0,1000}?[^\s_])__(?!\w)/,
    /(?<!\*)\*(?=[^\s*])(?<em>[^*]{0,1000}?[^\s*])\*(?!\*)/,
    /(?<!\w)_(?=[^\s_])(?<em_>[^_]{0,1000}?[^\s_])_(?!\w)/,
    /(?<!~)~~(?=[^\s~])(?<del>[^~]{0,1000}?[^\s~])~~(?!~)/,
    /(?<! )(?: {2,}|\\)\n/,
  ].map(part => part.source ?? part).join('|'), 'g');

  function spansOf(text, budget) {
    const spans = [];
    let end = 0;
    for (const match of text.matchAll(spanPattern)) {
      budget.nodes--;
      spans.push(text.slice(end, match.index), spanOf(match[0], match.groups, budget));
      end = match.index + match[0].length;
    }
    return [...spans, text.slice(end)].filter(span => span !== '');
  }

  function spanOf(whole, { escaped, code, label, target, bare, both, strong, strong_, em, em_, del }, budget) {
    const nest = (type, text) => ({ type, children: spansOf(text, budget) });
    if (escaped) return escaped;
    if (code) return { type: 'inlineCode', value: code.trim() || code };
    if (target) return link(target, spansOf(label, budget), whole);
    if (bare) return link(bare, [bare], whole);
    if (both) return { type: 'strong', children: [nest('emphasis', both)] };
    if (strong ?? strong_) return nest('strong', strong ?? strong_);
    if (em ?? em_) return nest('emphasis', em ?? em_);
    if (del) return nest('delete', del);
    return { type: 'break' };
  }

  // An image becomes a link as well: the page fetches nothing that its reader did not ask for.
  function link(target, label, whole) {
    const url = URL.canParse(target) ? new URL(target) : null;
    if (!['http:', 'https:', 'mailto:'].includes(url?.protocol)) return whole;
    return { type: 'link', url: url.href, children: label.length ? label : [target] };
  }

  return { newBudget, blocksOf, parse };
})();
