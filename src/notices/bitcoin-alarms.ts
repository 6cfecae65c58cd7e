import type { NoticeText } from './notice';
import type { Notices } from './notices';

/**
 * How many checks in a row must find a block without an answer, no Bitcoin node fit to mine with (one that is restarted
 * takes minutes), and a tip without a refusal, for which the node has yet to be asked. Counted in checks, since a
 * machine that slept needs a moment.
 */
const LOOKS = { answer: 6, node: 30, work: 3 };
const SATOSHI_PER_BITCOIN = 1e8;

/** A found block, as far as its owner is told of it. */
interface WatchedBlock {
  readonly hash: string;
  readonly height: number;
  readonly valueSat: number;
  readonly state: 'pending' | 'accepted' | 'inconclusive' | 'refused' | 'given up';
  readonly answers: readonly {
    readonly node: string;
    readonly verdict: 'accepted' | 'inconclusive' | 'refused';
    readonly reason: string;
  }[];
}

/** What is watched of Bitcoin, as plain facts, and where it is reported. */
export interface WatchedBitcoin {
  /** The newest first. */
  blocks: { list(): readonly WatchedBlock[] };
  bitcoin: {
    /** The Bitcoin nodes of the settings; with a fault, nothing can be mined with it. */
    readonly peers: readonly { readonly fault: string | undefined }[];
    /** Set while the Bitcoin node would refuse a block of ours. */
    readonly refusal: { readonly reason: string } | undefined;
    /** Undefined before the first. */
    readonly tip: object | undefined;
  };
  settings: { readonly current: { readonly WORK_SOURCE: 'auto' | 'koii' | 'bitcoin' } };
  miner: {
    /** The source is 1 where the round is mined on Bitcoin's blocks. */
    readonly lastRound: { readonly origin: { readonly source: number } } | undefined;
  };
  notices: Pick<Notices, 'once' | 'alarm' | 'well'>;
}

const BITCOIN_SOURCE = 1;

/** Watches for what the owner has to be told of Bitcoin. */
export class BitcoinAlarms {
  private awayLooks = 0;
  private wellLooks = 0;
  private waiting: { hash: string; looks: number } | undefined;
  private hasMinedIt = false;

  /** @param lookMs how far the checks are apart */
  constructor(
    private readonly watched: WatchedBitcoin,
    private readonly lookMs: number,
  ) {}

  look(): void {
    this.lookAtBlocks();
    this.lookAtWork();
    this.lookAtNodes();
  }

  private lookAtBlocks(): void {
    const { blocks, notices } = this.watched;
    const found = blocks.list();
    const taken = found.find(({ state }) => state === 'accepted' || state === 'inconclusive');
    if (taken) notices.once('bitcoin block', taken.hash, takenText(taken));
    const lost = found.find(({ state }) => state === 'refused' || state === 'given up');
    if (lost) notices.once('refused block', lost.hash, lostText(lost));
    this.lookAtWaiting(found.filter(({ state }) => state === 'pending').at(-1));
  }

  /** @param waiting the block that has waited longest; undefined if none waits */
  private lookAtWaiting(waiting: WatchedBlock | undefined): void {
    const { notices } = this.watched;
    if (!waiting) {
      this.waiting = undefined;
      return notices.well('unanswered block', 'No Bitcoin block of yours waits for an answer');
    }
    const { hash } = waiting;
    const looks = 1 + (this.waiting?.hash === hash ? this.waiting.looks : 0);
    this.waiting = { hash, looks };
    if (looks < LOOKS.answer) return;
    notices.alarm('unanswered block', waitingText(waiting), Date.now() - looks * this.lookMs);
  }

  private lookAtWork(): void {
    const { bitcoin, notices } = this.watched;
    this.wellLooks = bitcoin.tip && !bitcoin.refusal ? this.wellLooks + 1 : 0;
    if (bitcoin.refusal) notices.alarm('bitcoin work', refusalText(bitcoin.refusal.reason));
    else if (this.wellLooks >= LOOKS.work) {
      notices.well('bitcoin work', 'Your Bitcoin node would take your blocks again');
    }
  }

  private lookAtNodes(): void {
    const { bitcoin, settings, miner, notices } = this.watched;
    this.hasMinedIt ||= miner.lastRound?.origin.source === BITCOIN_SOURCE;
    const isAway = bitcoin.peers.every(({ fault }) => fault !== undefined);
    if (!isAway) {
      this.awayLooks = 0;
      return notices.well('bitcoin node', 'Your Bitcoin node can be mined with again');
    }
    const { WORK_SOURCE: chosen } = settings.current;
    const isMissed = chosen === 'bitcoin' || (chosen === 'auto' && this.hasMinedIt);
    if (bitcoin.peers.length === 0 || !isMissed) return void (this.awayLooks = 0);
    this.awayLooks++;
    if (this.awayLooks < LOOKS.node) return;
    notices.alarm('bitcoin node', AWAY, Date.now() - this.awayLooks * this.lookMs);
  }
}

const AWAY: NoticeText = {
  level: 'error',
  message:
    'None of your Bitcoin nodes can be mined with: they are away, still load blocks, or refuse the password; the log says which. You lose nothing of the task, but find no Bitcoin block that the network takes.',
  action: 'Look at your Bitcoin node',
};

function takenText({ hash, height, valueSat, state, answers }: WatchedBlock): NoticeText {
  const { node = 'a Bitcoin node' } = answers.find(({ verdict }) => verdict === state) ?? {};
  const kept =
    state === 'accepted' ? `accepted by ${node}` : `kept by ${node} beside a rival that may win`;
  return {
    level: 'log',
    message: `You found a Bitcoin block! Height ${height}, worth ${bitcoins(valueSat)} to you, ${kept}: ${hash}`,
    action: 'Spendable after 100 more blocks',
  };
}

function lostText({ height, valueSat, state, answers }: WatchedBlock): NoticeText {
  const { reason = '' } = answers.find(({ verdict }) => verdict === 'refused') ?? {};
  const lost = `The Bitcoin block that you found at height ${height} (${bitcoins(valueSat)})`;
  return {
    level: 'error',
    message:
      state === 'refused'
        ? `${lost} was refused by your Bitcoin node${quoted(reason)}. The log has all that it said.`
        : `${lost} is lost: no Bitcoin node answered for it until the chain was 100 blocks ahead.`,
    action: 'Look at the log and at your Bitcoin node',
  };
}

function waitingText({ height, valueSat }: WatchedBlock): NoticeText {
  return {
    level: 'error',
    message: `The Bitcoin block that you found at height ${height} (${bitcoins(valueSat)}) has no answer from any Bitcoin node, and others may take its place: start your node now. The block is kept, and handed in as soon as one answers.`,
    action: 'Start your Bitcoin node now',
  };
}

function refusalText(reason: string): NoticeText {
  return {
    level: 'error',
    message: `Your Bitcoin node would refuse a block of yours${quoted(reason)}, so the next rounds are mined without Bitcoin. See whether it is up to date and on the right network.`,
    action: 'Look at your Bitcoin node',
  };
}

/** A reason as BIP 22 writes them; a node's other words may be anything, and are left out. */
function quoted(reason: string): string {
  return /^[a-z]+(-[a-z]+)*$/.test(reason) && reason.length <= 40 ? ` (${reason})` : '';
}

function bitcoins(satoshi: number): string {
  return `${(satoshi / SATOSHI_PER_BITCOIN).toFixed(8).replace(/\.?0+$/, '')} BTC`;
}
