import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

/** After this long a store counts as working, and the next damage as the first. */
const WELL_AFTER_MS = 60_000;

describeProcesses("fault: the store's files are damaged", function () {
  this.timeout(60_000 + 2 * WELL_AFTER_MS);
  let task: LoneTask;
  beforeEach(async () => {
    task = new LoneTask();
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    await task.stored(/validShares\W+[1-9]/);
    task.kill('SIGKILL');
    await task.exit;
  });
  afterEach(() => task.dispose());

  const files = (): string[] =>
    readdirSync(task.storePath)
      .filter((name) => name !== 'LOCK')
      .map((name) => path.join(task.storePath, name));
  const minesAgain = async (): Promise<void> => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
  };

  it('garbage in every file: it says what is lost, ends with 0, and starts on a new store', async () => {
    for (const file of files()) writeFileSync(file, Buffer.alloc(4096, 'garbage'));
    await task.start();
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
    expect(task.log).to.include("the store can't be read, what it held is lost");
    expect(existsSync(`${task.storePath}.unreadable`)).to.equal(true);
    await minesAgain();
  });

  it('garbage again, after it has worked for a minute: the same again, as often as it comes', async () => {
    for (let time = 1; time <= 2; time++) {
      for (const file of files()) writeFileSync(file, Buffer.alloc(4096, `garbage ${time} `));
      await task.start();
      expect(await task.exit).to.deep.equal({ code: 0, signal: null });
      expect(task.timesLogged("the store can't be read, what it held is lost")).to.equal(time);
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      if (time === 1) {
        // Renamed once the store has worked for that long.
        await eventually(() => existsSync(`${task.storePath}.unreadable.old`));
      }
      task.kill('SIGKILL');
      await task.exit;
    }
  });

  it('garbage again before that: it is left where it is, and mining goes on in memory', async () => {
    const garbage = (): void => {
      for (const file of files()) writeFileSync(file, Buffer.alloc(4096, 'garbage'));
    };
    garbage();
    await task.start();
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
    await task.start();
    await eventually(() => task.getAnyStatus('/healthz'));
    task.kill('SIGKILL');
    await task.exit;
    garbage();
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
    expect(existsSync(task.storePath)).to.equal(true);
  });

  it('emptied files: the same', async () => {
    for (const file of files()) truncateSync(file, 0);
    await task.start();
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
    await minesAgain();
  });

  it('the end of a file cut off: it goes on with what can be read', async () => {
    for (const file of files().filter((name) => name.endsWith('.log'))) {
      truncateSync(file, Math.floor(statSync(file).size * 0.7));
    }
    await minesAgain();
    expect(existsSync(`${task.storePath}.unreadable`)).to.equal(false);
  });
});
