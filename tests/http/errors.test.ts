import { expect } from 'chai';
import { ApiError, faultLog } from '../../src/http/errors';
import { createLog } from '../../src/process/log';

describe('an error answer', () => {
  it('is thrown without the places it comes from, which cost a flooded node time', () => {
    expect(new ApiError(404, 'no such path').stack).not.to.match(/^ +at /m);
    expect(new Error('another').stack).to.match(/^ +at /m);
  });
});

describe('the log of faults', () => {
  let text: string;
  let fault: (error: unknown) => void;
  beforeEach(() => {
    text = '';
    fault = faultLog(createLog('info', (line) => (text += line)));
  });

  it('has the kind of an error and its places, and nothing of its message', () => {
    fault(new TypeError('no such thing: owned\n    at forged (/sent/by/a/client.js:1:1)'));
    expect(text).to.include('1 requests failed, the last by TypeError');
    expect(text).to.match(/^ +at .*errors\.test\.ts:\d+:\d+/m);
    expect(text).not.to.match(/owned|forged|client\.js/);
  });

  it('has a code rather than a name, and takes what is no error', () => {
    fault(Object.assign(new Error('/path/of/somebody'), { code: 'ENOSPC' }));
    expect(text).to.include('the last by ENOSPC').and.not.include('/path/of/somebody');
    for (const thrown of [undefined, null, 'a text', 7, {}, new Error('')]) {
      const lines: string[] = [];
      faultLog(createLog('info', (line) => lines.push(line)))(thrown);
      expect(lines).to.have.length(1);
    }
  });

  it('has one line a minute, however many there are', () => {
    for (let i = 0; i < 1000; i++) fault(new Error('again'));
    expect(text.split('requests failed')).to.have.length(2);
  });
});
