import logUpdate from 'log-update';
import type { Inspector, Network, NetworkEvent, Notice, SimulatedNode } from '../../simulator';
import { shortKey } from '../../src/format';
import { dashboardIn } from './dashboard';
import { Payouts } from './payouts';
import { Progress } from './progress';
import { fit, printable } from './terminal-text';

const MAX_WIDTH = 80;
const POLL_MS = 1000;
const FRAME_MS = 250;
const STATUS_LINE_MS = 5000;
const BAR_WIDTH = 40;

/** Shows a run in progress: in a terminal a screen that is redrawn, elsewhere lines. */
export class Display {
  readonly #live = new Map<SimulatedNode, readonly string[]>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #isTerminal = process.stdout.isTTY;
  #progress: Progress | undefined;
  #payouts: Payouts | undefined;
  #notice = '';

  /** @param rounds as asked for; 0 for a run without an end */
  constructor(
    private readonly title: string,
    private readonly rounds: number,
    private readonly inspector: Inspector | undefined,
  ) {}

  start(network: Network): void {
    const { inspector } = this;
    const progress = new Progress(network, this.rounds);
    this.#progress = progress;
    this.#payouts = new Payouts(network);
    if (inspector !== undefined) {
      this.#every(POLL_MS, () => void this.#poll(inspector, network.nodes, progress.round));
    }
    if (this.#isTerminal) {
      this.#every(FRAME_MS, () => logUpdate(this.#frame(network.nodes, progress)));
    } else {
      this.#every(STATUS_LINE_MS, () => this.#print(this.#statusLine(network.nodes, progress)));
    }
  }

  stop(): void {
    this.#timers.forEach((timer) => clearInterval(timer));
    // The table that follows replaces the screen.
    if (this.#isTerminal) logUpdate.clear();
  }

  /** Prints a line that stays on the screen. */
  tell(line: string): void {
    if (this.#isTerminal) logUpdate.clear();
    this.#print(line);
  }

  /** A phase gets a line if there is no screen; a payout or a problem gets one either way. */
  note(event: NetworkEvent): void {
    if (event.type === 'phase') {
      if (!this.#isTerminal && this.#progress) this.#print(this.#progress.phaseLine());
      for (const { line, isFirst } of this.#payouts?.news() ?? []) {
        // The payout that a new user waits for stays visible.
        if (isFirst) this.tell(line);
        else this.#news(line);
      }
      return;
    }
    const told = trouble(event);
    if (told !== undefined) this.#news(printable(told));
  }

  #news(line: string): void {
    this.#notice = line;
    if (!this.#isTerminal) this.#print(line);
  }

  #every(ms: number, action: () => void): void {
    this.#timers.push(setInterval(action, ms));
  }

  async #poll(inspector: Inspector, nodes: readonly SimulatedNode[], round: number): Promise<void> {
    await Promise.all(
      nodes.map(async (node) => {
        const values = await inspector.live(node, round).catch(() => []);
        this.#live.set(node, values);
      }),
    );
  }

  #frame(nodes: readonly SimulatedNode[], progress: Progress): string {
    // Some terminals wrap a line that is exactly as wide as they are.
    const width = Math.min(MAX_WIDTH, (process.stdout.columns || MAX_WIDTH) - 1);
    const fraction = progress.fraction();
    const bar = fraction === undefined ? '' : `${progressBar(fraction)} `;
    const lines = [
      this.title,
      progress.phaseLine(),
      `${bar}${progress.totalLine()}`,
      '',
      row(['Node', 'Key', 'Process', ...(this.inspector?.liveColumns ?? [])]),
      ...nodes.map((node) =>
        row([node.name, shortKey(node.publicKey), node.process.state, ...this.#values(node)]),
      ),
      ...(this.#notice === '' ? [] : ['', this.#notice]),
    ];
    return lines.map((line) => fit(line, width)).join('\n');
  }

  #statusLine(nodes: readonly SimulatedNode[], progress: Progress): string {
    const columns = this.inspector?.liveColumns ?? [];
    const states = nodes.map((node) =>
      [`${node.name} ${node.process.state}`, ...labelled(columns, this.#values(node))].join(', '),
    );
    return `  ${progress.totalLine()}; ${states.join('; ')}`;
  }

  #values(node: SimulatedNode): readonly string[] {
    return this.#live.get(node) ?? this.inspector?.liveColumns.map(() => '-') ?? [];
  }

  #print(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}

/** The known values, each with its column's name: "hashrate 5.43 MH/s", "shares 56". */
export function labelled(columns: readonly string[], values: readonly string[]): string[] {
  return values.flatMap((value, index) =>
    value === '-' ? [] : [`${columns[index]!.toLowerCase()} ${value}`],
  );
}

function trouble(event: NetworkEvent): string | undefined {
  switch (event.type) {
    case 'refused':
      return `${event.node.name}: ${event.method} refused: ${event.message}`;
    case 'exited':
      return event.exit.requested
        ? undefined
        : `${event.node.name}: the process ended (${event.exit.signal ?? `exit code ${event.exit.code}`})`;
    case 'notice':
      return toldOwner(event.node.name, event.notice);
    default:
      return undefined;
  }
}

/** A task's message to its owner; the address of its page is shown once, above everything else. */
function toldOwner(name: string, { level, message }: Notice): string | undefined {
  if (dashboardIn(message) !== undefined) return undefined;
  return `${name} tells its owner${level === 'log' ? '' : ` (${level})`}: ${message}`;
}

function row([name = '', key = '', process = '', ...values]: readonly string[]): string {
  const fixed = `${name.padEnd(11)}${key.padEnd(12)}${process.padEnd(11)}`;
  return fixed + values.map((value) => value.padStart(12)).join('');
}

function progressBar(fraction: number): string {
  const done = Math.round(fraction * BAR_WIDTH);
  return `[${'#'.repeat(done)}${'-'.repeat(BAR_WIDTH - done)}]`;
}
