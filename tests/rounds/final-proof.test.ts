import { expect } from 'chai';
import { NotYetError } from '../../src/audit/seeds';
import { NodeCallError, Patience } from '../../src/koii/calls';
import { createLog } from '../../src/process/log';
import { FinalProofs } from '../../src/rounds/final-proof';
import type { Round } from '../../src/rounds/round';
import { FakeClock } from '../fixtures/fake-clock';
import { begunRound, minedRound, seed, vector } from './vector';

const ROUND = vector.round;

describe('the final proof of a round', () => {
  let clock: FakeClock;
  /** The round that runs. */
  let current: number;
  let isKept: () => Promise<boolean>;
  let known: Round | undefined;
  let closed: number[];
  let shown: () => Promise<Buffer>;
  let looks: number;
  let lines: string[];
  let proofs: FinalProofs;
  beforeEach(() => {
    clock = new FakeClock();
    current = ROUND + 1;
    isKept = () => Promise.resolve(true);
    known = minedRound();
    [closed, looks, lines] = [[], 0, []];
    shown = () => Promise.resolve(seed);
    const log = createLog('debug', (line) => lines.push(line));
    proofs = new FinalProofs({
      current: (expected) => {
        expect(expected).to.equal(ROUND);
        return Promise.resolve(current);
      },
      isKept: () => isKept(),
      log,
      miner: {
        close: (round) => {
          closed.push(round);
          return Promise.resolve(known);
        },
      },
      patiently: new Patience({ log, clock }).patiently,
      seeds: {
        shown: (round) => {
          expect(round).to.equal(ROUND);
          looks++;
          return shown();
        },
      },
    });
  });

  const failure = (): Promise<unknown> => proofs.of(ROUND).catch((error: unknown) => error);

  it('is what was mined, once the chain is in the next round', async () => {
    expect(await proofs.of(ROUND)).to.equal(vector.proof);
    expect(closed).to.deep.equal([ROUND]);
    expect(lines.join('')).to.include(`submitting ${vector.hashes} hashes for round ${ROUND}`);
  });

  it('is not given while the round runs, which goes on', async () => {
    for (current of [ROUND, ROUND - 1]) {
      expect(await failure(), String(current)).to.be.instanceOf(NotYetError);
    }
    expect(closed).to.deep.equal([]);
  });

  it('is none when it is too late for it', async () => {
    current = ROUND + 2;
    expect(await proofs.of(ROUND)).to.equal(undefined);
    expect(closed).to.deep.equal([]);
  });

  it('is none under another account', async () => {
    isKept = () => Promise.resolve(false);
    expect(await proofs.of(ROUND)).to.equal(undefined);
    expect(closed).to.deep.equal([]);
  });

  it('is not given while the node does not tell its account', async () => {
    isKept = () => Promise.reject(new NodeCallError('away'));
    expect(await failure()).to.be.instanceOf(NodeCallError);
    expect(closed).to.deep.equal([]);
  });

  for (const [what, round] of [
    ['a round that was never mined', undefined],
    ['a round without a share', begunRound()],
  ] as const) {
    it(`is none of ${what}`, async () => {
      known = round;
      expect(await proofs.of(ROUND)).to.equal(undefined);
      expect(closed).to.deep.equal([ROUND]);
      await clock.runUntil(60_000);
      expect(looks).to.equal(0);
    });
  }

  it('is handed in, with a word of it, though the chain shows another seed by now', async () => {
    shown = () => Promise.resolve(Buffer.alloc(32, 9));
    expect(await proofs.of(ROUND)).to.equal(vector.proof);
    await clock.runUntil(1);
    expect(lines.join('')).to.include('on another seed than the chain shows now');
  });

  it('does not wait for a look at the seed, which is tried for a few seconds', async () => {
    shown = () => Promise.reject(new NodeCallError('away'));
    expect(await proofs.of(ROUND)).to.equal(vector.proof);
    await clock.runUntil(5001);
    expect(lines.join('')).to.include(`the seed of round ${ROUND} can't be looked at now`);
    const tries = looks;
    expect(tries).to.be.greaterThan(1);
    await clock.runUntil(60_000);
    expect(looks).to.equal(tries);
  });

  it('says nothing of a seed that is the same', async () => {
    await proofs.of(ROUND);
    await clock.runUntil(60_000);
    expect(looks).to.equal(1);
    expect(lines).to.have.length(1);
  });
});
