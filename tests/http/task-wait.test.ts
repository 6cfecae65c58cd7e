import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { MemoryStore } from '../fixtures/memory-store';
import { SidePort } from '../fixtures/side-port';
import type { Answer } from '../fixtures/standalone';
import { seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const ROUND = 4;

/** Writes as slowly as a busy disk. */
class SlowStore extends MemoryStore {
  override async set(key: string, value: string): Promise<void> {
    await sleep(200);
    return super.set(key, value);
  }
}

describe('GET /task that waits', function () {
  this.timeout(30_000);
  let port: SidePort;
  beforeEach(async () => {
    port = await SidePort.open();
    await port.node.miner.begin(ROUND, seed, Infinity);
  });
  afterEach(() => port.close());

  const jobOf = async (route = `/task/${ROUND}`): Promise<string> =>
    (await port.ask(route)).body.work.job_id;
  /** Resolves when a request begins to wait, which is when it asks for the miner's next change. */
  const waitBegins = (): Promise<void> =>
    new Promise((resolve) => {
      const miner: { nextChange?: Promise<void> } = port.node.miner;
      Object.defineProperty(miner, 'nextChange', {
        configurable: true,
        get() {
          // Uncovers the miner's own getter again.
          delete miner.nextChange;
          resolve();
          return miner.nextChange;
        },
      });
    });
  /** A request that waits when this resolves. */
  const waiting = async (route: string, signal?: AbortSignal): Promise<Promise<Answer>[]> => {
    const begun = waitBegins();
    const answer = port.ask(route, undefined, signal);
    await begun;
    return [answer];
  };
  const metric = async (series: string): Promise<number> => {
    const text = await (await fetch(`${port.url}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.split(' ')[1]);
  };
  const seconds = (status: number): Promise<number> =>
    metric(
      `orca_http_request_duration_seconds_sum{method="GET",route="/task/:roundNumber",status="${status}"}`,
    );

  it('has the same job again for who asks again, and at once where another is named', async () => {
    const job = await jobOf();
    expect(await jobOf()).to.equal(job);
    for (const other of ['another', await jobOf(`/task/${ROUND}?worker_id=rig1`)]) {
      expect(await jobOf(`/task/${ROUND}?after=${other}`)).to.equal(job);
    }
    expect(await jobOf(`/task?after=another`)).to.equal(job);
  });

  it('is answered without work as soon as the round is over, or not at all where it named none', async () => {
    const job = await jobOf();
    const [numbered] = await waiting(`/task/${ROUND}?after=${job}`);
    const [current] = await waiting(`/task?after=${job}`);
    await port.node.miner.close(ROUND);
    const { status, body } = await numbered!;
    expect([status, body.round_number, body.work]).to.deep.equal([200, ROUND, undefined]);
    expect((await current!).status).to.equal(404);
  });

  it('is answered without work where the next round has begun', async () => {
    const [answer] = await waiting(`/task/${ROUND}?after=${await jobOf()}`);
    await port.node.miner.begin(ROUND + 1, seed, Infinity);
    expect((await answer!).body)
      .to.include({ round_number: ROUND })
      .and.not.have.property('work');
  });

  it('has the job of another target, as soon as that is seen', async () => {
    const job = await jobOf();
    const [answer] = await waiting(`/task?after=${job}`);
    port.shareTarget(FLOOR / 16n);
    const { body } = await answer!;
    expect(body.work.job_id).not.to.equal(job);
    expect(body.work.share_target <= (FLOOR / 16n).toString(16).padStart(64, '0')).to.equal(true);
  });

  it('waits no longer than its client, and is counted as given up, without the time it waited', async () => {
    const client = new AbortController();
    const route = `/task/${ROUND}?after=${await jobOf()}`;
    const [answer] = await waiting(route, client.signal);
    const failure = answer!.catch((error: Error) => error.name);
    // A wait long enough to show in the metric, were it counted.
    await sleep(1000);
    client.abort();
    expect(await failure).to.equal('AbortError');
    await until(async () => (await seconds(499)) >= 0);
    expect(await seconds(499)).to.be.below(0.5);
  });

  it('adds nothing to the measured time of answers', async () => {
    const [answer] = await waiting(`/task/${ROUND}?after=${await jobOf()}`);
    // A wait long enough to show in the metric, were it counted.
    await sleep(1000);
    await port.node.miner.close(ROUND);
    await answer;
    expect(await seconds(200)).to.be.below(0.8);
  });

  it('ends with its server', async () => {
    const [answer] = await waiting(`/task/${ROUND}?after=${await jobOf()}`);
    const failure = answer!.catch((error: Error) => error.name);
    const closed = new Promise((resolve) => port.server.close(resolve));
    port.server.closeAllConnections();
    expect(await failure).to.equal('TypeError');
    await closed;
  });

  it('waits for the first job of a round begun this moment', async () => {
    const slow = await SidePort.open({ store: new SlowStore() });
    try {
      await slow.node.miner.begin(ROUND, seed, Infinity);
      expect(slow.node.miner.lastRound!.current).to.equal(undefined);
      const answers = await Promise.all([
        slow.ask(`/task/${ROUND}`),
        slow.ask('/task?worker_id=rig1&after=another'),
      ]);
      for (const { body } of answers) expect(body).to.have.nested.property('work.job_id');
    } finally {
      await slow.close();
    }
  });

  it('is one request of its limit', async () => {
    const limited = await SidePort.open({ requestsPerMinute: 3 });
    try {
      await limited.node.miner.begin(ROUND, seed, Infinity);
      const { job_id } = (await limited.ask('/task')).body.work;
      const answers = [1, 2].map(() => limited.ask(`/task?after=${job_id}`));
      await until(async () => (await limited.ask('/task')).status === 429);
      await limited.node.miner.close(ROUND);
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(statuses).to.deep.equal([404, 404]);
    } finally {
      await limited.close();
    }
  });
});
