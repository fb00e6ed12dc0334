import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Script } from 'node:vm';

const read = name => readFileSync(new URL(`../../static/${name}`, import.meta.url), 'utf8');

for (const page of ['index.html', 'list.html', 'prompt.html', 'batches.html', 'dashboard.html', 'docs.html']) {
  test(`The scripts of ${page} declare no name twice`, () => {
    const names = [...read(page).matchAll(/\/\*\{(.+\.js)\}\*\//g)].map(([, name]) => name);
    assert.ok(names.length > 1);
    // Side by side in one script, the later one of two functions would silently take the other's place; in a block it is an error.
    assert.doesNotThrow(() => new Script(`'use strict'; {${names.map(read).join('\n')}\n}`, { filename: page }));
  });
}
