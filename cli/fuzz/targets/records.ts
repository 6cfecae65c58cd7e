import { FLOOR } from '../../../src/consensus';
import { createLog } from '../../../src/log';
import { roundRecordSchema } from '../../../src/rounds/round-record';
import { RoundStore } from '../../../src/rounds/round-store';
import { Seeds } from '../../../src/rounds/seeds';
import { RECENT_SHARES, ShareLog } from '../../../src/rounds/share-log';
import { MemoryStore } from '../../../tests/fixtures/memory-store';
import { judgeOf, vectors } from '../../../tests/fixtures/proofs';
import { decodeKey } from '../../../src/work/identity';
import type { Random } from '../../../simulator/random';
import { mutateJson, mutateText } from '../mutate';
import { must, type FuzzTarget } from '../target';

const log = createLog('silent');
const vector = vectors[0]!;
const identity = { taskId: decodeKey(vector.taskId), submitter: judgeOf(vector).submitter };

const SHARE = [
  ...[1, vector.round, 'rig1', 'rig1-1', '00'.repeat(32), '01'.repeat(13), 1, '', 1.7e12],
];
const FORGED = [
  ...[1.7e12 + 1, vector.round, 'rig1', 'rig1-2', '00'.repeat(32), '', 0, 'wrong_hash', 1.7e12],
];
const ROUND_KEY = `round:${vector.round % 8}`;
/** What the store holds, by key, as this task writes it. */
const RECORDS: Readonly<Record<string, unknown>> = {
  [ROUND_KEY]: {
    ...{ round: vector.round, seed: vector.seed, starts: 1, closed: false, hashes: 1e9 },
    submitter: Buffer.from(identity.submitter).toString('hex'),
    ...{ validShares: 40, invalidShares: 0, countedUntil: 1.7e12, proof: vector.proof },
  },
  seeds: [{ round: vector.round, seed: vector.seed }],
  'shares:0': { batch: 0, valid: 1, invalid: 0, shares: [SHARE] },
  'invalid-shares:0': { batch: 0, valid: 1, invalid: 1, shares: [FORGED] },
  'workers-seen': ['AAAAAAAA'],
};

/** What a task wrote whose shares had no time offset: it can't be read, and that is all. */
const OUTDATED: readonly [string, unknown][] = [
  [
    'shares:0',
    {
      ...{ batch: 0, valid: 1, invalid: 0 },
      shares: [SHARE.map((field, i) => (i === 5 ? '01'.repeat(12) : field))],
    },
  ],
  [
    ROUND_KEY,
    {
      ...(RECORDS[ROUND_KEY] as object),
      proof: withoutTimeOffsets(vector.proof),
    },
  ],
];

/** What the store gives back: an earlier version's, or half of what was written, or anything. */
export const records: FuzzTarget = {
  name: 'records',
  cost: 200,

  generate(random: Random): string {
    const [key, written] = random.pick([...Object.entries(RECORDS), ...OUTDATED]);
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

    const round = await new RoundStore(store, identity, log).load(vector.round);
    mustBeRead(ROUND_KEY, round?.shares.length === vector.shares);
    if (round) {
      must(round.number === vector.round, 'another round was loaded');
      must(
        round.shares.every(({ hashValue }) => hashValue <= FLOOR),
        'a share above the floor',
      );
      roundRecordSchema.parse(round.toRecord());
    }

    const shares = await ShareLog.open(store, log);
    const restored = shares.recent(RECENT_SHARES).map(({ submissionId }) => submissionId);
    mustBeRead('shares:0', restored.includes('rig1-1'));
    mustBeRead('invalid-shares:0', restored.includes('rig1-2'));
    round?.replay(shares.restoredOf(vector.round));
    const { valid, invalid, uniqueWorkers } = shares.statistics;
    must([valid, invalid, uniqueWorkers].every(Number.isSafeInteger), 'a count that is none');
    await shares.keep({
      ...{ round: vector.round, workerId: 'rig2', submissionId: 'after', best: false },
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

    /** Else the form of a record was changed, and not here: then nothing is tried. */
    function mustBeRead(key: string, isRead: boolean): void {
      must(isRead || key === changed, `${key} is not read as it is written`);
    }
  },
};

/** A proof of work source koii as it was without time offsets. */
function withoutTimeOffsets(proof: string): string {
  const bytes = Buffer.from(proof, 'base64url');
  const count = bytes[2]!;
  const shares = Array.from({ length: count }, (_, i) => {
    const share = bytes.subarray(3 + 13 * i, 16 + 13 * i);
    return Buffer.concat([share.subarray(0, 8), share.subarray(9)]);
  });
  return Buffer.concat([bytes.subarray(0, 3), ...shares]).toString('base64url');
}
