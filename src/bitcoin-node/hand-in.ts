import type { Clock } from '../process/clock';
import type { BlockAnswer } from '../work/bitcoin-network';
import { faultOf, printable, RpcError, type RpcClient } from './rpc';

const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 30_000;
/** How bcoin begins a reason. */
const BCOIN_PREFIX = 'rejected: ';
/** Of an error that tells a block's fate, as other nodes' results do: BIP 22 writes its reasons so. */
const REASON = /^(rejected: )?[a-z]+(-[a-z0-9]+)*$/;
/** bitcoin/src/rpc/protocol.h: it can't be read as a block, at any later time neither. */
const DESERIALIZATION_ERROR = -22;

/**
 * Hands a block to one node until it answers; never rejects.
 * @param onNotNow is told why the node gives no answer, each time that changes
 * @returns its answer; undefined if aborted first
 */
export async function handIn(
  rpc: RpcClient,
  blockHex: string,
  clock: Clock,
  signal: AbortSignal,
  onNotNow: (why: string) => void,
): Promise<BlockAnswer | undefined> {
  let lastWhy: string | undefined;
  let backOffMs = FIRST_BACK_OFF_MS;
  while (!signal.aborted) {
    const said = await submit(rpc, blockHex, signal);
    if ('verdict' in said) return { node: rpc.name, verdict: said.verdict, reason: said.reason };
    if (signal.aborted) break;
    if (said.why !== lastWhy) onNotNow(said.why);
    lastWhy = said.why;
    await clock.until(clock.now() + backOffMs, signal).catch(() => undefined);
    backOffMs = Math.min(2 * backOffMs, LONGEST_BACK_OFF_MS);
  }
  return undefined;
}

type Verdict = Pick<BlockAnswer, 'verdict' | 'reason'>;
interface NotNow {
  why: string;
}

async function submit(
  rpc: RpcClient,
  blockHex: string,
  signal: AbortSignal,
): Promise<Verdict | NotNow> {
  try {
    const result = await rpc.call('submitblock', [blockHex], { signal });
    if (result === null) return { verdict: 'accepted', reason: '' };
    return typeof result === 'string'
      ? verdictOf(result)
      : { why: "its answer to submitblock can't be right" };
  } catch (error) {
    if (error instanceof RpcError) {
      if (REASON.test(error.message)) return verdictOf(error.message);
      if (error.code === DESERIALIZATION_ERROR) return refused(error.message);
    }
    return { why: faultOf(error) };
  }
}

/** @param words a reason as in BIP 22 */
function verdictOf(words: string): Verdict | NotNow {
  const reason = words.startsWith(BCOIN_PREFIX) ? words.slice(BCOIN_PREFIX.length) : words;
  switch (reason) {
    case 'duplicate':
      return { verdict: 'accepted', reason };
    case 'inconclusive':
    case 'duplicate-inconclusive':
      return { verdict: 'inconclusive', reason };
    // The node hasn't the block before it yet.
    case 'prev-blk-not-found':
      return { why: reason };
    case 'bad-prevblk':
      // bcoin says the same when it hasn't the block before.
      return words === reason ? refused(reason) : { why: reason };
    default:
      return refused(reason);
  }
}

function refused(reason: string): Verdict {
  return { verdict: 'refused', reason: printable(reason) };
}
