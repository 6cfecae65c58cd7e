import type { Clock } from '../process/clock';
import type { Log } from '../process/log';
import type { BitcoinPeer } from '../work/bitcoin-network';
import * as answers from './answers';
import { faultOf, METHOD_NOT_FOUND, NoAnswer, NOT_NOW, RpcError, type RpcClient } from './rpc';
import { TipReader } from './tip-reader';
import type { ShownTip, TipHolder } from './tip-choice';

const POLL_MS = 1_000;
/** Within the 30 s after which Core closes a connection that says nothing. */
const WAIT_MS = 25_000;
const WAIT_TIMEOUT_MS = 35_000;
/** A node with an empty mempool answers with the next block only. If the node is gone, the polls tell. */
const LONG_POLL_TIMEOUT_MS = 3_600_000;
const CHECK_MS = 60_000;
/** Between two lines of the log about the same fault. */
const QUIET_MS = 60_000;
/** Between two answers to a wait, so that a node that doesn't wait isn't asked without a pause. */
const PAUSE_MS = 50;
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 30_000;
/** HTTP, where a user may not call a method. */
const REFUSED_STATUS: readonly unknown[] = [403, 404, 405];
const NOT_NOW_CODES: readonly number[] = Object.values(NOT_NOW);

/** Follows the tips of one node, and says what is wrong with it. */
export class TipFollower implements BitcoinPeer, TipHolder {
  readonly name: string;
  fault: string | undefined = 'not asked yet';
  shown: ShownTip | undefined;
  /** The last line of the log about a fault. */
  private told = { fault: '', atMs: -Infinity };
  private isTold = false;
  private readonly reader: TipReader;
  /** Hash of the best block, as last heard. */
  private best = '';

  /**
   * @param now ms since 1970
   * @param onLook called after each look at the node, and when it fails
   */
  constructor(
    readonly rpc: RpcClient,
    private readonly chain: answers.BitcoinChain,
    private readonly clock: Clock,
    now: () => number,
    private readonly log: Log,
    private readonly onLook: () => void,
  ) {
    this.name = rpc.name;
    this.reader = new TipReader(rpc, chain, now);
  }

  /** Follows until aborted; never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    let backOffMs = FIRST_BACK_OFF_MS;
    this.shown = undefined;
    while (!signal.aborted) {
      try {
        await this.connect(signal);
        backOffMs = FIRST_BACK_OFF_MS;
        await untilOneFails(signal, [
          (signal) => this.poll(signal),
          (signal) => this.waitForBlocks(signal),
          (signal) => this.check(signal),
        ]);
      } catch (error) {
        if (signal.aborted) return;
        this.failed(faultOf(error));
      }
      await this.pause(backOffMs, signal).catch(() => undefined);
      backOffMs = Math.min(2 * backOffMs, LONGEST_BACK_OFF_MS);
    }
  }

  private failed(fault: string): void {
    this.fault = fault;
    const nowMs = this.clock.now();
    // One that comes and goes fills no log.
    const isOld = !this.isTold && nowMs - this.told.atMs >= QUIET_MS;
    if (fault !== this.told.fault || isOld) {
      this.log.warn(`Bitcoin node ${this.name}: ${fault}`);
      this.told = { fault, atMs: nowMs };
      this.isTold = true;
    }
    this.onLook();
  }

  /** Finds out whether it can be mined with, and its tip. */
  private async connect(signal: AbortSignal): Promise<void> {
    this.best = '';
    await this.judgeNode(signal);
    await this.look(signal);
  }

  /** @throws NoAnswer when nothing should be mined with it */
  private async judgeNode(signal: AbortSignal): Promise<void> {
    const asked = await this.ask('getblockchaininfo', [], signal);
    const info = answers.read(answers.chainInfo, 'getblockchaininfo', asked);
    if (info.chain !== this.chain) {
      const got = info.chain.slice(0, 20).replace(/[^\w-]/g, '?');
      throw new NoAnswer(`it is on another network: expected ${this.chain}, got ${got}`);
    }
    // As getblocktemplate has it; regtests begin with an old block, and alone.
    if (this.chain !== 'regtest' && info.initialblockdownload) {
      throw new RpcError(NOT_NOW.initialDownload, '');
    }
    if (this.chain === 'main' && (await this.connectionCount(signal)) === 0) {
      throw new RpcError(NOT_NOW.noPeers, '');
    }
  }

  private async connectionCount(signal: AbortSignal): Promise<number | undefined> {
    try {
      const count = await this.ask('getconnectioncount', [], signal);
      return answers.read(answers.connectionCount, 'getconnectioncount', count);
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }

  private async check(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.pause(CHECK_MS, signal);
      await this.judgeNode(signal);
    }
  }

  private async poll(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.pause(POLL_MS, signal);
      await this.look(signal);
    }
  }

  private async look(signal: AbortSignal): Promise<void> {
    const asked = await this.ask('getbestblockhash', [], signal);
    await this.heard(answers.read(answers.bestBlockHash, 'getbestblockhash', asked), signal);
    this.onLook();
  }

  /** Hears of new blocks at once, if the node has a way; beside the polls, which do it within a second. */
  private async waitForBlocks(signal: AbortSignal): Promise<void> {
    let knowsTip = true;
    for (;;) {
      const askedMs = this.clock.now();
      const { best } = this;
      let hash: string;
      try {
        // With the tip no block is missed between two waits. Core takes it since version 30.
        const params = knowsTip ? [WAIT_MS, best] : [WAIT_MS];
        const asked = await this.ask('waitfornewblock', params, signal, WAIT_TIMEOUT_MS);
        ({ hash } = answers.read(answers.newBlock, 'waitfornewblock', asked));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (!knowsTip || isMissing(error)) return this.longPoll(signal);
        knowsTip = false;
        continue;
      }
      await this.heard(hash, signal);
      const pauseMs = hash === best ? POLL_MS : PAUSE_MS;
      await this.clock.until(askedMs + pauseMs, signal);
    }
  }

  /** Hears of new blocks by templates (BIP 22), if the node has them. */
  private async longPoll(signal: AbortSignal): Promise<void> {
    try {
      let { longpollid } = await this.reader.template(signal);
      while (longpollid !== undefined) {
        const askedMs = this.clock.now();
        const template = await this.reader.template(signal, longpollid, LONG_POLL_TIMEOUT_MS);
        await this.heard(template.previousblockhash, signal, template);
        ({ longpollid } = template);
        await this.clock.until(askedMs + PAUSE_MS, signal);
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  /** @param template on that block, if it is there already */
  private async heard(
    hash: string,
    signal: AbortSignal,
    template?: answers.BlockTemplate,
  ): Promise<void> {
    if (hash === this.best) return;
    this.best = hash;
    const shown = await this.reader.describe(hash, signal, template);
    // Another may have come meanwhile.
    if (this.best !== hash || signal.aborted) return;
    this.best = shown.hash;
    this.shown = shown;
    this.fault = undefined;
    if (this.isTold) this.log.info(`Bitcoin node ${this.name} can be mined with`);
    this.isTold = false;
    this.onLook();
  }

  private ask(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<unknown> {
    return this.rpc.call(method, params, { signal, timeoutMs });
  }

  private pause(ms: number, signal: AbortSignal): Promise<void> {
    return this.clock.until(this.clock.now() + ms, signal);
  }
}

/** Whether the node, though it is well, doesn't answer this question. */
function isRefusal(error: unknown): boolean {
  if (error instanceof RpcError) return !NOT_NOW_CODES.includes(error.code);
  return error instanceof NoAnswer && REFUSED_STATUS.includes(error.status);
}

function isMissing(error: unknown): boolean {
  return !(error instanceof RpcError) || error.code === METHOD_NOT_FOUND;
}

/** Work that goes on until its signal is aborted. */
type Task = (signal: AbortSignal) => Promise<void>;

/** Runs tasks side by side; when one fails, the others are aborted. @throws what the first one threw */
async function untilOneFails(signal: AbortSignal, tasks: readonly Task[]): Promise<void> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const failures: unknown[] = [];
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(ending.signal);
      } catch (error) {
        failures.push(error);
        end();
      }
    }),
  );
  signal.removeEventListener('abort', end);
  if (failures.length > 0) throw failures[0];
}
