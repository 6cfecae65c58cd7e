import { expect } from 'chai';
import { PROOF_RULES } from '../../src/consensus';
import { BitcoinWork, type Refusal } from '../../src/work/bitcoin';
import type { Tip } from '../../src/work/bitcoin-network';
import { identityOf } from '../../src/work/identity';
import { segmentAt } from '../fixtures/segments';
import { until } from '../fixtures/until';

describe('refusals of Bitcoin nodes', () => {
  it('are told once until the reason changes, and counted for each tip', async () => {
    const told: Refusal[] = [];
    const reasons = ['bad-version', 'bad-version', 'high-hash', undefined, 'high-hash'];
    let refusals = 0;
    async function* tips(): AsyncGenerator<Tip> {
      for (const [index, reason] of reasons.entries()) {
        const judge = (): Promise<string | null> => Promise.resolve(reason ?? null);
        yield { segment: segmentAt(900_000 + index), tipTime: 0, judge };
        if (reason !== undefined) refusals++;
        await until(() => work.refusalsSinceStart === refusals && work.refusal?.reason === reason);
      }
      work.close();
    }
    const work = new BitcoinWork({
      network: { peers: [], tips, handIn: () => Promise.resolve() },
      identity: identityOf(Buffer.alloc(32), Buffer.alloc(32)),
      rules: PROOF_RULES,
      choice: () => ({ wanted: 'auto', payout: Buffer.alloc(20, 0x44) }),
      now: () => 0,
      until: () => Promise.resolve(),
      onTip: () => undefined,
      onFault: (error) => expect.fail(String(error)),
      onRefusal: (refusal) => told.push(refusal),
      onFallback: () => undefined,
    });
    await work.follow();
    expect(told).to.deep.equal([
      { reason: 'bad-version', height: 900_000 },
      { reason: 'high-hash', height: 900_002 },
      { reason: 'high-hash', height: 900_004 },
    ]);
    expect(refusals).to.equal(4);
  });
});
