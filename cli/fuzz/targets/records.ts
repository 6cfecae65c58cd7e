import type { Random } from '../../../simulator/random';
import { Seeds } from '../../../src/audit/seeds';
import { FLOOR } from '../../../src/consensus';
import { createLog } from '../../../src/process/log';
import { decodeProof } from '../../../src/proof/codec';
import { roundRecordSchema } from '../../../src/rounds/round-record';
import { Bests } from '../../../src/rounds/bests';
import { RoundStore } from '../../../src/rounds/round-store';
import { ShareIntake } from '../../../src/rounds/share-intake';
import { RECENT_SHARES, ShareLog } from '../../../src/rounds/share-log';
import { packAttempt } from '../../../src/work/attempt';
import { decodeKey, identityOf } from '../../../src/work/identity';
import { Jobs } from '../../../src/workers/jobs';
import { Workers } from '../../../src/workers/workers';
import { MemoryStore } from '../../../tests/fixtures/memory-store';
import { judgeOf, vectors } from '../../../tests/fixtures/proofs';
import { mutateJson, mutateText } from '../mutate';
import { must, type FuzzTarget } from '../target';

const log = createLog('silent');
const vector = vectors[0]!;
const identity = identityOf(decodeKey(vector.taskId), judgeOf(vector).submitter);

const decoded = decodeProof(vector.proof);
const attempts = 'proof' in decoded ? decoded.proof.attempts.flat() : [];
const packed = attempts.map((attempt) => packAttempt(attempt).toString('hex'));

const SHARE = [
  1,
  vector.round,
  'rig1',
  'rig1-1',
  '00'.repeat(32),
  '01'.repeat(13),
  0,
  1,
  '',
  1.7e12,
];
const FORGED = [
  1.7e12 + 1,
  vector.round,
  'rig1',
  'rig1-2',
  '00'.repeat(32),
  '',
  0,
  0,
  'wrong_hash',
  1.7e12,
];
/** Index of the segment in a share's tuple. */
const SEGMENT_AT = 6;
const ROUND_KEY = `round:${vector.round % 8}`;
const COUNTS = {
  closed: false,
  hashes: 1e9,
  validShares: 40,
  invalidShares: 0,
  countedUntil: 0,
  minedMs: 60_000,
};
const OF_ROUND = {
  round: vector.round,
  seed: vector.seed,
  submitter: Buffer.from(identity.submitter).toString('hex'),
};
/** Records by their keys in the store, as this task writes them. */
const RECORDS: Readonly<Record<string, unknown>> = {
  [ROUND_KEY]: {
    ...OF_ROUND,
    ...COUNTS,
    payout: '',
    leased: 300,
    salts: 4,
    workers: [
      ['', 1],
      ['rig1', 2],
    ],
    segments: [
      {
        height: vector.round,
        prev: vector.seed,
        time: 1767225607,
        bits: 0x1700ffff,
        shares: packed,
      },
    ],
  },
  'best-shares': {
    node: { hash: '00'.repeat(32), round: vector.round, worker: 'rig1', at: 1.7e12 },
    workers: [['rig1', '00'.repeat(32)]],
  },
  seeds: [{ round: vector.round, seed: vector.seed }],
  'shares:0': { batch: 0, valid: 1, invalid: 0, shares: [SHARE] },
  'invalid-shares:0': { batch: 0, valid: 1, invalid: 1, shares: [FORGED] },
  'workers-seen': ['AAAAAAAA'],
};

/** A round of source bitcoin on two blocks, for which its shares are worthless. */
const OF_BITCOIN = {
  ...(RECORDS[ROUND_KEY] as object),
  payout: '44'.repeat(20),
  segments: [1, 2].map((height) => ({
    height,
    prev: '05'.repeat(32),
    time: 1790000000,
    bits: 0x1700ffff,
    shares: packed.slice(0, 20),
  })),
};

const WITHOUT_SALTS = Object.fromEntries(
  Object.entries(RECORDS[ROUND_KEY] as object).filter(([key]) => key !== 'salts'),
);

/** Records of earlier versions. Those of rounds that had no segments are unreadable, and do no harm. */
const OUTDATED: readonly [string, unknown][] = [
  [ROUND_KEY, WITHOUT_SALTS],
  [
    'shares:0',
    {
      batch: 0,
      valid: 1,
      invalid: 0,
      shares: [SHARE.filter((_, i) => i !== SEGMENT_AT)],
    },
  ],
  [ROUND_KEY, { ...OF_ROUND, ...COUNTS, starts: 1, proof: vector.proof }],
];

/** Records read back from the store: an earlier version's, half-written, or garbage. */
export const records: FuzzTarget = {
  name: 'records',
  cost: 200,

  generate(random: Random): string {
    const [key, written] = random.pick([
      ...Object.entries(RECORDS),
      [ROUND_KEY, OF_BITCOIN] as const,
      ...OUTDATED,
    ]);
    let value = written;
    for (let changes = random.below(3); changes >= 0; changes--) value = mutateJson(random, value);
    const text = JSON.stringify(value) ?? '';
    return JSON.stringify([key, random.chance(0.3) ? mutateText(random, text) : text]);
  },

  async check(input: string): Promise<void> {
    const store = new MemoryStore();
    for (const [key, value] of Object.entries(RECORDS))
      store.values.set(key, JSON.stringify(value));
    const [changed, text] = JSON.parse(input) as [string, string];
    store.values.set(changed, text);

    const shares = await ShareLog.open(store, log);
    const bests = await Bests.open(store, log);
    const intake = new ShareIntake({ identity, shares, bests });
    const rounds = new RoundStore(store, (record) => intake.restore(record), log);
    const round = await rounds.load(vector.round);
    mustBeRead(ROUND_KEY, round?.shares.length === vector.shares);
    if (round) {
      must(round.number === vector.round, 'another round was loaded');
      must(
        round.shares.every(({ hashValue }) => hashValue <= FLOOR),
        'a share above the floor',
      );
      roundRecordSchema.parse(round.toRecord());
      const proof = round.proof();
      must(proof === undefined || 'proof' in decodeProof(proof), 'a proof that is none');
      round.workOn(0);
      new Jobs(new Workers()).newestOf(round, 'rig1');
      round.leases.stored(round.leases.toRecord());
      const { shared } = round.leases;
      const given = [shared, round.leases.take(), round.leases.ofConnection(7)];
      const prefixes = given.filter((prefix) => prefix !== undefined);
      must(new Set(prefixes).size === prefixes.length, 'ground is leased twice');
      must(
        prefixes.every((prefix) => prefix >= 0 && prefix < 2 ** 16),
        'ground that is none',
      );
    }

    const best = bests.ofWorker('rig1');
    mustBeRead('best-shares', bests.ofNode?.hashValue === 0n && best === 0n);
    bests.note({ workerId: 'rig2', hashValue: 7n, round: vector.round });
    await bests.flush();
    const bestsAgain = await Bests.open(store, log);
    must(bestsAgain.ofWorker('rig2') === 7n, 'a best share is gone');
    must(bestsAgain.ofWorker('rig1') === best, "a worker's best share is another");

    const restored = shares.recent(RECENT_SHARES).map(({ submissionId }) => submissionId);
    mustBeRead('shares:0', restored.includes('rig1-1'));
    mustBeRead('invalid-shares:0', restored.includes('rig1-2'));
    const { valid, invalid, uniqueWorkers } = shares.statistics;
    must([valid, invalid, uniqueWorkers].every(Number.isSafeInteger), 'a count that is none');
    await shares.keep({
      round: vector.round,
      workerId: 'rig2',
      submissionId: 'after',
      best: false,
      hash: 'ab'.repeat(32),
    });
    const again = await ShareLog.open(store, log);
    const [newest] = again.recent(RECENT_SHARES);
    must(newest?.submissionId === 'after', 'an acknowledged share is gone');

    const chain = { submissions: () => Promise.resolve(vector.submissionsOfRoundMinus2) };
    const seeds = new Seeds(identity.taskId, chain, store, log);
    await seeds.of(vector.round);
    const confirmed = await seeds.confirm(vector.round);
    must(confirmed.toString('hex') === vector.seed, 'another seed is confirmed');

    /** Fails when the form of a record was changed but not here, so that its mutations would test nothing. */
    function mustBeRead(key: string, isRead: boolean): void {
      must(isRead || key === changed, `${key} is not read as it is written`);
    }
  },
};
