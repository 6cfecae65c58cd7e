import { BitcoinChain } from '../../../simulator/bitcoin/chain';
import { targetOf } from '../../../simulator/bitcoin/target';
import { hashValue } from '../../../src/bitcoin/target';
import { sha256d } from '../../../src/bitcoin/sha256';
import { proofRules } from '../../../src/consensus';
import { extranonceOf, type Attempt } from '../../../src/work/attempt';
import { bitcoinTemplate } from '../../../src/work/coinbases';
import { headerOf, type Segment, type Template } from '../../../src/work/segment';

/** Every second hash is a block, as in Core's regtest. */
export const EASY_BITS = 0x207fffff;

/** The time in tests of chains: seconds since 1970. */
export const NOW = 1_790_000_000;

const RULES = proofRules({ network: 'regtest', taskPayout: undefined });
const OF = { taskId: Buffer.alloc(32, 1), round: 3, seed: Buffer.alloc(32, 2) };

/** A chain of its genesis block alone, whose clock stands still. */
export function easyChain(): BitcoinChain {
  return new BitcoinChain({ bits: EASY_BITS, now: () => NOW });
}

/** What a miner of this task mines on the tip of a chain. */
export function segmentOn({ tip, rules }: BitcoinChain): Segment {
  return {
    height: tip.height + 1,
    prev: Buffer.from(tip.block.hash, 'hex').reverse(),
    time: Math.max(NOW, tip.medianTime + 1),
    bits: rules.bits,
  };
}

export function templateOn(segment: Segment, payout = 0x44): Template {
  return bitcoinTemplate(OF, segment, Buffer.alloc(32, 3), Buffer.alloc(20, payout), RULES);
}

/**
 * The bytes of a block on a template.
 * @param hasWork whether its hash is to be below the template's target, or above it
 * @param bits of the target, where they aren't the template's
 */
export function mine(template: Template, hasWork = true, bits = template.bits): Buffer {
  const target = targetOf(bits)!;
  for (let nonce = 0; ; nonce++) {
    const attempt: Attempt = { prefix: 0, extranonce2: 0, versionBits: 0, timeOffset: 0, nonce };
    const header = headerOf(template, attempt);
    if (hashValue(sha256d(header)) <= target !== hasWork) continue;
    const { coinbase1, coinbase2 } = template;
    return Buffer.concat([header, Buffer.of(1), coinbase1, extranonceOf(attempt), coinbase2]);
  }
}
