import type { Segment } from '../work/segment';
import * as answers from './answers';
import { printable, type RpcClient } from './rpc';
import type { ShownTip } from './tip-choice';

/** Blocks between two changes of the difficulty. */
const RETARGET_BLOCKS = 2016;
const RULES = ['segwit'];
/** It can't say: it has another tip by now, or had the block already. */
const UNDECIDED = /^(inconclusive|duplicate)/;

/** Asks a node what is to be mined on its tip. */
export class TipReader {
  /** @param now ms since 1970 */
  constructor(
    private readonly rpc: RpcClient,
    private readonly chain: answers.BitcoinChain,
    private readonly now: () => number,
  ) {}

  /**
   * What is to be mined on a block, or on the one that the node's template prefers to it by now.
   * @param given a template, if one is there already
   * @throws RpcError or NoAnswer
   */
  async describe(
    hash: string,
    signal: AbortSignal,
    given?: answers.BlockTemplate,
  ): Promise<ShownTip> {
    const asked = await this.rpc.call('getblockheader', [hash, true], { signal });
    const header = answers.read(answers.blockHeader, 'getblockheader', asked);
    if (header.hash !== hash) throw answers.contradiction('getblockheader');
    const height = header.height + 1;
    // Only there the next block's bits differ from the tip's; a template may take seconds, the header doesn't.
    const needsTemplate = this.chain !== 'main' || height % RETARGET_BLOCKS === 0;
    const template = given ?? (needsTemplate ? await this.template(signal) : undefined);
    if (!template) return this.shown(header, this.segmentAfter(header));
    if (template.previousblockhash !== hash) {
      return this.describe(template.previousblockhash, signal, template);
    }
    if (template.height !== height) throw answers.contradiction('getblocktemplate');
    return this.shown(header, segmentOf(template));
  }

  /** @param longpollid of a template; the answer comes when the node has another one */
  async template(
    signal: AbortSignal,
    longpollid?: string,
    timeoutMs?: number,
  ): Promise<answers.BlockTemplate> {
    // Left out of the JSON where undefined.
    const params = [{ rules: RULES, longpollid }];
    const asked = await this.rpc.call('getblocktemplate', params, { signal, timeoutMs });
    return answers.read(answers.blockTemplate, 'getblocktemplate', asked);
  }

  private segmentAfter({ hash, height, bits, mediantime }: answers.BlockHeader): Segment {
    const time = Math.max(Math.floor(this.now() / 1000), mediantime + 1);
    return { height: height + 1, prev: inHeaderOrder(hash), time, bits };
  }

  private shown(header: answers.BlockHeader, segment: Segment): ShownTip {
    const { hash, height, time, chainwork } = header;
    const judge = (block: Uint8Array): Promise<string | null | undefined> => this.judge(block);
    return { tip: { segment, tipTime: time, judge }, hash, height, chainwork };
  }

  private async judge(block: Uint8Array): Promise<string | null | undefined> {
    const data = Buffer.from(block).toString('hex');
    const { signal } = new AbortController();
    try {
      const params = [{ mode: 'proposal', data, rules: RULES }];
      const reason = await this.rpc.call('getblocktemplate', params, { signal });
      if (reason === null) return null;
      return typeof reason === 'string' && !UNDECIDED.test(reason) ? printable(reason) : undefined;
    } catch {
      return undefined;
    }
  }
}

function segmentOf(template: answers.BlockTemplate): Segment {
  const { previousblockhash, height, bits, curtime, mintime = 0 } = template;
  return {
    height,
    prev: inHeaderOrder(previousblockhash),
    time: Math.max(curtime, mintime),
    bits,
  };
}

function inHeaderOrder(hash: string): Buffer {
  return Buffer.from(hash, 'hex').reverse();
}
