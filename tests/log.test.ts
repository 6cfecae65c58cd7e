import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createLog } from '../src/log';

const FULL = '/dev/full';

describe('the log', () => {
  it('writes lines for people', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'log-test-'));
    const file = path.join(folder, 'log');
    const fd = openSync(file, 'w');
    const log = createLog('info', fd);
    log.info('a line');
    log.debug('not this one');
    log.warn({ error: new Error('the reason') }, 'another');
    closeSync(fd);
    const text = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    expect(text).to.match(/^\[.{19}\] INFO: a line\n\[.{19}\] WARN: another\n/);
    expect(text).to.include('the reason').and.not.include('not this one');
  });

  it('survives a full disk', function () {
    if (!existsSync(FULL)) this.skip(); // a device of Linux
    const fd = openSync(FULL, 'w');
    const log = createLog('info', fd);
    for (let i = 0; i < 2000; i++) log.info('x'.repeat(1000));
    closeSync(fd);
  });
});
