import { expect } from 'chai';
import type { ShareBody } from '../../cli/worker/share-body';
import { mineShares, nextId, type Work } from '../fixtures/shares';
import { restNow, StandaloneNode, type Answer } from '../fixtures/standalone';

const ROUND = 6;

/** A share with only the five documented fields. */
interface ClaimBody {
  hash: string;
  difficulty: number;
  block_height: number;
  worker_id: string;
  submission_id: string;
}

const reversed = (hash: string): string => Buffer.from(hash, 'hex').reverse().toString('hex');

describe('claims: shares of the five documented fields alone', function () {
  this.timeout(60_000);
  let node: StandaloneNode;
  let work: Work;

  before(async () => {
    // The node's own thread rests, so that all counts come from this test.
    node = await StandaloneNode.start({ MINING_SCHEDULE: restNow(), API_RATE_LIMIT: '0' });
    await node.post(`/task/${ROUND}`, {});
    ({ work } = (await node.ask(`/task/${ROUND}?worker_id=rig1`)).body);
  });
  after(() => node.dispose());

  const submit = (body: unknown): Promise<Answer> => node.post(`/submission/${ROUND}`, body);
  const audit = async (query = '') => (await node.ask(`/audit${query}`)).body;
  const claimOf = ({ hash, difficulty, block_height, worker_id }: ShareBody): ClaimBody => ({
    hash,
    difficulty,
    block_height,
    worker_id,
    submission_id: nextId(),
  });
  const fresh = (): ClaimBody => claimOf(mineShares(work, 1)[0]!);

  it('are taken, told to be unproven, and say what would make them count', async () => {
    const claim = fresh();
    const { status, body } = await submit(claim);
    expect(status).to.equal(202);
    expect(body).to.include({ accepted: true, proven: false, submission_id: claim.submission_id });
    expect(body.message).to.match(/extranonce2 and nonce/);
  });

  it('are taken with what was rolled as well, which shows nothing by itself', async () => {
    const share = mineShares(work, 1, 'rig1', { timeOffset: 7 })[0]!;
    const { version_bits, time_offset } = share;
    const { status, body } = await submit({ ...claimOf(share), version_bits, time_offset });
    expect([status, body.proven]).to.deep.equal([202, false]);
  });

  it('are in a count of their own, and in no other', async () => {
    const { statistics: before } = await audit();
    expect((await submit(fresh())).status).to.equal(202);
    expect((await submit({ ...fresh(), worker_id: 'never-proven' })).status).to.equal(202);
    const claimed_shares = before.claimed_shares + 2;
    expect((await audit()).statistics).to.deep.equal({ ...before, claimed_shares });
    const text = (await node.ask('/metrics')).body as unknown as string;
    expect(text).to.match(new RegExp(`^orca_shares_claimed_total ${claimed_shares}$`, 'm'));
    expect(text).to.match(/^orca_shares_submitted_total 0$/m);
    const { body: task } = await node.ask(`/task/${ROUND}`);
    expect(task).to.include({ valid_shares: 0, invalid_shares: 0 });
  });

  it('enter no proof', async () => {
    for (const share of mineShares(work, 5)) await submit(claimOf(share));
    expect((await node.ask(`/submission/${ROUND}`)).status).to.equal(404);
  });

  it('stand among the recent shares as what they are, of their round alone', async () => {
    const claim = fresh();
    await submit(claim);
    const [newest] = (await audit('?limit=1')).recent_shares;
    const { block_height, ...said } = claim;
    expect(newest).to.include({ ...said, round_number: block_height, valid: false, claim: true });
    const inRound = async (round: number) =>
      (await audit(`?round=${round}`)).recent_shares.map(({ submission_id }) => submission_id);
    expect(await inRound(ROUND)).to.include(claim.submission_id);
    expect(await inRound(ROUND + 1)).to.deep.equal([]);
  });

  it('get the same answer again, and are counted once', async () => {
    const claim = fresh();
    const first = await submit(claim);
    const { statistics } = await audit();
    const again = await submit({ ...claim, hash: claim.hash.toUpperCase() });
    expect([first.status, again.status]).to.deep.equal([202, 200]);
    expect(again.body).to.deep.equal(first.body);
    expect((await audit()).statistics).to.deep.equal(statistics);
    // Another difficulty makes it another claim.
    expect((await submit({ ...claim, difficulty: claim.difficulty / 2 })).status).to.equal(202);
  });

  it('take nothing from the share that is shown later', async () => {
    const [share] = mineShares(work, 1);
    await submit(claimOf(share!));
    const { status, body } = await submit(share);
    expect([status, body.proven]).to.deep.equal([201, true]);
  });

  it('may lack what doubles lose of a quotient, and no more', async () => {
    const claim = fresh();
    const byWords = [0, 16, 32, 48]
      .map((at, i) => Number(`0x${claim.hash.slice(at, at + 16)}`) * 2 ** (192 - 64 * i))
      .reduceRight((sum, word) => sum + word, 0);
    const quotient = (0xffff * 2 ** 208) / byWords;
    for (const difficulty of [0, quotient / 2, quotient, quotient * (1 + 2 ** -51)]) {
      expect((await submit({ ...claim, difficulty })).status, `${difficulty}`).to.equal(202);
    }
    for (const difficulty of [quotient * (1 + 2 ** -48), quotient * 1.000001, 1e300]) {
      const { status, body } = await submit({ ...claim, difficulty });
      expect([status, body.reason], `${difficulty}`).to.deep.equal([422, 'wrong_difficulty']);
    }
  });

  const rejections: [string, string, RegExp, (claim: ClaimBody) => object][] = [
    [
      'a hash that misses its difficulty',
      'wrong_difficulty',
      /less than the difficulty/,
      (claim) => ({ ...claim, hash: 'ab'.repeat(32) }),
    ],
    [
      'a hash in the other byte order',
      'wrong_difficulty',
      /other byte order: expected most significant byte first/,
      (claim) => ({ ...claim, hash: reversed(claim.hash) }),
    ],
    [
      "another round's height",
      'wrong_height',
      /another round/,
      (claim) => ({ ...claim, block_height: ROUND + 1 }),
    ],
    [
      'half a proof',
      'incomplete_proof',
      /extranonce2 and nonce both/,
      (claim) => ({ ...claim, nonce: '00000000' }),
    ],
  ];
  for (const [what, reason, message, change] of rejections) {
    it(`are refused, and counted as invalid, for ${what}`, async () => {
      const { statistics: before } = await audit();
      const { status, body } = await submit(change(fresh()));
      expect([status, body.reason]).to.deep.equal([422, reason]);
      expect(body.message).to.match(message);
      const { statistics, recent_shares } = await audit('?limit=1');
      expect(statistics).to.deep.equal({
        ...before,
        invalid_shares: before.invalid_shares + 1,
        total_shares: before.total_shares + 1,
      });
      expect(recent_shares[0]).to.include({ valid: false, reason }).and.not.have.property('claim');
    });
  }

  it('push no share out, however many come', async () => {
    const shares = mineShares(work, 40);
    for (const share of shares) expect((await submit(share)).status).to.equal(201);
    const before = await audit('?limit=500');
    const claim = fresh();
    for (let i = 0; i < 600; i += 50) {
      const claims = Array.from({ length: 50 }, () => ({ ...claim, submission_id: nextId() }));
      await Promise.all(claims.map(submit));
    }
    const isShare = (shown: { claim?: boolean }): boolean => !shown.claim;
    const { statistics, recent_shares } = await audit('?limit=500');
    const claimed_shares = before.statistics.claimed_shares + 600;
    expect(statistics).to.deep.equal({ ...before.statistics, claimed_shares });
    expect(recent_shares.filter(isShare)).to.deep.equal(before.recent_shares.filter(isShare));
    expect(recent_shares).to.have.length(before.recent_shares.filter(isShare).length + 50);
    // They get a tenth of a full list.
    const few = (await audit('?limit=20')).recent_shares;
    expect([few.length, few.filter(isShare).length]).to.deep.equal([20, 18]);
  });

  it('are told when the round is over, but for a repeat, and not of rounds that are unknown', async () => {
    const claim = fresh();
    expect((await submit(claim)).status).to.equal(202);
    expect((await node.post('/submission/99', claim)).status).to.equal(404);
    await node.post(`/task/${ROUND + 1}`, {});
    expect((await submit(claim)).status).to.equal(200);
    const { status, body } = await submit({ ...claim, submission_id: nextId() });
    expect([status, body.reason]).to.deep.equal([409, 'round_over']);
  });
});
