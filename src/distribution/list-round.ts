import type { RoundLists, RoundWindows } from './ledger';
import { countedLists, ListJudge, type JudgeContext, type ListRoundId } from './list-judge';
import { auditTime, makesAt, makingMs, stepsOf } from './list-rules';
import { draw } from './lots';
import type { OwnList } from './own-lists';
import { readingOf } from './payouts';

/** How long to wait before a retry, as a part of the window: twice as long each time, up to a limit. */
const RETRY_PART = { first: 0.02, most: 0.12 };
/** When a payout is asked for, as a part of the audit window: shortly after its end. */
const PAYOUT_PART = 1.02;

/** What a node does about one round's lists, in the windows of the round in which they are due. */
export class ListRound {
  /** Who puts this node's list on the ledger, or has done so. */
  private maker: 'keeper' | 'sdk' | undefined;
  private leftToSdkAt = 0;

  constructor(
    private readonly context: JudgeContext,
    private readonly id: ListRoundId,
  ) {}

  get dueIn(): number {
    return this.id.dueIn;
  }

  /** Makes and judges lists until the windows are over. @throws RoundOverError */
  async keep(windows: RoundWindows): Promise<void> {
    const { round, isAgain } = this.id;
    const outcome = isAgain ? await this.outcome(windows) : undefined;
    if (outcome === 'paid') return;
    const judge = new ListJudge(this.context, this.id, windows);
    await Promise.all([outcome !== 'open' && this.make(windows), judge.keep()]);
    // The SDK does the same for a list that it makes.
    if (this.maker !== 'keeper') return;
    await windows.reach((w) => auditTime(w, PAYOUT_PART));
    const { ledger, log } = this.context;
    await ledger.payOut(round).catch((error: unknown) => log.debug({ error }, 'no payout'));
  }

  /** Whether the SDK may make this node's list. If so, the keeper makes none, unless nothing comes of it. */
  leaveToSdk(): boolean {
    if (this.maker) return false;
    this.maker = 'sdk';
    this.leftToSdkAt = this.context.clock.now();
    return true;
  }

  private async make(windows: RoundWindows): Promise<void> {
    const { clock, events, ledger, log, secret, self, switches, trouble } = this.context;
    const { round } = this.id;
    const own = await this.ownInTime(windows);
    if (!own?.verdicts.get(self)?.valid) return;
    const submitters = Object.keys(own.submissions).length;
    const takesMs = (): number => makingMs(windows.now, submitters);
    const { place } = draw(secret, round, submitters);
    const steps = stepsOf(place, switches);
    await windows.reach((w) => makesAt(w, steps, submitters));
    for (let retries = 0; clock.now() + takesMs() <= windows.now.auditAt;) {
      try {
        if (this.maker === 'sdk') await windows.reach(() => this.leftToSdkAt + takesMs());
        const needsNone = await this.isThere(own, steps > 0);
        if (needsNone || clock.now() + takesMs() > windows.now.auditAt) return;
        this.maker = 'keeper';
        log.info(`handing in the distribution list of round ${round}`);
        await ledger.handIn(round, own.amounts);
        return events?.made?.();
      } catch (error) {
        this.maker = undefined;
        trouble.failed(`the distribution list of round ${round} could not be handed in`, error);
        await this.pause(windows, retries++);
      }
    }
  }

  /** This node's list, as soon as it can be made; undefined if that is too late. */
  private async ownInTime(windows: RoundWindows): Promise<OwnList | undefined> {
    const { clock, own, trouble } = this.context;
    const { round } = this.id;
    for (let retries = 0; clock.now() + makingMs(windows.now, 1) <= windows.now.auditAt;) {
      try {
        const list = await own.of(round, windows.now.auditAt);
        trouble.over();
        return list;
      } catch (error) {
        trouble.failed(`the distribution list of round ${round} can't be made now`, error);
        await this.pause(windows, retries++);
      }
    }
    return undefined;
  }

  /** Whether the ledger has this node's list or, if that is enough, an equal one. */
  private async isThere(own: OwnList, equalIsEnough: boolean): Promise<boolean> {
    const { ledger, self } = this.context;
    const { round, dueIn } = this.id;
    const lists = countedLists(await ledger.lists(round, dueIn), this.id);
    if (lists.some(({ maker }) => maker === self)) return true;
    if (!equalIsEnough) return false;
    for (const { account } of lists) {
      const text = await ledger.contents(account, round).catch(() => '');
      if (readingOf(text, own.amounts) === 'equal') return true;
    }
    return false;
  }

  private async outcome(windows: RoundWindows): Promise<RoundLists['outcome']> {
    const { clock, ledger, trouble } = this.context;
    const { round, dueIn } = this.id;
    for (let retries = 0; clock.now() <= windows.now.auditEndsAt;) {
      try {
        const { outcome } = await ledger.lists(round, dueIn);
        trouble.over();
        return outcome;
      } catch (error) {
        trouble.failed(`the lists of round ${round} can't be read now`, error);
        await this.pause(windows, retries++);
      }
    }
    return 'paid';
  }

  private pause(windows: RoundWindows, retries: number): Promise<void> {
    const { opensAt, auditAt } = windows.now;
    const part = Math.min(RETRY_PART.first * 2 ** retries, RETRY_PART.most);
    const until = this.context.clock.now() + part * (auditAt - opensAt);
    return windows.reach(() => until);
  }
}
