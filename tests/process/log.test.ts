import { expect } from 'chai';
import { createLog, sparingly } from '../../src/process/log';

describe('the log', () => {
  it('writes lines for people', () => {
    let text = '';
    const log = createLog('info', (line) => (text += line));
    log.info('a line');
    log.debug('not this one');
    log.warn({ error: new Error('the reason') }, 'another');
    expect(text).to.match(/^\[.{19}\] INFO: a line\n\[.{19}\] WARN: another\n/);
    expect(text).to.include('the reason').and.not.include('not this one');
  });
});

describe('what others can cause', () => {
  it('is told of at once, then once a minute, with how often it happened', () => {
    let nowMs = 0;
    const told: unknown[] = [];
    const tell = sparingly(
      (times, what: string) => told.push([times, what]),
      () => nowMs,
    );
    for (nowMs = 0; nowMs < 60_000; nowMs += 1000) tell(`at ${nowMs}`);
    expect(told).to.deep.equal([[1, 'at 0']]);
    tell('later');
    expect(told).to.deep.equal([
      [1, 'at 0'],
      [60, 'later'],
    ]);
    nowMs += 60_000;
    tell('alone');
    expect(told.at(-1)).to.deep.equal([1, 'alone']);
  });
});
