import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { OutputQueue } from '../../src/process/output-queue';
import { writeTo } from '../../src/process/output';
import { until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const TALKER = path.join(__dirname, '../fixtures/talker.ts');
const LOADER = createRequire(__filename).resolve('tsx');
const LINE = /^line (\d+) (x*)$/;

function talk(lines: { atOnce: number; each: number }, stdout: 'pipe' | number): ChildProcess {
  return fork(TALKER, [String(lines.atOnce), String(lines.each)], {
    execArgv: ['--import', LOADER],
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
  });
}

/** Waits for a message from a talker. */
async function hears(child: ChildProcess, what: 'full' | 'ending'): Promise<void> {
  let isTold = false;
  child.on('message', (message) => (isTold ||= message === what));
  await until(() => isTold);
}

/** The numbers of the lines, all of which must be complete. */
function numbersOf(lines: string[]): number[] {
  return lines.map((line) => {
    const [, number, rest] = LINE.exec(line) ?? expect.fail(`a torn line: ${line}`);
    expect(rest).to.have.length(Number(number) % 200);
    return Number(number);
  });
}

describeProcesses('the output of a process', () => {
  it('comes out whole on a pipe that is read, though the process ends in the same tick', async () => {
    const child = talk({ atOnce: 1000, each: 0 }, 'pipe');
    let text = '';
    child.stdout!.on('data', (part: Buffer) => (text += part.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).to.equal(3);
    const numbers = numbersOf(text.slice(0, -1).split('\n'));
    expect(numbers).to.deep.equal(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  it('comes out whole in a file', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'output-test-'));
    const file = path.join(folder, 'log');
    const fd = openSync(file, 'w');
    const [code] = (await once(talk({ atOnce: 20_000, each: 0 }, fd), 'close')) as [number];
    closeSync(fd);
    const lines = readFileSync(file, 'utf8').slice(0, -1).split('\n');
    rmSync(folder, { recursive: true });
    expect(code).to.equal(3);
    expect(numbersOf(lines)).to.have.length(20_000);
  });

  it('goes on where the pipe was full when the process ends', async () => {
    const child = talk({ atOnce: 4000, each: 1 }, 'pipe');
    // The pipe has taken a part of a block; the rest can follow only at the end.
    await hears(child, 'full');
    let text = '';
    child.send('end');
    await hears(child, 'ending');
    child.stdout!.on('data', (part: Buffer) => (text += part.toString()));
    await once(child, 'close');
    const lines = text.split('\n');
    // A reader that is too slow at the end loses the rest, so the last line may be torn.
    lines.pop();
    const numbers = numbersOf(lines);
    expect(numbers.length).to.be.greaterThan(1000);
    expect(numbers).to.deep.equal(numbers.map((_, i) => i + 1));
  });

  it('ends in time though nobody reads it', async () => {
    const child = talk({ atOnce: 20_000, each: 1 }, 'pipe');
    await hears(child, 'full');
    child.send('end');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).to.equal(3);
  });

  describe('is written by the contract of a stream', () => {
    const said: string[] = [];
    const queue = new OutputQueue({
      write: (bytes, done) => (said.push(bytes.toString()), done()),
      flush: () => undefined,
    });
    const refuse = (): boolean => {
      throw new TypeError('refused');
    };
    const write = writeTo(queue, refuse);
    beforeEach(() => void said.splice(0));

    it('of text and bytes, in any encoding, with a callback', async () => {
      await new Promise<void>((resolve) => expect(write('a', resolve)).to.equal(true));
      await new Promise<void>((resolve) => write('62', 'hex', resolve));
      await new Promise<void>((resolve) => write(Buffer.from('c'), undefined, resolve));
      write(new Uint8Array([0xe2, 0x82, 0xac, 0x1b]));
      write('d', 'UTF8');
      expect(said).to.deep.equal(['a', 'b', 'c', '€\\x1b', 'd']);
    });

    it('refuses what is neither text nor bytes, as the stream does', () => {
      for (const chunk of [undefined, null, 7, {}]) expect(() => write(chunk)).to.throw('refused');
      expect(() => write('a', 'no encoding')).to.throw('refused');
      expect(said).to.deep.equal([]);
    });
  });
});
