import { expect } from 'chai';
import { verifyProof } from '../../src/proof/verify';
import type { Found, Notified, Rolled, Search, StratumClient } from '../fixtures/stratum-client';
import { StratumTestNode } from '../fixtures/stratum-node';
import { identity, seed } from '../fixtures/template';
import { until } from '../fixtures/until';

/** The rounds of the jobs that each miner gets. */
const ROUNDS = [5, 5, 6];
/** Less than a minute: then there is another job. */
const JOB_MS = 56_000;

/** A kind of miner, with what is odd about it. */
interface Kind {
  agent: string;
  /** How it searches the nth job that it gets. */
  search: (nth: number) => Search;
  /** How it writes what it found. */
  form?: (share: Found) => Rolled;
  /** Hands each share in twice. */
  repeats?: boolean;
}

const hex8 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
/** The version that was hashed. */
const versionOf = ({ job, versionBits }: Found): number =>
  Number.parseInt(job.version, 16) | Number.parseInt(versionBits!, 16);

const KINDS: Record<string, Kind> = {
  'resets extranonce2 at each job': {
    agent: 'cpuminer/2.5.1',
    search: () => ({ rollsVersion: true }),
  },
  'never rolls extranonce2 and drops leading zeros': {
    agent: 'NerdMinerV2',
    search: () => ({ rollsVersion: true, neverRolls: true }),
    form: (share) => ({ ...share, nonce: share.nonce.replace(/^0+/, '') }),
  },
  'rolls time': {
    agent: 'cgminer/4.11.1',
    search: (nth) => ({ rollsVersion: true, timeOffset: [60, 127, 255][nth]! }),
  },
  'rolls extranonce2 on and on': {
    agent: 'bmminer/2.0.0',
    search: (nth) => ({ rollsVersion: true, from: 0xfffffff0 + nth }),
  },
  'sends XOR of the version': {
    agent: 'ESP-Miner/2.4',
    search: () => ({ rollsVersion: true }),
    form: (share) => ({
      ...share,
      versionBits: hex8(versionOf(share) ^ Number.parseInt(share.job.version, 16)),
    }),
  },
  'sends OR of the version': {
    agent: 'bitaxe/BM1366',
    search: () => ({ rollsVersion: true }),
    form: (share) => ({ ...share, versionBits: hex8(versionOf(share) & 0x1fffe000) }),
  },
  'repeats nonces': {
    agent: 'NerdQAxe+/1.0',
    search: () => ({ rollsVersion: true }),
    repeats: true,
  },
};

describe('kinds of Stratum miners', () => {
  let node: StratumTestNode;
  const miners = new Map<string, StratumClient>();
  /** By miner, what it found on each job, and the answers. */
  const found = new Map<string, Found[]>();
  const answers = new Map<string, unknown[]>();
  const proofs = new Map<number, string>();

  /** Finds a share on the nth job, and hands it in. */
  const work = async (name: string, nth: number): Promise<void> => {
    const client = miners.get(name)!;
    const { search, form = (share) => share, repeats = false } = KINDS[name]!;
    await until(() => client.jobs.length > nth);
    const job: Notified = client.jobs[nth]!;
    const [share] = client.mine(job, 1, search(nth)) as [Found];
    const submitted = repeats ? [share, share] : [share];
    // As they come, without waiting for the answers.
    const given = await Promise.all(submitted.map((each) => client.submit(name, job, form(each))));
    found.set(name, [...(found.get(name) ?? []), share]);
    answers.set(name, [...(answers.get(name) ?? []), ...given]);
  };

  before(async () => {
    node = await StratumTestNode.open();
    for (const [name, { agent }] of Object.entries(KINDS)) {
      miners.set(name, await node.rolling(name, agent));
    }
    for (const [nth, round] of ROUNDS.entries()) {
      if (ROUNDS[nth - 1] === round) node.jump(JOB_MS);
      else await node.begin(round);
      await Promise.all([...miners.keys()].map((name) => work(name, nth)));
      if (ROUNDS[nth + 1] === round) continue;
      proofs.set(round, (await node.door.miner.close(round))!.proof()!);
    }
  });
  after(async () => {
    for (const client of miners.values()) client.close();
    await node.close();
  });

  for (const [name, { repeats = false }] of Object.entries(KINDS)) {
    it(`have no share refused wrongly: one that ${name}`, () => {
      const refused = answers.get(name)!.filter((answer) => answer !== true);
      const expected = ROUNDS.map(() => [22, 'Duplicate share']);
      expect(refused).to.deep.equal(repeats ? expected : []);
      expect(node.worker(name)).to.include({ accepted: ROUNDS.length });
    });
  }

  it('search no ground twice, and have shares of each in the proofs that are handed in', () => {
    const all = [...found.values()].flat();
    expect(new Set(all.map(({ hash }) => hash)).size).to.equal(ROUNDS.length * miners.size);
    for (const [round, proof] of proofs) {
      const of = { taskId: identity.taskId, round, seed };
      const jobs = ROUNDS.filter((each) => each === round);
      const verdict = verifyProof(proof, identity.submitter, of);
      expect(verdict).to.include({ valid: true, shares: jobs.length * miners.size });
    }
  });
});
