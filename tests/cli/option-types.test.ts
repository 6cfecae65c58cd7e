import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { positive, seconds, wholeNumber } from '../../cli/option-types';

const ROOT = path.join(__dirname, '../..');

describe('what the options of the tools can be', () => {
  it('are whole numbers in a range', () => {
    const parse = wholeNumber(1, 100);
    expect([parse('1'), parse('100')]).to.deep.equal([1, 100]);
    for (const text of ['0', '101', '1.5', '-1', '1e1', '', ' 5', 'x', '0x5']) {
      expect(() => parse(text), text).to.throw('Expected a whole number from 1 to 100.');
    }
    expect(() => wholeNumber(0)('-1')).to.throw('Expected a whole number of at least 0.');
    expect(() => wholeNumber(0)('9007199254740992')).to.throw('whole number');
  });

  it('are numbers above 0, and seconds that a timer can hold', () => {
    expect(positive()('0.5')).to.equal(0.5);
    expect(seconds('86400')).to.equal(86_400);
    for (const text of ['0', '-1', '', ' ', 'x', 'NaN', 'Infinity']) {
      expect(() => positive()(text), text).to.throw('Expected a number above 0.');
    }
    expect(() => seconds('86401')).to.throw('Expected a number above 0, at most 86400.');
  });

  it('are refused where a tool does not know or understand them, before it does anything', async function () {
    this.timeout(60_000);
    const ran = await Promise.all([run('audit', '--sizes', 'abc'), run('api', '--sharez', '1')]);
    expect(ran.map(({ stderr }) => stderr.split('\n')[0])).to.deep.equal([
      "error: option '--sizes <list>' argument 'abc' is invalid. Expected a whole number from 1 to 1000000.",
      "error: unknown option '--sharez'",
    ]);
    for (const { code, stdout } of ran)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
  });
});

function run(
  bench: string,
  ...args: string[]
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const command = ['--import', 'tsx', `bench/${bench}.ts`, ...args];
    execFile(process.execPath, command, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}
