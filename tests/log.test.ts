import { expect } from 'chai';
import { createLog } from '../src/log';

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
