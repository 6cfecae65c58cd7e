import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { REJECTED_AS } from '../../src/workers/worker';
import { MAX_WORKERS } from '../../src/workers/workers';
import { mineShares, type Work } from '../fixtures/shares';
import { SidePort } from '../fixtures/side-port';
import { seed } from '../fixtures/template';

const ROUND = 3;

interface Shown {
  worker_id: string;
  user_agent: string | null;
  hash_rate: number;
  difficulty: number | null;
  accepted_shares: number;
  rejected_shares: Record<string, number>;
  round_best_difficulty: number | null;
  best_difficulty: number | null;
  last_share: string | null;
  idle_seconds: number;
}

interface Answer {
  round_number: number | null;
  workers: Shown[];
}

describe('GET /workers', function () {
  this.timeout(30_000);
  let side: SidePort;
  beforeEach(async () => {
    side = await SidePort.open();
  });
  afterEach(() => side.close());

  /** Each answer is held to docs/openapi.yaml. */
  async function workers(): Promise<Answer> {
    const { status, headers, body } = await side.ask('/workers');
    expect(status).to.equal(200);
    expect(headers.get('cache-control')).to.equal('no-store');
    return body as unknown as Answer;
  }

  it('is empty where nobody mined, and names no round before the first', async () => {
    expect(await workers()).to.deep.equal({ round_number: null, workers: [] });
    await side.node.miner.begin(ROUND, seed, Infinity);
    expect(await workers()).to.deep.equal({ round_number: ROUND, workers: [] });
  });

  it('shows a worker that asked for work and found nothing yet', async () => {
    await side.node.miner.begin(ROUND, seed, Infinity);
    const { body } = await side.ask(`/task/${ROUND}?worker_id=rig1`);
    const { workers: shown } = await workers();
    expect(shown).to.have.length(1);
    expect(shown[0]).to.deep.include({
      worker_id: 'rig1',
      user_agent: null,
      hash_rate: 0,
      round_hash_rate: 0,
      accepted_shares: 0,
      rejected_shares: { stale: 0, duplicate: 0, low_difficulty: 0, invalid: 0 },
      round_best_difficulty: null,
      best_difficulty: null,
      last_share: null,
    });
    expect(shown[0]!.difficulty).to.be.closeTo(body.target_difficulty, 1e-12);
  });

  it('shows the shares of a worker, and its best one', async () => {
    await side.node.miner.begin(ROUND, seed, Infinity);
    const { body } = await side.ask(`/task/${ROUND}?worker_id=rig1`);
    const from = Date.now();
    const difficulties: number[] = [];
    for (const share of mineShares(body.work as Work, 3)) {
      const { status, body: accepted } = await side.ask(`/submission/${ROUND}`, share);
      expect(status).to.equal(201);
      difficulties.push((accepted as unknown as { difficulty: number }).difficulty);
    }
    const [shown] = (await workers()).workers;
    const best = Math.max(...difficulties);
    expect(shown).to.include({
      worker_id: 'rig1',
      accepted_shares: 3,
      round_best_difficulty: best,
      best_difficulty: best,
    });
    expect(Date.parse(shown!.last_share!)).to.be.within(from - 1000, Date.now() + 1000);
    expect(shown!.idle_seconds).to.be.at.most(30);
  });

  it('counts rejected shares by reason', async () => {
    const worker = side.node.workers.register('rig1');
    for (const [count, as] of REJECTED_AS.entries()) {
      for (let i = 0; i <= count; i++) worker.reject(as);
    }
    const [shown] = (await workers()).workers;
    expect(shown!.rejected_shares).to.deep.equal({
      stale: 1,
      duplicate: 2,
      low_difficulty: 3,
      invalid: 4,
    });
  });

  it('keeps the best ever of a worker when the round, and all else, is another', async () => {
    side.node.bests.note({ workerId: 'rig1', hashValue: FLOOR, round: 1 });
    side.node.workers.register('rig1');
    const [shown] = (await workers()).workers;
    expect(shown!.round_best_difficulty).to.equal(null);
    expect(shown!.best_difficulty).to.be.above(0);
  });

  it('shows names and agents as they are: whoever shows them on a page has to escape them', async () => {
    const names = ['<script>alert(1)</script>', 'a "quoted" \\ name', 'x'.repeat(64), '__proto__'];
    for (const name of names) side.node.workers.register(name).agent = `<b>${name.slice(0, 60)}`;
    const { workers: shown } = await workers();
    expect(shown.map(({ worker_id }) => worker_id)).to.have.members(names);
    for (const { worker_id, user_agent } of shown) {
      expect(user_agent).to.equal(`<b>${worker_id.slice(0, 60)}`);
    }
  });

  it('shows those with accepted shares first, and all that there can be', async () => {
    for (let i = 0; i < MAX_WORKERS + 10; i++) side.node.workers.register(`rig${i}`);
    side.node.workers.prove('rig500').accept({ round: ROUND, hashValue: FLOOR, hashes: 1 });
    const { workers: shown } = await workers();
    expect(shown).to.have.length(MAX_WORKERS);
    expect(shown.slice(0, 2).map(({ worker_id }) => worker_id)).to.deep.equal([
      'rig500',
      `rig${MAX_WORKERS + 9}`,
    ]);
  });

  it('takes nothing but GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { status, headers } = await fetch(`${side.url}/workers`, { method });
      expect([status, headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
    }
  });
});

describe('the limits of GET /workers', function () {
  this.timeout(30_000);

  it('are those of all requests', async () => {
    const side = await SidePort.open({ requestsPerMinute: 3 });
    const statuses: number[] = [];
    for (const route of ['/workers', '/audit', '/workers', '/workers', '/audit']) {
      statuses.push((await side.ask(route)).status);
    }
    await side.close();
    expect(statuses).to.deep.equal([200, 200, 200, 429, 429]);
  });
});
