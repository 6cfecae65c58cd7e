import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import bs58 from 'bs58';
import { expect } from 'chai';
import { roundSeed } from '../../../src/work/seed';
import { startProgram, SUBMITTER, TASK_ID } from '../../fixtures/standalone';
import { eventually, until } from '../../fixtures/until';
import { describeProcesses } from '../../runner/describe-processes';
import { freePort } from '../../sdk-stand-in/http';

describeProcesses('the rounds that npm run serve runs by itself', function () {
  this.timeout(120_000);
  const SECONDS = 3;
  let folder: string;
  let port: number;
  let child: ReturnType<typeof startProgram>;

  const run = (): void => {
    child = startProgram('cli/serve.ts', ['--rounds', String(SECONDS)], {
      TASK_ID,
      SUBMITTER_PUBLIC_KEY: SUBMITTER,
      STATE_DIR: folder,
      API_PORT: String(port),
      STRATUM_PORT: '0',
      MINING_THREADS: '1',
      MINING_INTENSITY: '50',
    });
  };
  const kill = async (): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  const mining = (round: number): Promise<void> =>
    until(() => child.output().includes(`mining round ${round}\n`), 60_000);
  const get = async (route: string): Promise<Record<string, string>> =>
    (await (await fetch(`http://127.0.0.1:${port}${route}`)).json()) as Record<string, string>;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'own-rounds-'));
    port = await freePort();
    run();
  });
  afterEach(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it("follow each other, each on this node's own proof, and go on after a restart", async () => {
    // On a busy machine a round may pass without a share.
    let round = 2;
    const proof = await eventually(async () => {
      await mining(++round);
      return (await get(`/submission/${round - 2}`))['proof'];
    });
    const { work } = (await get(`/task/${round}`)) as unknown as { work: { prev: string } };
    const seed = roundSeed(bs58.decode(TASK_ID), round, { [SUBMITTER]: proof });
    const own = await fetch(`http://127.0.0.1:${port}/audit`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        submission: { proof, round_number: round - 2, submitter: SUBMITTER },
      }),
    });
    expect(await own.json()).to.equal(true);
    expect(work.prev).to.equal(seed.toString('hex'));

    const refused = await fetch(`http://127.0.0.1:${port}/task/9`, { method: 'POST' });
    expect(refused.status).to.equal(409);
    expect(await refused.json()).to.include({
      message: `this node runs its rounds by itself (--rounds ${SECONDS})`,
    });

    const last = Number((await get('/task'))['round_number']);
    await kill();
    run();
    await mining(last);
    await mining(last + 1);
    expect(child.output()).to.include(`by themselves, from round ${last} on`);
  });
});
