import { expect } from 'chai';
import type { ShareBody } from '../../cli/worker/share-body';
import { FLOOR } from '../../src/consensus';
import { mineShares, nextId, type Work } from '../fixtures/shares';
import { SidePort } from '../fixtures/side-port';
import { restNow, StandaloneNode } from '../fixtures/standalone';
import { seed } from '../fixtures/template';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 6;

describe('the job that a share is hashed on', function () {
  this.timeout(60_000);
  let port: SidePort;
  beforeEach(async () => {
    port = await SidePort.open();
    await port.node.miner.begin(ROUND, seed, Infinity);
    port.shareTarget(FLOOR);
  });
  afterEach(() => port.close());

  const workOf = async (query = ''): Promise<Work> =>
    (await port.ask(`/task/${ROUND}${query}`)).body.work;
  const submit = async (share: object, round = ROUND): Promise<[number, string | undefined]> => {
    const { status, body } = await port.ask(`/submission/${round}`, share);
    return [status, body.reason];
  };
  const invalid = async (): Promise<number> =>
    (await port.ask('/audit?limit=1')).body.statistics.invalid_shares;
  /** Shares above the target. */
  const missing = (target: bigint, work: Work, count: number): ShareBody[] =>
    mineShares(work, 20 * count, 'rig1')
      .filter(({ hash }) => BigInt(`0x${hash}`) > target)
      .slice(0, count);

  it('is the one it names, with its target, also when a newer one has another', async () => {
    const easy = await workOf();
    const target = FLOOR / 4n;
    port.shareTarget(target);
    const hard = await workOf();
    expect([hard.job_id === easy.job_id, hard.extranonce1]).to.deep.equal([
      false,
      easy.extranonce1,
    ]);
    const [one, two, three] = missing(target, easy, 3);
    expect(await submit({ ...one, job_id: easy.job_id })).to.deep.equal([201, undefined]);
    expect(await submit({ ...two, job_id: hard.job_id })).to.deep.equal([422, 'above_target']);
    // A request of one worker must not make another's shares worthless.
    expect((await submit(three!))[0]).to.equal(201);
  });

  it('is that one alone: no other is tried', async () => {
    const [a, b] = [await workOf('?worker_id=a'), await workOf('?worker_id=b')];
    const [share] = mineShares(a, 1, 'a');
    const before = await invalid();
    expect(await submit({ ...share, job_id: b.job_id })).to.deep.equal([422, 'wrong_hash']);
    expect(await invalid()).to.equal(before + 1);
    expect((await submit(share!))[0]).to.equal(201);
  });

  it("may be another worker's", async () => {
    const work = await workOf('?worker_id=a');
    const [first, second] = mineShares(work, 2, 'b');
    expect(await submit(first!)).to.deep.equal([422, 'wrong_hash']);
    expect((await submit({ ...second, job_id: work.job_id }))[0]).to.equal(201);
  });

  it('is the newest of its worker where it names none, else that of those without an id', async () => {
    const [own, shared] = [await workOf('?worker_id=a'), await workOf()];
    expect((await submit(mineShares(own, 1, 'a')[0]!))[0]).to.equal(201);
    expect((await submit(mineShares(shared, 1, 'never-seen')[0]!))[0]).to.equal(201);
    const [misnamed] = mineShares(shared, 1, 'a');
    expect(await submit(misnamed!)).to.deep.equal([422, 'wrong_hash']);
    const { job_id } = shared;
    expect((await submit({ ...misnamed, submission_id: nextId(), job_id }))[0]).to.equal(201);
  });

  it('has to be of the round: any other is stale, and counts as no share', async () => {
    const before = await invalid();
    const old = await workOf();
    await port.node.miner.begin(ROUND + 1, seed, Infinity);
    const { work } = (await port.ask('/task')).body;
    const [share] = mineShares(work, 1);
    const { conflicts } = port.node.shares.sinceStart;
    for (const job_id of [old.job_id, 'x', '0'.repeat(20)]) {
      expect(await submit({ ...share, job_id }, ROUND + 1), job_id).to.deep.equal([409, 'stale']);
    }
    expect(await invalid()).to.equal(before);
    expect(port.node.shares.sinceStart.conflicts).to.equal(conflicts + 3);
    // For a round that is over, the reason says so.
    const [late] = mineShares(old, 1);
    expect(await submit({ ...late, job_id: old.job_id })).to.deep.equal([409, 'round_over']);
    expect((await submit({ ...share, job_id: work.job_id }, ROUND + 1))[0]).to.equal(201);
  });

  it('can be made up as far as it could have been handed out, and no further', async () => {
    const { job_id, ...work } = await workOf();
    const [share, other] = mineShares({ job_id, ...work }, 2);
    const [tag, prefix, bits] = [job_id.slice(0, 8), job_id.slice(8, 12), job_id.slice(12)];
    const madeUp = [
      `${tag}efff${bits}`,
      `00000000${prefix}${bits}`,
      `${job_id}0`,
      // Targets above the floor, below zero, and not in their canonical form.
      '1e400001',
      '1f400000',
      '207fffff',
      '1e800000',
      '00000000',
      '1f004000',
      'ffffffff',
    ].map((id) => (id.length === 8 ? tag + prefix + id : id));
    for (const id of madeUp) {
      expect(await submit({ ...share, job_id: id }), id).to.deep.equal([409, 'stale']);
    }
    const tooHard = { ...share, job_id: `${tag}${prefix}03000001` };
    expect(await submit(tooHard)).to.deep.equal([422, 'above_target']);
    expect((await submit({ ...other, job_id }))[0]).to.equal(201);
  });

  it('is looked at for its height, which is only compared', async () => {
    const { job_id, ...work } = await workOf();
    const [share] = mineShares({ job_id, ...work }, 1);
    const elsewhere = { ...share, job_id, block_height: ROUND + 1 };
    expect(await submit(elsewhere)).to.deep.equal([422, 'wrong_height']);
    expect((await submit({ ...share, job_id }))[0]).to.equal(201);
  });

  it('is none of what a repeat is known by', async () => {
    const work = await workOf();
    const [share] = mineShares(work, 1);
    const named = { ...share, job_id: work.job_id };
    expect((await submit(named))[0]).to.equal(201);
    for (const again of [named, share!, { ...share, job_id: 'x' }]) {
      expect((await submit(again))[0]).to.equal(200);
    }
    const copy = { ...named, submission_id: nextId() };
    expect(await submit(copy)).to.deep.equal([409, 'duplicate_share']);
  });

  it('may be named by a claim, which is taken as any', async () => {
    const work = await workOf();
    const [{ hash, difficulty, block_height, worker_id } = mineShares(work, 1)[0]!] = [];
    for (const job_id of [work.job_id, 'x']) {
      const claim = { hash, difficulty, block_height, worker_id, submission_id: nextId(), job_id };
      expect((await submit(claim))[0]).to.equal(202);
    }
  });

  it('is named as submissions are', async () => {
    const [share] = mineShares(await workOf(), 1);
    for (const job_id of ['', 'a b', 'x'.repeat(65), 5, null]) {
      const { status, body } = await port.ask(`/submission/${ROUND}`, { ...share, job_id });
      expect([status, body.issues.map(({ path }) => path)]).to.deep.equal([400, ['job_id']]);
    }
  });
});

describeProcesses('jobs of a node that is killed', function () {
  this.timeout(60_000);
  let node: StandaloneNode;
  before(async () => (node = await StandaloneNode.start({ MINING_SCHEDULE: restNow() })));
  after(() => node.dispose());

  it('are jobs of the one that is started in its place, and given to nobody else', async () => {
    await node.post(`/task/${ROUND}`, {});
    const workOf = async (query = ''): Promise<Work> =>
      (await node.ask(`/task/${ROUND}${query}`)).body.work;
    const works = [await workOf(), await workOf('?worker_id=rig1')] as const;
    await node.kill('SIGKILL');
    await node.run();
    // Before the worker that had this ground asks again.
    const other = await workOf('?worker_id=rig2');
    expect(works.map(({ extranonce1 }) => extranonce1)).not.to.include(other.extranonce1);
    for (const work of works) {
      const share = { ...mineShares(work, 1, 'rig1')[0]!, job_id: work.job_id };
      expect((await node.post(`/submission/${ROUND}`, share)).status).to.equal(201);
    }
    // A share proves whose ground it is.
    expect((await workOf('?worker_id=rig1')).job_id).to.equal(works[1].job_id);
    expect((await workOf()).job_id).to.equal(works[0].job_id);
  });
});
