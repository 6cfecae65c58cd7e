import { HEADER_SIZE, parseBlock, type Block } from './block';
import type { BitcoinChain, Entry } from './chain';
import { subsidyAt } from './check';
import { difficultyOf, targetOf } from './target';

/** An error as Core's RPC tells it. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** What somebody handed in, or asked about before there was work in it. */
export interface Judgement {
  readonly block: Block;
  /** In Core's words; null if there is nothing against it. */
  readonly reason: string | null;
}

export interface MethodOptions {
  readonly chain: BitcoinChain;
  /** Whose node this is: the finder of what is handed in here. */
  readonly name: string;
  readonly onSubmit: (judgement: Judgement) => void;
  readonly onProposal: (judgement: Judgement) => void;
}

/** @param signal aborted when the caller is gone */
export type RpcMethod = (params: readonly unknown[], signal: AbortSignal) => unknown;

/** Core's codes (rpc/protocol.h of Bitcoin Core). */
const MISC_ERROR = -1;
const TYPE_ERROR = -3;
const NOT_FOUND = -5;
const INVALID_PARAMETER = -8;
const DESERIALIZATION_ERROR = -22;

const MAX_NONCE_RANGE = '00000000ffffffff';
const MAX_WEIGHT = 4_000_000;

/** What Core answers to the calls that miners make. Each tip that is shown is that of the moment. */
export function createRpcMethods({
  chain,
  name,
  onSubmit,
  onProposal,
}: MethodOptions): Readonly<Record<string, RpcMethod>> {
  const isCurrent = (hash: unknown): boolean => chain.tip.block.hash === hash;
  const tipAfter = async (hash: unknown, signal: AbortSignal): Promise<void> => {
    while (isCurrent(hash)) await chain.tipChange(signal);
  };

  return {
    getbestblockhash: () => chain.tip.block.hash,
    getblockcount: () => chain.tip.height,
    getblockchaininfo: () => chainInfo(chain),
    getmininginfo: () => miningInfo(chain),
    getblockhash: ([height]) => {
      const entry = typeof height === 'number' && height >= 0 ? chain.at(height) : undefined;
      if (!entry) throw new RpcError(INVALID_PARAMETER, 'Block height out of range');
      return entry.block.hash;
    },
    getblockheader: ([hash, isVerbose = true]) => {
      const entry = entryOf(chain, hash);
      return isVerbose === false
        ? entry.block.bytes.subarray(0, HEADER_SIZE).toString('hex')
        : headerInfo(chain, entry);
    },
    getblock: ([hash, verbosity = 1]) => {
      const entry = entryOf(chain, hash);
      if (verbosity === 0 || verbosity === false) return entry.block.bytes.toString('hex');
      return {
        ...headerInfo(chain, entry),
        size: entry.block.bytes.length,
        tx: entry.block.transactions.map(({ txid }) => txid),
      };
    },

    async waitfornewblock([timeoutMs = 0, tip = chain.tip.block.hash], signal) {
      if (typeof timeoutMs !== 'number') throw new RpcError(TYPE_ERROR, 'timeout: not a number');
      if (timeoutMs < 0) throw new RpcError(MISC_ERROR, 'Negative timeout');
      const ended = new AbortController();
      const end = (): void => ended.abort();
      signal.addEventListener('abort', end);
      const timer = timeoutMs > 0 ? setTimeout(end, timeoutMs) : undefined;
      await tipAfter(tip, ended.signal).catch((error: unknown) => {
        if (!ended.signal.aborted) throw error;
      });
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      return { hash: chain.tip.block.hash, height: chain.tip.height };
    },

    async getblocktemplate([request], signal) {
      const {
        mode = 'template',
        data,
        rules,
        longpollid,
      } = (request ?? {}) as Record<string, unknown>;
      if (mode === 'proposal') {
        if (typeof data !== 'string')
          throw new RpcError(TYPE_ERROR, 'Missing data String key for proposal');
        const block = decode(data);
        const reason = chain.judge(block);
        onProposal({ block, reason });
        return reason;
      }
      if (mode !== 'template') throw new RpcError(INVALID_PARAMETER, 'Invalid mode');
      if (!Array.isArray(rules) || !rules.includes('segwit')) {
        throw new RpcError(
          INVALID_PARAMETER,
          'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
        );
      }
      // It begins with the hash of the tip that the caller knows.
      if (typeof longpollid === 'string') await tipAfter(longpollid.slice(0, 64), signal);
      return template(chain);
    },

    submitblock: ([data]) => {
      if (typeof data !== 'string') throw new RpcError(TYPE_ERROR, 'hexdata: not a string');
      const block = decode(data);
      const reason = chain.add(block, { foundBy: name, needsWork: true });
      onSubmit({ block, reason });
      return reason;
    },
  };
}

function decode(hex: string): Block {
  try {
    if (!/^([0-9a-f]{2})+$/i.test(hex)) throw new RangeError('not hex');
    return parseBlock(Buffer.from(hex, 'hex'));
  } catch (error) {
    throw Object.assign(new RpcError(DESERIALIZATION_ERROR, 'Block decode failed'), {
      cause: error,
    });
  }
}

function entryOf(chain: BitcoinChain, hash: unknown): Entry {
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/i.test(hash)) {
    throw new RpcError(INVALID_PARAMETER, 'blockhash must be of length 64 and hexadecimal');
  }
  const entry = chain.get(hash.toLowerCase());
  if (!entry) throw new RpcError(NOT_FOUND, 'Block not found');
  return entry;
}

function template({ tip, rules, now }: BitcoinChain) {
  const height = tip.height + 1;
  return {
    capabilities: ['proposal'],
    version: 0x20000000,
    rules: ['csv', '!segwit', 'taproot'],
    vbavailable: {},
    vbrequired: 0,
    previousblockhash: tip.block.hash,
    transactions: [],
    coinbaseaux: {},
    coinbasevalue: Number(subsidyAt(height, rules.halvingBlocks)),
    longpollid: `${tip.block.hash}0`,
    target: hex64(targetOf(rules.bits)!),
    mintime: tip.medianTime + 1,
    mutable: ['time', 'transactions', 'prevblock'],
    noncerange: MAX_NONCE_RANGE,
    sigoplimit: 80_000,
    sizelimit: MAX_WEIGHT,
    weightlimit: MAX_WEIGHT,
    curtime: Math.max(now(), tip.medianTime + 1),
    bits: hex8(rules.bits),
    height,
  };
}

function chainInfo({ tip, rules }: BitcoinChain) {
  return {
    chain: 'regtest',
    blocks: tip.height,
    headers: tip.height,
    bestblockhash: tip.block.hash,
    bits: hex8(rules.bits),
    target: hex64(targetOf(rules.bits)!),
    difficulty: difficultyOf(rules.bits),
    time: tip.block.time,
    mediantime: tip.medianTime,
    verificationprogress: 1,
    initialblockdownload: false,
    chainwork: hex64(tip.work),
    pruned: false,
    warnings: [],
  };
}

function miningInfo({ tip, rules }: BitcoinChain) {
  const next = {
    height: tip.height + 1,
    bits: hex8(rules.bits),
    difficulty: difficultyOf(rules.bits),
    target: hex64(targetOf(rules.bits)!),
  };
  return { blocks: tip.height, pooledtx: 0, chain: 'regtest', next, warnings: [] };
}

function headerInfo(chain: BitcoinChain, entry: Entry) {
  const { block, height } = entry;
  const isInChain = chain.isInChain(entry);
  const next = isInChain ? chain.at(height + 1) : undefined;
  return {
    hash: block.hash,
    confirmations: isInChain ? chain.tip.height - height + 1 : -1,
    height,
    version: block.version,
    versionHex: hex8(block.version),
    merkleroot: block.merkleRoot,
    time: block.time,
    mediantime: entry.medianTime,
    nonce: block.nonce,
    bits: hex8(block.bits),
    target: hex64(targetOf(block.bits)!),
    difficulty: difficultyOf(block.bits),
    chainwork: hex64(entry.work),
    nTx: block.transactions.length,
    ...(entry.parent && { previousblockhash: entry.parent.block.hash }),
    ...(next && { nextblockhash: next.block.hash }),
  };
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function hex64(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}
