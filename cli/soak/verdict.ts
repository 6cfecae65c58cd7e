import type { Mined } from './mined';
import { longest, type WaitsSummary } from './waits';

/** What the observer saw of a node. */
export interface Observation {
  readonly side: readonly WaitsSummary[];
  readonly public: readonly WaitsSummary[];
  /** The longest delay that the node's own event loop reports, ms. */
  readonly lagMs: number;
  /** The longest that the node's main thread was ready to run but had no processor, ms. */
  readonly queuedMs: number;
  /** The observer's own longest pause, and all of them together, ms: not part of the waits. */
  readonly ownPauseMs: number;
  readonly ownPausesMs: number;
}

/** What was measured of a node while it was attacked. */
export interface AttackedNode extends Observation {
  /** The rounds that are over, and whether the node's proof is on the ledger and valid. */
  readonly rounds: readonly { round: number; submitted: boolean; valid: boolean }[];
  /** The peak resident memory of any process of the node. */
  readonly peakMB: number;
  /** The most open descriptors. */
  readonly descriptors: number;
  readonly logMB: number;
  /** Log lines with control characters or of a stack trace. */
  readonly unfitLines: number;
  /** How often its process ended unasked. */
  readonly ends: number;
  /** The exit code when it was asked to end, under attack; null if it had to be killed. */
  readonly lastCode: number | null;
  /** Its calls to its node, and those of another node that is not attacked. */
  readonly calls: number;
  readonly otherCalls: number;
  /** Answers to requests that must be refused. */
  readonly forbidden: number;
  readonly mined: Mined;
}

/** One line of the table. */
export interface Finding {
  readonly measure: string;
  readonly found: string;
  /** What was required; empty if the measure is only informative. */
  readonly bound: string;
  readonly isOk: boolean;
}

/** What must hold over ten minutes; how long others may wait is an option of the command. */
const MOST_MB = 250;
const MOST_LOG_MB = 1;
/** Of 1,024: the rest is for the node's own calls, its store and its workers. */
const MOST_DESCRIPTORS = 768;
/** Which lists a node reads, and how often, is random. */
const CALLS_FACTOR = 1.5;
const CALLS_SLACK = 20;
/** Of the shares that are shown. */
const LEAST_SHOWN = 0.5;

/**
 * Judges a node that was attacked.
 * @param maxWaitMs how long others on the side port may wait
 */
export function judgeAttackedNode(node: AttackedNode, maxWaitMs: number): Finding[] {
  const { rounds, calls, otherCalls } = node;
  const missed = rounds.filter(({ submitted, valid }) => !submitted || !valid);
  const mostCalls = Math.ceil(otherCalls * CALLS_FACTOR + CALLS_SLACK);
  return [
    {
      measure: 'rounds submitted',
      found: `${rounds.length - missed.length} of ${rounds.length}${missed.length === 0 ? '' : `, not ${missed.map(({ round }) => round).join(', ')}`}`,
      bound: 'all, with a valid proof',
      isOk: rounds.length > 0 && missed.length === 0,
    },
    ...node.side.map((waits) => {
      const longestMs = longest(waits);
      const isOk = longestMs <= maxWaitMs && waits.answered > 0 && sumOf(waits.failed) === 0;
      return { ...told(waits), bound: `${maxWaitMs} ms, all answered`, isOk };
    }),
    ...node.public.map((waits) => ({ ...told(waits), bound: '', isOk: true })),
    shown('event loop of the node late', ms(node.lagMs)),
    shown('no processor for it', ms(node.queuedMs)),
    shown(
      'observer stood still (left out)',
      `${ms(node.ownPauseMs)} at most, ${ms(node.ownPausesMs)} in all`,
    ),
    bounded('memory, MB', node.peakMB, MOST_MB),
    bounded('descriptors', node.descriptors, MOST_DESCRIPTORS),
    bounded('log, MB', node.logMB, MOST_LOG_MB, 3),
    bounded('log lines with controls or stacks', node.unfitLines, 0),
    bounded('ends of its process', node.ends, 0),
    {
      measure: 'its end when asked to',
      found: node.lastCode === null ? 'killed after 2 s' : `code ${node.lastCode}`,
      bound: 'code 0',
      isOk: node.lastCode === 0,
    },
    bounded(`calls of its node (${otherCalls} beside it)`, calls, mostCalls),
    bounded('answers to pages, wrong names, proxies', node.forbidden, 0),
    ...judgeMined(node.mined),
  ];
}

/** How honest rigs fared. */
function judgeMined(mined: Mined): Finding[] {
  const none = (measure: string, counts: Readonly<Record<string, number>>): Finding => ({
    measure,
    found: `${sumOf(counts)}${reasons(counts)}`,
    bound: 'none',
    isOk: sumOf(counts) === 0,
  });
  return [
    {
      measure: 'shares acknowledged',
      found: `${mined.acknowledged}, ${mined.inProofs} of them in proofs, ${mined.late} came late`,
      bound: 'some',
      isOk: mined.acknowledged > 0,
    },
    bounded('acknowledged, better than a proof’s, not in it', mined.missing, 0),
    none('acknowledged and forgotten', mined.forgotten),
    none('honest requests refused', mined.refused),
    none('shares taken from whoever saw them', mined.stolen),
    {
      measure: 'real ones among the shares shown',
      found: `${(100 * mined.leastShown).toFixed(0)} % at least`,
      bound: `${100 * LEAST_SHOWN} % or more`,
      isOk: mined.leastShown >= LEAST_SHOWN,
    },
  ];
}

/** A sentence for each requirement that did not hold. */
export function breaches(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ isOk }) => !isOk)
    .map(({ measure, found, bound }) => `${measure}: ${found}, where ${bound} was asked`);
}

/** Whether a log line has characters that control a terminal, or is part of a stack trace. */
export function isUnfit(line: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(line) || /^\s*at .+:\d+:\d+\)?$/.test(line);
}

function told(waits: WaitsSummary): Pick<Finding, 'measure' | 'found'> {
  const { name, answered, medianMs, p999Ms } = waits;
  const times = `${ms(longest(waits))} at most, ${ms(p999Ms)} 99.9 %, ${ms(medianMs)} median`;
  return { measure: `wait for ${name}`, found: `${times} of ${answered}${reasons(waits.failed)}` };
}

function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([why, times]) => `, ${times} ${why}`)
    .join('');
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, times) => sum + times, 0);
}

function shown(measure: string, found: string): Finding {
  return { measure, found, bound: '', isOk: true };
}

function bounded(measure: string, value: number, most: number, digits = 0): Finding {
  const isOk = value <= most;
  return { measure, found: value.toFixed(digits), bound: `at most ${most}`, isOk };
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}
