import { expect } from 'chai';
import type { ShareBody } from '../../cli/worker/share-body';
import { FLOOR } from '../../src/consensus';
import { decodeProof } from '../../src/proof/codec';
import { mineShares, nextId, otherVersion, type Work } from '../fixtures/shares';
import { restNow, StandaloneNode } from '../fixtures/standalone';
import { until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 3;

describeProcesses('shares of remote workers over HTTP', function () {
  this.timeout(60_000);
  let node: StandaloneNode;
  let work: Work;

  const workOf = async (query = ''): Promise<Work> =>
    (await node.ask(`/task/${ROUND}${query}`)).body.work;
  const submit = (share: unknown) => node.post(`/submission/${ROUND}`, share);
  const counts = async (): Promise<[number, number]> => {
    const { statistics } = (await node.ask('/audit?limit=1')).body;
    return [statistics.valid_shares, statistics.invalid_shares];
  };
  /** The time offset of a share in the node's proof; undefined if the share isn't in it. */
  const offsetInProof = async ({ extranonce2, nonce }: ShareBody): Promise<number | undefined> => {
    const decoded = decodeProof((await node.ask(`/submission/${ROUND}`)).body.proof);
    if ('reason' in decoded) throw new Error(decoded.reason);
    const [prefix, rolled] = [work.extranonce1, extranonce2].map((hex) => Number.parseInt(hex, 16));
    return decoded.proof.attempts
      .flat()
      .find(
        (attempt) =>
          attempt.prefix === prefix &&
          attempt.extranonce2 === rolled &&
          attempt.nonce === Number.parseInt(nonce, 16),
      )?.timeOffset;
  };
  /** A share that no test has submitted. */
  const fresh = (): ShareBody => mineShares(work, 1)[0]!;

  before(async () => {
    // The node's own thread rests, so that all counts and best shares come from this test.
    node = await StandaloneNode.start({ MINING_SCHEDULE: restNow() });
    await node.post(`/task/${ROUND}`, {});
    work = await workOf('?worker_id=rig1');
  });
  after(() => node.dispose());

  it('asks a new worker for the floor', () => {
    expect(BigInt(`0x${work.share_target}`)).to.equal(FLOOR);
  });

  it('accepts a share, and the proof of the node has it', async () => {
    const share = fresh();
    const { status, body } = await submit(share);
    expect(status).to.equal(201);
    expect(body).to.deep.equal({
      accepted: true,
      proven: true,
      submission_id: share.submission_id,
      difficulty: share.difficulty,
      best: true,
    });
    expect(await offsetInProof(share)).to.equal(0);
    const [newest] = (await node.ask('/audit?limit=1')).body.recent_shares;
    expect(newest).to.include({
      round_number: ROUND,
      worker_id: 'rig1',
      submission_id: share.submission_id,
      hash: share.hash,
      difficulty: share.difficulty,
      valid: true,
    });
  });

  for (const timeOffset of [1, 255]) {
    it(`accepts a share whose time was rolled by ${timeOffset} s, and the proof has it so`, async () => {
      const share = mineShares(work, 1, 'rig1', { timeOffset })[0]!;
      const others = [0, timeOffset - 1, 254].filter((other) => other !== timeOffset);
      const expectOthersWrong = async (): Promise<void> => {
        for (const time_offset of [...others, undefined]) {
          const { status, body } = await submit({ ...share, time_offset });
          expect([status, body.reason], String(time_offset)).to.deep.equal([422, 'wrong_hash']);
        }
      };
      await expectOthersWrong();
      const first = await submit(share);
      expect(first.status).to.equal(201);
      expect(await offsetInProof(share)).to.equal(timeOffset);
      const again = await submit(share);
      expect([again.status, again.body]).to.deep.equal([200, first.body]);
      await expectOthersWrong();
      const copy = await submit({ ...share, submission_id: nextId() });
      expect([copy.status, copy.body.reason]).to.deep.equal([409, 'duplicate_share']);
    });
  }

  it('takes no time offset for none', async () => {
    const { time_offset, ...share } = fresh();
    expect(time_offset).to.equal(0);
    expect((await submit(share)).status).to.equal(201);
    expect((await submit({ ...share, time_offset: 0 })).status).to.equal(200);
  });

  it('answers the same submission again as the first time, and counts it once', async () => {
    const share = fresh();
    const first = await submit(share);
    const before = await counts();
    const again = await submit(share);
    expect([first.status, again.status]).to.deep.equal([201, 200]);
    expect(again.body).to.deep.equal(first.body);
    const otherCase = { ...share, hash: share.hash.toUpperCase(), difficulty: 1 };
    expect((await submit(otherCase)).status).to.equal(200);
    expect(await counts()).to.deep.equal(before);
  });

  it('takes a submission that comes ten times at once exactly once', async () => {
    const share = fresh();
    const [valid] = await counts();
    const answers = await Promise.all(Array.from({ length: 10 }, () => submit(share)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).to.deep.equal([...Array<number>(9).fill(200), 201]);
    expect((await counts())[0]).to.equal(valid + 1);
  });

  it('knows the same share under another id, whatever its letter case', async () => {
    const share = fresh();
    await submit(share);
    const before = await counts();
    for (const copy of [
      { ...share, submission_id: nextId() },
      { ...share, submission_id: nextId(), hash: share.hash.toUpperCase() },
      { ...share, submission_id: nextId(), nonce: share.nonce.toUpperCase() },
    ]) {
      const { status, body } = await submit(copy);
      expect(status).to.equal(409);
      expect(body).to.include({ accepted: false, reason: 'duplicate_share' });
    }
    expect(await counts()).to.deep.equal(before);
  });

  it('takes another share under the same id, and knows both again', async () => {
    const [first, other] = mineShares(work, 2);
    const second = { ...other, submission_id: first!.submission_id };
    const answers = [await submit(first), await submit(second)];
    expect(answers.map(({ status }) => status)).to.deep.equal([201, 201]);
    for (const [i, share] of [first, second].entries()) {
      const again = await submit(share);
      expect([again.status, again.body]).to.deep.equal([200, answers[i]!.body]);
    }
    expect((await submit(other)).body.reason).to.equal('duplicate_share');
  });

  it('rejects what says that it is a share that came, without what shows it', async () => {
    const share = fresh();
    await submit(share);
    for (const [field, value, reason] of [
      ['nonce', '00000000', 'wrong_hash'],
      ['extranonce2', 'ffffffff', 'wrong_hash'],
      ['version_bits', otherVersion(share), 'wrong_hash'],
      ['time_offset', 1, 'wrong_hash'],
      ['block_height', ROUND + 1, 'wrong_height'],
      ['nonce', undefined, 'incomplete_proof'],
    ] as const) {
      const { status, body } = await submit({ ...share, [field]: value });
      expect([status, body.reason], field).to.deep.equal([422, reason]);
    }
  });

  const rejections: [string, string, (share: ShareBody) => object][] = [
    ['no nonce', 'incomplete_proof', (share) => ({ ...share, nonce: undefined })],
    ['no extranonce2', 'incomplete_proof', (share) => ({ ...share, extranonce2: undefined })],
    ["another round's height", 'wrong_height', (share) => ({ ...share, block_height: ROUND + 1 })],
    ['another nonce', 'wrong_hash', (share) => ({ ...share, nonce: '00000000' })],
    ['another hash', 'wrong_hash', (share) => ({ ...share, hash: '0'.repeat(64) })],
    ["another worker's extranonce1", 'wrong_hash', (share) => ({ ...share, worker_id: 'rig2' })],
    [
      'a hash above the target',
      'above_target',
      () =>
        mineShares(work, 20, 'rig1', { target: FLOOR << 8n }).find(
          ({ hash }) => BigInt(`0x${hash}`) > FLOOR,
        )!,
    ],
  ];
  for (const [what, reason, change] of rejections) {
    it(`rejects ${what}, and counts it`, async () => {
      const [valid, invalid] = await counts();
      const { status, body } = await submit({ ...change(fresh()), submission_id: nextId() });
      expect(status).to.equal(422);
      expect(body).to.include({ accepted: false, reason });
      expect(await counts()).to.deep.equal([valid, invalid + 1]);
      const [newest] = (await node.ask('/audit?limit=1')).body.recent_shares;
      expect(newest).to.include({ valid: false, reason });
    });
  }

  it('tells of a hash that is in the other byte order', async () => {
    const share = fresh();
    const hash = Buffer.from(share.hash, 'hex').reverse().toString('hex');
    const { status, body } = await submit({ ...share, hash });
    expect([status, body.reason]).to.deep.equal([422, 'wrong_hash']);
    expect(body.message).to.equal(
      'the hash is in the other byte order: expected most significant byte first, as Bitcoin shows it',
    );
    const other = await submit({ ...share, hash: '0'.repeat(64) });
    expect(other.body.message).not.to.include('byte order');
    expect((await submit(share)).status).to.equal(201);
  });

  it('takes a share mined on the work that nobody in particular was given', async () => {
    const [share] = mineShares(await workOf(), 1, 'nameless');
    expect((await submit(share)).status).to.equal(201);
  });

  it('counts workers that proved work, each once', async () => {
    const unique = async (): Promise<number> =>
      (await node.ask('/audit')).body.statistics.unique_workers;
    const before = await unique();
    for (const id of ['rig7', 'rig8', 'rig7']) {
      const [share] = mineShares(await workOf(`?worker_id=${id}`), 1, id);
      expect((await submit(share)).status).to.equal(201);
    }
    expect(await unique()).to.equal(before + 2);
  });

  it('takes only shares of rounds that it knows', async () => {
    expect((await node.post('/submission/99', fresh())).status).to.equal(404);
    expect((await node.post('/submission/x', fresh())).status).to.equal(400);
  });

  const wrong: [string, unknown][] = [
    ['hash', 'ff'],
    ['hash', 'zz'.repeat(32)],
    ['hash', 5],
    ['difficulty', '0.1'],
    ['difficulty', -1],
    ['difficulty', undefined],
    ['block_height', 1.5],
    ['block_height', 1e300],
    ['worker_id', ''],
    ['worker_id', 'ä'],
    ['worker_id', undefined],
    ['submission_id', ''],
    ['submission_id', 'x'.repeat(65)],
    ['submission_id', '<img/src=x>'],
    ['submission_id', 'a b'],
    ['extranonce2', '0000002'],
    ['nonce', 42],
    ['nonce', null],
    ['version_bits', '00000001'],
    ['version_bits', 'ffffffff'],
    ['time_offset', 256],
    ['time_offset', -1],
    ['time_offset', 1.5],
    ['time_offset', 1e300],
    ['time_offset', '5'],
    ['time_offset', null],
  ];
  for (const [field, value] of wrong) {
    it(`names ${field} when it is ${JSON.stringify(value)?.slice(0, 20)}`, async () => {
      const before = await counts();
      const { status, body } = await submit({ ...fresh(), [field]: value });
      expect(status).to.equal(400);
      expect(body.issues.map(({ path }) => path)).to.deep.equal([field]);
      expect(await counts()).to.deep.equal(before);
    });
  }

  it('says what a time offset has to be', async () => {
    for (const [time_offset, got] of [
      [256, '256'],
      [1.5, '1.5'],
      ['5', '"5"'],
      [null, 'null'],
    ] as const) {
      const { body } = await submit({ ...fresh(), time_offset });
      const message = `expected a whole number from 0 to 255, got ${got}`;
      expect(body.issues).to.deep.equal([{ path: 'time_offset', message }]);
    }
  });

  it('judges by the target that was in force when the work was handed out', async () => {
    const id = 'fast';
    const easy = await workOf(`?worker_id=${id}`);
    const shares = mineShares(easy, 40, id);
    for (const share of shares.slice(0, 35)) expect((await submit(share)).status).to.equal(201);
    // The node trusts a worker's rate after five seconds.
    let hard = easy;
    await until(async () => {
      hard = await workOf(`?worker_id=${id}&after=${hard.job_id}`);
      return BigInt(`0x${hard.share_target}`) < BigInt(`0x${easy.share_target}`);
    });
    expect(hard.extranonce1).to.equal(easy.extranonce1);
    for (const share of shares.slice(35)) expect((await submit(share)).status).to.equal(201);
  });
});
