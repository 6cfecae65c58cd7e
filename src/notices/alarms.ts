import { difficultyOf } from '../bitcoin/target';
import { ROE_PER_TOKEN, si } from '../format';
import type { Log } from '../process/log';
import { BitcoinAlarms, type WatchedBitcoin } from './bitcoin-alarms';
import { inWords, type NoticeText } from './notice';
import type { Notices } from './notices';
import { WorkerAlarms, type WatchedWorkers } from './worker-alarms';

/** How often the node's state is checked. */
const LOOK_MS = 10_000;
/**
 * How many checks in a row must find a fault before it is told: threads come back, writes are tried again, and a
 * machine that slept needs a moment.
 */
const LOOKS = { store: 2, threads: 3, stalled: 3, node: 12 };
/** How often the node is asked whether a newer task replaces this one. */
const NEWER_TASK_MS = 300_000;
/** How many rounds back proofs are still expected on the chain. */
const KEPT_ROUNDS = 6;
/** So many rounds in a row without a reward are told. One may be bad luck: a proof too late, a list voted down. */
const UNPAID_ROUNDS = 3;
/**
 * A best is told where the one before had stood for so long. In its first hours a node has a new one all the time, and
 * after a day about one each time that its age grows by e: some six in a year.
 */
const STOOD_MS = 24 * 3_600_000;

type Cause = Exclude<keyof typeof LOOKS, 'store'>;

const STOPPED: Record<Cause, string> = {
  threads:
    'Mining has stopped: none of its threads runs. They are started again, but if this lasts, the machine allows no more threads or has no memory left: restart it.',
  stalled:
    'Mining has stopped: its threads have computed nothing for a while. If this lasts, other programs take all of the processor, or the task hangs: restart it.',
  node: 'Mining has stopped: the node has not told what to mine for minutes. See whether it is online and its RPC endpoint answers; mining goes on by itself when it does.',
};
const STOPPED_ACTION: Record<Cause, string> = {
  threads: 'Restart the task or the machine',
  stalled: 'Restart the task',
  node: 'Look at the connection of the node',
};

/** The best share that this node ever took in. */
interface Best {
  readonly hashValue: bigint;
  readonly round: number;
  /** ms since 1970 */
  readonly at: number;
}

/** What the alarms watch, as plain facts, and where they report it. */
export interface Watched extends WatchedBitcoin, WatchedWorkers {
  bests: { readonly ofNode: Best | undefined };
  engine: {
    /** Whether any mining thread is up or starting. */
    readonly healthy: boolean;
  };
  governor: { readonly state: 'mining' | 'paused' | 'outside the schedule' };
  miner: WatchedBitcoin['miner'] & {
    readonly healthy: {
      /** Whether threads run, and make progress while a round is mined. */
      readonly miner: boolean;
    };
    readonly hashesDone: number;
    /** Undefined between rounds. */
    readonly miningRound: number | undefined;
    /** Why the last write of the store failed; undefined when it didn't. */
    readonly storeFault: unknown;
  };
  log: Pick<Log, 'warn' | 'debug'>;
  notices: Pick<Notices, 'once' | 'alarm' | 'well'>;
  /** This node's key, base58. */
  self: string;
  /** The id of the task that replaces this one; undefined while none does. */
  newerTask: () => Promise<string | undefined>;
}

/** Watches for what the owner has to be told. A check only reads: it waits for nothing and blocks nobody. */
export class Alarms {
  /** Answers the node still owes before anything can be mined. */
  private waits = 0;
  private stoppedLooks = 0;
  private storeLooks = 0;
  private hashes = 0;
  private newerTask: string | undefined;
  /** Rounds whose proof this process submitted. */
  private readonly handedIn = new Set<number>();

  /** Rounds in a row whose proof earned nothing, as far as this process knows. */
  private unpaid: number[] = [];
  private best: Best | undefined;

  private readonly bitcoin: BitcoinAlarms;
  private readonly workers: WorkerAlarms;

  constructor(private readonly watched: Watched) {
    this.best = watched.bests.ofNode;
    this.bitcoin = new BitcoinAlarms(watched, LOOK_MS);
    this.workers = new WorkerAlarms(watched, LOOK_MS);
  }

  /** Starts checking, for as long as the process lives. */
  watch(): void {
    setInterval(() => this.look(), LOOK_MS).unref();
    setInterval(() => void this.lookForNewerTask(), NEWER_TASK_MS).unref();
    void this.lookForNewerTask();
  }

  /** Tells the owner where the page is. @param address with the token */
  address(address: string): void {
    this.watched.notices.once('address', address, {
      level: 'log',
      message: `Your mining page, with its controls and settings: ${address} (open it on this machine, and keep the address to yourself)`,
      action: 'Open it in a browser on this machine',
    });
  }

  /** What this node's own distribution list pays it for a round. @param roe a whole number; 1 ROE is 10^-9 token */
  rewarded(round: number, roe: number): void {
    if (roe <= 0) return;
    const tokens = (roe / ROE_PER_TOKEN).toFixed(9).replace(/\.?0+$/, '');
    this.watched.notices.once('first reward', '', {
      level: 'log',
      message: `Your first reward: ${tokens} ${tokens === '1' ? 'token' : 'tokens'} for round ${round}, by this node's own count. They can be claimed once the round is paid out.`,
      action: '',
    });
  }

  /** Passes on something that mining has to wait for; if it takes minutes, mining has stopped. */
  async mustCome<T>(coming: Promise<T>): Promise<T> {
    this.waits++;
    try {
      return await coming;
    } finally {
      this.waits--;
    }
  }

  /** A proof was given to the SDK for submission. */
  submitted(round: number): void {
    this.handedIn.add(round);
    for (const other of this.handedIn) {
      if (Math.abs(other - round) >= KEPT_ROUNDS) this.handedIn.delete(other);
    }
  }

  /** After a network reset, when round numbers start over and mean other rounds. */
  forgetRounds(): void {
    this.handedIn.clear();
    this.unpaid = [];
  }

  /**
   * The outcome of a round is known for good, and this node had handed in a proof for it. To be called once for each.
   * @param roe what the round pays this node, a whole number; 0 where that is nothing
   */
  paid(round: number, roe: bigint): void {
    const { notices } = this.watched;
    if (roe > 0n) {
      this.unpaid = [];
      return notices.well('reward', `Rounds pay again: round ${round} does`);
    }
    this.unpaid.push(round);
    if (this.unpaid.length < UNPAID_ROUNDS) return;
    const rounds = this.unpaid.slice(-UNPAID_ROUNDS);
    this.unpaid = rounds;
    notices.alarm('reward', {
      level: 'error',
      message: `No reward for ${UNPAID_ROUNDS} rounds in a row, the last of them round ${rounds.at(-1)}, though proofs were handed in. The page shows for each round which list stood and what became of your proof.`,
      action: 'Look at the page, at its rounds',
    });
  }

  /**
   * A round's submissions are final.
   * @param submissions by the submitter's key, base58
   * @returns whether a proof that this process submitted is among them; true where it submitted none
   */
  listed(round: number, submissions: Readonly<Record<string, unknown>>): boolean {
    if (!this.handedIn.has(round)) return true;
    const { notices, log, self } = this.watched;
    if (Object.hasOwn(submissions, self)) {
      notices.well('proof', `Proofs reach the chain again since round ${round}`);
      return true;
    }
    log.warn(`the proof of round ${round} is not on the chain: it earns nothing`);
    notices.alarm('proof', {
      level: 'warn',
      message: `Your proof of round ${round} did not reach the chain, so this round earns nothing. Most often the staking wallet has too little KOII for the fees: look at its balance in the node, and top it up.`,
      action: 'Look at the balance of the staking wallet',
    });
    return false;
  }

  /** Compares the node's state with that of the check before. */
  look(): void {
    this.lookAtMining();
    this.lookAtStore();
    this.lookAtBest();
    this.workers.look();
    this.bitcoin.look();
  }

  private lookAtBest(): void {
    const { bests, notices } = this.watched;
    const { best: before } = this;
    const best = bests.ofNode;
    this.best = best;
    if (!best || !before || best.hashValue >= before.hashValue) return;
    const stoodMs = best.at - before.at;
    if (stoodMs < STOOD_MS) return;
    const [now, then] = [best, before].map(({ hashValue }) => si(difficultyOf(hashValue)).trim());
    notices.once('best', String(best.hashValue), {
      level: 'log',
      message: `Your best difficulty ever: ${now}, in round ${best.round}. The best until then, ${then}, had stood for ${inWords(stoodMs)}.`,
      action: '',
    });
  }

  private lookAtMining(): void {
    const { engine, governor, miner, notices } = this.watched;
    const isHashing = miner.hashesDone > this.hashes;
    this.hashes = miner.hashesDone;
    // The owner wanted the pause or the schedule: neither a fault nor a sign that all is well.
    if (governor.state !== 'mining') return void (this.stoppedLooks = 0);
    const cause = this.causeOfStop();
    this.stoppedLooks = cause === undefined ? 0 : this.stoppedLooks + 1;
    if (cause !== undefined) {
      if (this.stoppedLooks < LOOKS[cause]) return;
      const text = {
        level: 'error',
        message: STOPPED[cause],
        action: STOPPED_ACTION[cause],
      } as const;
      notices.alarm('mining', text, Date.now() - this.stoppedLooks * LOOK_MS);
    } else if (isHashing && engine.healthy) notices.well('mining', 'Mining goes on again');
  }

  private causeOfStop(): Cause | undefined {
    const { engine, miner } = this.watched;
    if (!engine.healthy) return 'threads';
    if (!miner.healthy.miner) return 'stalled';
    return this.waits > 0 && miner.miningRound === undefined ? 'node' : undefined;
  }

  private lookAtStore(): void {
    const { miner, notices } = this.watched;
    const { storeFault } = miner;
    this.storeLooks = storeFault === undefined ? 0 : this.storeLooks + 1;
    if (storeFault === undefined) notices.well('store', 'What is mined can be saved again');
    else if (this.storeLooks >= LOOKS.store) {
      notices.alarm('store', storeText(storeFault), Date.now() - this.storeLooks * LOOK_MS);
    }
  }

  private async lookForNewerTask(): Promise<void> {
    const { newerTask, notices, log } = this.watched;
    try {
      const id = await newerTask();
      if (id === undefined) return;
      if (id !== this.newerTask) log.warn(`a newer task takes the place of this one: ${id}`);
      this.newerTask = id;
      notices.once('newer task', id, {
        level: 'warn',
        message: `A newer task takes the place of this one: ${id}. Upgrade to it in the node, or add it by this id; this one may stop paying.`,
        action: 'Upgrade the task in the node',
      });
    } catch (error) {
      log.debug({ error }, 'whether there is a newer task is not known now');
    }
  }
}

function storeText(fault: unknown): NoticeText {
  const code = errnoOf(fault);
  return {
    level: 'error',
    message: `What is mined can't be saved${code ? ` (${code})` : ''}: it would be lost in a restart. See whether the disk is full, and whether the node may write its folder; saving goes on by itself when it can.`,
    action: 'Free space on the disk',
  };
}

/** The code, such as ENOSPC. The rest of an error may contain anything, even paths and secrets. */
function errnoOf(fault: unknown): string | undefined {
  for (let error = fault; error instanceof Error; error = error.cause) {
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^E[A-Z0-9]{2,15}$/.test(code)) return code;
  }
  return undefined;
}
