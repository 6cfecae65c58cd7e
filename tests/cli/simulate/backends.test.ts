import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { backendSentence } from '../../../cli/simulate/backends';

describe('the hash loops of a run', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'backends-test-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What is said of nodes with these logs. */
  function said(...logs: string[][]): string | undefined {
    const names = logs.map((_, index) => `node-${index + 1}`);
    for (const [index, lines] of logs.entries()) {
      mkdirSync(path.join(folder, names[index]!));
      const log = lines.map((line) => `[2026-11-27 06:40:31] ${line}\n`).join('');
      writeFileSync(path.join(folder, names[index]!, 'task.log'), log);
    }
    return backendSentence(folder, names);
  }

  it('are those that the nodes logged last', () => {
    const sentence = said(
      ['INFO: mining round 0', 'INFO: mining with 1 thread on native', 'INFO: mined round 0'],
      ['INFO: mining with 2 threads on native', 'WARN: mining with 1 of 2 threads on js'],
      ['INFO: mining with 3 threads on 2 native, 1 wasm-simd'],
    );
    expect(sentence).to.equal('Hash loops: native (2 nodes), wasm-simd (1 node), js (1 node).');
  });

  it('are not told where no node told, or there is no log', () => {
    expect(said(['WARN: mining with 0 of 1 threads'], [])).to.equal(undefined);
    expect(backendSentence(folder, ['node-9'])).to.equal(undefined);
  });
});
