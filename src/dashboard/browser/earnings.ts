import { count, percent, si, tokens } from '../../format';
import type { EarningsStatus, RewardRow, Status } from '../update';
import { byId, setText, setValue } from './dom';
import type { Model } from './feed';

// The page's first row: what the node earns, and what it works with.

const UNKNOWN = '–';
/** The last decimal that is shown of an amount. */
const SHOWN_ROE = 1e5;

/** What a round paid to this node; while that isn't known, what its own list gives it. In ROE. */
export function amountOf({ outcome, paidRoe, listedRoe }: RewardRow): number {
  if (outcome === 'failed') return 0;
  return Number(paidRoe ?? listedRoe);
}

/** Everything in this file. */
export function showEarnings({ rewards }: Model, status: Status): void {
  showRate(status);
  showBlocks(status);
  if (!status.earnings) return;
  showEarned(status.earnings);
  showRates(status.earnings, status.round);
  showStake(status.earnings);
  showLast(rewards[rewards.length - 1]);
}

/** Threads and workers as one figure, and its parts. */
function showRate({ threads, hashrateHps, bitcoin, targetDifficulty }: Status): void {
  setValue('rate', si(bitcoin.hash_rate, 'H/s'));
  const down = threads.filter(({ backend }) => backend === null).length;
  const workersHps = Math.max(0, bitcoin.hash_rate - hashrateHps);
  setText(
    'rate-note',
    `${count(threads.length, 'thread')} ${si(hashrateHps, 'H/s')}${down > 0 ? `, ${down} not up` : ''}; workers ${si(workersHps, 'H/s')}`,
  );
  byId('rate-note').title = `shares from difficulty ${si(targetDifficulty)}`;
}

/** Shown where the owner wants Bitcoin. */
function showBlocks({ blocksFound, bitcoin: { chance, source } }: Status): void {
  setText('blocks', String(blocksFound));
  const none = source === 'koii' ? "no chance now: the task's own headers are mined" : UNKNOWN;
  setText('blocks-note', chance ? chance.words : none);
}

function showEarned({ total, today, account }: EarningsStatus): void {
  setValue('earned', total ? tokens(total.roe) : UNKNOWN, 'tokens');
  setText('earned-today', tokens(today.roe));
  const claimable = account?.claimableRoe ?? null;
  setText(
    'earned-note',
    [
      total && total.since !== null
        ? `${count(total.rounds, 'paid round')} since ${dayOf(total.since)}`
        : 'no paid round is known yet',
      claimable === null ? 'claimable: not known' : `${tokens(claimable)} claimable`,
    ].join('; '),
  );
}

function showRates(
  { rounds, perDayRoe, networkShare, expected }: EarningsStatus,
  round: Status['round'],
): void {
  const of = rounds ? roundsText(rounds) : '';
  setValue('per-day', perDayRoe === null ? UNKNOWN : someTokens(perDayRoe), 'tokens');
  setText('per-day-note', perDayRoe === null ? 'no round is known yet' : `at the rate of ${of}`);
  setText('network-share', networkShare === null ? UNKNOWN : partText(networkShare));
  setText(
    'network-share-note',
    networkShare === null ? 'no round is known yet' : `of what was proven in ${of}`,
  );
  setValue('expected', expected ? someTokens(expected.roe) : UNKNOWN, 'tokens');
  setText(
    'expected-note',
    expected
      ? `± ${percent(expected.relativeError)}, if others do as in ${of}`
      : whyNotExpected(rounds !== null, (round?.shares ?? 0) > 0),
  );
}

function whyNotExpected(isNetworkKnown: boolean, hasShares: boolean): string {
  if (!isNetworkKnown) return "the network's work is not known yet";
  return hasShares ? "the round's end is not known yet" : 'no share yet';
}

function showStake({ account }: EarningsStatus): void {
  const stake = account?.stakeRoe ?? null;
  const minimum = account?.minimumStakeRoe ?? null;
  setValue('stake', stake === null ? UNKNOWN : tokens(stake), 'tokens');
  setText(
    'stake-note',
    minimum === null ? 'the chain was not read yet' : `now; the minimum is ${tokens(minimum)}`,
  );
  byId('stake-note').classList.toggle('bad', stake !== null && minimum !== null && stake < minimum);
}

const OUTCOMES: Record<RewardRow['outcome'], string> = {
  open: 'not paid yet',
  paid: 'paid',
  failed: 'payout failed',
  unknown: 'payout not known',
};

function showLast(last: RewardRow | undefined): void {
  setValue('reward', last ? tokens(amountOf(last)) : UNKNOWN, 'tokens');
  setText(
    'reward-note',
    last
      ? `round ${last.round}, ${OUTCOMES[last.outcome]}; ${last.valid} of ${last.proofs} proofs valid`
      : 'none yet',
  );
}

function roundsText({ first, last, count: known }: NonNullable<EarningsStatus['rounds']>): string {
  if (first === last) return `round ${first}`;
  const isWhole = last - first + 1 === known;
  return `rounds ${first} to ${last}${isWhole ? '' : `, ${known} known`}`;
}

/** Little is not nothing. */
function someTokens(roe: number): string {
  return roe > 0 && roe < SHOWN_ROE ? `<${tokens(SHOWN_ROE)}` : tokens(roe);
}

/** "33 %", "0.021 %" */
function partText(part: number): string {
  return part === 0 || part >= 0.1 ? percent(part) : `${Number((part * 100).toPrecision(2))} %`;
}

function dayOf(at: number): string {
  return new Date(at).toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' });
}
