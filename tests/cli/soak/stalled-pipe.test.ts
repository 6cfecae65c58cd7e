import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { StalledPipe } from '../../../cli/soak/stalled-pipe';
import { eventually } from '../../fixtures/until';
import { describeProcesses } from '../../runner/describe-processes';

describeProcesses('a pipe whose reader stalls', function () {
  let directory: string;
  let pipe: StalledPipe;
  let child: ChildProcess | undefined;

  before(function () {
    if (os.platform() !== 'linux') this.skip();
  });
  beforeEach(() => (directory = mkdtempSync(path.join(os.tmpdir(), 'stalled-pipe-'))));
  afterEach(() => {
    child?.kill('SIGKILL');
    pipe.close();
    rmSync(directory, { recursive: true });
  });

  const log = (): string =>
    existsSync(path.join(directory, 'log'))
      ? readFileSync(path.join(directory, 'log'), 'utf8')
      : '';

  /** A process that writes a number every 10 ms, and waits until it is written. */
  function startCounting(): void {
    const output = openSync(pipe.path, 'a');
    const code = `let n = 0; setInterval(() => require('fs').writeSync(1, n++ + '\\n'), 10)`;
    child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', output, 'inherit'] });
    closeSync(output);
  }

  it('holds up who writes, loses nothing, and adds nothing', async () => {
    pipe = new StalledPipe(path.join(directory, 'pipe'), path.join(directory, 'log'), {
      readMs: 700,
      stalledMs: 1300,
    });
    startCounting();
    await eventually(() => log() !== '' && pipe.isStalled);
    const before = log();
    // Less than the reader stalls: nothing may arrive meanwhile.
    await sleep(500);
    expect(log()).to.equal(before);
    await eventually(() => log().length > before.length);

    const numbers = log().trimEnd().split('\n');
    expect(numbers.slice(0, -1)).to.deep.equal(numbers.slice(0, -1).map((_, n) => String(n)));
    // The writer was blocked meanwhile, instead of writing on into the pipe.
    expect(numbers.length).to.be.below(100 * 1.5);
  });
});
