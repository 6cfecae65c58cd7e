import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { BUNDLE, LoneTask, SECRET } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { node18 } from '../fixtures/node18';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
/** How long a node gives a task to end. */
const STOP_MS = 2000;
const DROPPED = 'orca_log_lines_dropped_total';
const MEMORY = 'orca_memory_usage_bytes';
const FLOOD = path.join(__dirname, '../fixtures/flood.js');

/** The Node that runs the task. */
const NODES: [string, () => string][] = [
  ['this Node', () => process.execPath],
  ['Node 18.12', node18],
];

for (const [name, binary] of NODES) {
  describeProcesses(`fault: what the task says is not read, on ${name}`, function () {
    this.timeout(60_000);
    let task: LoneTask;
    beforeEach(() => (task = new LoneTask()));
    afterEach(() => task.dispose());

    /** Starts a task that logs far more than a pipe holds. */
    const start = async (): Promise<void> => {
      const executable = path.join(task.directory, 'flooding.js');
      writeFileSync(executable, readFileSync(FLOOD, 'utf8') + readFileSync(BUNDLE, 'utf8'));
      await task.start(executable, { LOG_LEVEL: 'debug' }, { execPath: binary(), piped: true });
    };
    const expectHandedIn = async (): Promise<void> => {
      expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
    };
    const hasDropped = (lines: number): Promise<true> =>
      eventually(async () => (await task.metric(DROPPED)) > lines);
    const stop = async (): Promise<void> => {
      const startedAt = performance.now();
      task.kill('SIGTERM');
      expect(await task.exit).to.deep.equal({ code: 0, signal: null });
      expect(performance.now() - startedAt).to.be.lessThan(STOP_MS);
    };

    it('mines, hands its proof in and ends in time though its parent reads nothing; memory stays', async () => {
      await start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      await hasDropped(0);
      const dropped = await task.metric(DROPPED);
      const memory = await task.metric(MEMORY);
      await hasDropped(dropped + 100_000); // 100 MB
      expect((await task.metric(MEMORY)) - memory).to.be.lessThan(50 * 2 ** 20);
      await expectHandedIn();
      await stop();
    });

    it("never says the secret of its calls to the node, which the SDK's errors hold", async () => {
      const executable = path.join(task.directory, 'telling.js');
      const telling = `setTimeout(() => console.error('told', { secret: process.argv[7] }), 500);\n`;
      writeFileSync(executable, telling + readFileSync(BUNDLE, 'utf8'));
      await task.start(executable, {}, { execPath: binary() });
      await task.logged('told');
      expect(task.log).to.include("told { secret: '[secret]' }").and.not.include(SECRET);
    });

    it('tells a parent that reads again how much it missed, and goes on', async () => {
      await start();
      await hasDropped(1000);
      for (const pipe of task.pipes) {
        let text = '';
        pipe.setEncoding('utf8').on('data', (part: string) => (text += part));
        const [, missed] = await eventually(
          () => /^(\d+) lines were dropped: .+\nflood \d+ x+\n/m.exec(text) ?? undefined,
        );
        const numbers = [...text.matchAll(/^flood (\d+) x{1000}$/gm)].map(([, n]) => Number(n));
        const gaps = numbers.flatMap((n, i) => (i > 0 ? [n - numbers[i - 1]! - 1] : []));
        expect(gaps.filter((gap) => gap > 0)[0]).to.be.at.most(Number(missed));
        expect(Math.min(...gaps), 'in order').to.equal(0);
      }
      await stop();
    });

    it('goes on when the pipes are closed', async () => {
      await start();
      for (const pipe of task.pipes) pipe.destroy();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      await hasDropped(0);
      await expectHandedIn();
      await stop();
    });

    it('says its last words to a parent that reads', async () => {
      await task.start(BUNDLE, { MINING_THREADS: 'many' }, { execPath: binary(), piped: true });
      let text = '';
      for (const pipe of task.pipes) pipe.on('data', (part: Buffer) => (text += part.toString()));
      expect(await task.exit).to.deep.equal({ code: 1, signal: null });
      await eventually(() => text.includes('MINING_THREADS: expected'));
    });
  });
}
