import { printable } from '../simulate/terminal-text';

// What a rehearsal has shown, by the task's own log lines and its side port.

export type Grade = 'PASS' | 'WARN' | 'FAIL';

/** A line of the outcome. */
export interface Check {
  grade: Grade;
  name: string;
  /** What was seen, and with WARN and FAIL what to do. */
  detail: string;
}

/** What the side port says. */
export interface SidePortReport {
  /** Names of the components that don't work. */
  down: string[];
  /** Seconds to the end of the round's mining; undefined between rounds. */
  secondsLeft: number | undefined;
  /** Failed calls of the node by method, since the process started. */
  failedCalls: Record<string, number>;
}

const ROUND = '(\\d{1,15})';
const LINES = {
  build: /this is rehearsal build ([0-9a-f]{8}):/,
  ready: /ready to mine with (\d+) threads, backend (\S+)/,
  listens: /the API listens on (http:\/\/[^\s/]+)/,
  mining: new RegExp(`(?:mining round ${ROUND}|round ${ROUND} runs, at rest)`),
  submitting: new RegExp(`submitting \\d+ hashes for round ${ROUND}`),
  nothing: new RegExp(`nothing to submit for round ${ROUND}`),
  missing: new RegExp(`the proof of round ${ROUND} is not on the chain`),
  list: new RegExp(`distribution of round ${ROUND}: (\\d+) of (\\d+) proofs are valid`),
} as const;

/** Rounds until the list of the first is computed, and the one in which that must have happened. */
const LISTED_AFTER = 2;
const MAX_ROUNDS = 100;

/** What was seen so far. Lines before the rehearsal build says that it runs are another program's. */
export class Observations {
  private isRunning = false;
  private ready: string | undefined;
  private origin: string | undefined;
  private port: SidePortReport | undefined;
  private readonly mined = new Set<number>();
  private readonly submitted = new Set<number>();
  private readonly empty = new Set<number>();
  private readonly missing = new Set<number>();
  private readonly lists = new Map<number, { valid: number; proofs: number }>();

  /** @param build the id of the rehearsal build */
  constructor(private readonly build: string) {}

  /** Whether the build has said that it runs. */
  get hasStarted(): boolean {
    return this.isRunning;
  }

  /** Where the side port is. */
  get address(): string | undefined {
    return this.origin;
  }

  /** The round that is mined, or was last. */
  get round(): number | undefined {
    return this.mined.size === 0 ? undefined : Math.max(...this.mined);
  }

  get secondsLeft(): number | undefined {
    return this.port?.secondsLeft;
  }

  /** Whether two rounds are over: nothing more is to be learnt. */
  get isComplete(): boolean {
    const { first, round } = this;
    if (first === undefined || round === undefined) return false;
    return this.lists.has(first) || round > first + LISTED_AFTER;
  }

  /** Takes a line of task.log. */
  line(text: string): void {
    const build = LINES.build.exec(text)?.[1];
    if (build !== undefined) this.isRunning = build === this.build;
    if (!this.isRunning) return;
    const ready = LINES.ready.exec(text);
    if (ready) this.ready = `${ready[1]} threads, backend ${ready[2]}`;
    this.origin = LINES.listens.exec(text)?.[1] ?? this.origin;
    note(this.mined, LINES.mining.exec(text));
    note(this.submitted, LINES.submitting.exec(text));
    note(this.empty, LINES.nothing.exec(text));
    note(this.missing, LINES.missing.exec(text));
    const list = LINES.list.exec(text);
    if (list && this.lists.size < MAX_ROUNDS) {
      const [round, valid, proofs] = list.slice(1).map(Number) as [number, number, number];
      this.lists.set(round, { valid, proofs });
    }
  }

  /** Takes what the side port says; the last answer counts. */
  answered(report: SidePortReport): void {
    this.port = report;
  }

  /** What it comes to. */
  checks(): Check[] {
    return [
      this.started(),
      this.page(),
      this.seed(),
      this.proof(),
      this.list(),
      this.failedCalls(),
    ];
  }

  private get first(): number | undefined {
    return this.mined.size === 0 ? undefined : Math.min(...this.mined);
  }

  private started(): Check {
    const name = 'started';
    if (this.isRunning && this.ready !== undefined) {
      return { grade: 'PASS', name, detail: `build ${this.build}, ${this.ready}` };
    }
    const detail = this.isRunning
      ? 'the bundle runs but was not ready to mine: see task.log'
      : 'the node did not start the bundle: run the sandbox task in the node, with its window open, and rehearse again';
    return { grade: 'FAIL', name, detail };
  }

  private page(): Check {
    const name = 'page reachable';
    const { origin, port } = this;
    if (origin === undefined) {
      return { grade: 'FAIL', name, detail: 'task.log names no address: is every port taken?' };
    }
    if (!port) return { grade: 'FAIL', name, detail: `${printable(origin)} did not answer` };
    if (port.down.length === 0) return { grade: 'PASS', name, detail: printable(origin) };
    const down = printable(port.down.join(', '));
    return { grade: 'WARN', name, detail: `${printable(origin)} says that these fail: ${down}` };
  }

  private seed(): Check {
    const name = 'seed known';
    if (this.mined.size > 0) return { grade: 'PASS', name, detail: `mined ${rounds(this.mined)}` };
    return { grade: 'FAIL', name, detail: 'no round was mined: task.log says what it waits for' };
  }

  private proof(): Check {
    const name = 'proof on chain';
    if (this.missing.size > 0) {
      const detail = `not on the chain: the proof of ${rounds(this.missing)}. Has the node's staking key KOII for fees?`;
      return { grade: 'FAIL', name, detail };
    }
    const seen = [...this.submitted].filter((round) => this.lists.has(round));
    if (seen.length > 0) {
      const empty = [...this.empty].filter((round) => round > this.first!);
      const detail = `proofs of ${rounds(seen)}`;
      if (empty.length === 0) return { grade: 'PASS', name, detail };
      return { grade: 'WARN', name, detail: `${detail}, but none of ${rounds(empty)}` };
    }
    if (this.submitted.size > 0) {
      const detail = `the proof of ${rounds(this.submitted)} was handed to the node; whether it is on the chain is not known`;
      return { grade: 'WARN', name, detail };
    }
    return { grade: 'FAIL', name, detail: 'no proof was handed to the node: see task.log' };
  }

  private list(): Check {
    const name = 'verdicts and list computed';
    const first = this.first ?? Infinity;
    const own = [...this.lists].filter(([round]) => round >= first);
    if (own.length === 0) {
      return { grade: 'FAIL', name, detail: 'no list of a round that it mined: see task.log' };
    }
    const [round, { valid, proofs }] = own.at(-1)!;
    const detail = `round ${round}: ${valid} of ${proofs} proofs are valid`;
    if (valid > 0) return { grade: 'PASS', name, detail };
    return { grade: 'FAIL', name, detail: `${detail}, not even the own one: see POST /audit` };
  }

  private failedCalls(): Check {
    const name = 'failed node calls';
    if (!this.port)
      return { grade: 'WARN', name, detail: 'not known: the side port did not answer' };
    const failed = Object.entries(this.port.failedCalls).filter(([, times]) => times > 0);
    if (failed.length === 0) return { grade: 'PASS', name, detail: '0' };
    const sum = failed.reduce((total, [, times]) => total + times, 0);
    const named = failed.map(([method, times]) => `${printable(method)} ${times}`).join(', ');
    return { grade: 'WARN', name, detail: `${sum} (${named}): a few are retried, see task.log` };
  }
}

function note(to: Set<number>, found: RegExpExecArray | null): void {
  const round = found?.slice(1).find((text) => text !== undefined);
  if (round !== undefined && to.size < MAX_ROUNDS) to.add(Number(round));
}

function rounds(numbers: Iterable<number>): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  return `${sorted.length === 1 ? 'round' : 'rounds'} ${sorted.join(', ')}`;
}
