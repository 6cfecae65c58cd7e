import { setTimeout as sleep } from 'node:timers/promises';
import { createKernel } from '../../src/mining/kernels/choose';
import { percentileOf } from '../statistics';
import { LoadConnection } from './load-connection';

/** A node closes a connection above 2,000 submits a second; its seconds may be longer than this process's. */
const MOST_A_SECOND = 1_600;
/** And so many may come together. */
const BURST = 160;
/** A connection that has to wait for its turn looks again after so long. */
const AGAIN_MS = 5;
/** Connections opened at a time. */
const OPENED_TOGETHER = 50;

/** What a load measured. */
export interface Measured {
  submits: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Opens connections, each with a name of its own. */
export async function openConnections(port: number, count: number): Promise<LoadConnection[]> {
  const opened: LoadConnection[] = [];
  while (opened.length < count) {
    const together = Math.min(OPENED_TOGETHER, count - opened.length);
    const opening = Array.from({ length: together }, (_, i) =>
      LoadConnection.open(port, `bench-${opened.length + i}`),
    );
    opened.push(...(await Promise.all(opening)));
  }
  return opened;
}

/** Finds shares for all of them, so many in all, evenly. */
export function findShares(connections: readonly LoadConnection[], count: number): void {
  const kernel = createKernel('auto');
  const each = Math.ceil(count / connections.length);
  for (const connection of connections) connection.find(each, kernel);
}

/** How many shares a flood can submit over so many connections, at a rate that it won't exceed. */
export function floodSize(connections: number, seconds: number, mostPerSecond: number): number {
  return Math.ceil(Math.min(mostPerSecond, connections * MOST_A_SECOND) * seconds);
}

/**
 * Submits as fast as the answers come. The connections take turns; each may submit again before its last answer came.
 * Resolves once all that was submitted is answered, or the node closed all connections.
 * @param inFlight submits that may wait for their answers, of all connections together
 */
export async function flood(
  connections: readonly LoadConnection[],
  { inFlight, seconds }: { inFlight: number; seconds: number },
): Promise<Measured> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  let lastAt = startedAt;
  const endsAt = startedAt + seconds * 1000;
  const each = Math.max(1, Math.floor(inFlight / connections.length));
  const budgets = new Map(connections.map((connection) => [connection, new Budget()]));
  const ready = new Turns(Array.from({ length: each }, () => connections).flat());
  let early: LoadConnection[] = [];
  let flying = 0;
  let open = connections.length;

  await new Promise<void>((resolve) => {
    const go = (): void => {
      const now = performance.now();
      while (flying < inFlight && now < endsAt) {
        const next = ready.take();
        if (!next) break;
        if (next.isClosed || !next.hasMore) continue;
        if (!budgets.get(next)!.spend(now)) early.push(next);
        else {
          flying++;
          next.submit();
        }
      }
      const isOver = now >= endsAt || (early.length === 0 && ready.isEmpty);
      if (open > 0 && (flying > 0 || !isOver)) return;
      clearInterval(again);
      resolve();
    };
    const again = setInterval(() => {
      ready.add(early);
      early = [];
      go();
    }, AGAIN_MS);
    for (const connection of connections) {
      connection.onAnswer = (latencyMs) => {
        latenciesMs.push(latencyMs);
        lastAt = performance.now();
        flying--;
        ready.add([connection]);
        go();
      };
      connection.onClose = () => {
        open--;
        go();
      };
    }
    go();
  });
  return measured(latenciesMs, lastAt - startedAt);
}

/** Submits a share over each connection every so often, for some time. */
export async function pace(
  connections: readonly LoadConnection[],
  { everyMs, seconds }: { everyMs: number; seconds: number },
): Promise<Measured> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  for (const connection of connections) connection.onAnswer = (ms) => latenciesMs.push(ms);
  const betweenMs = everyMs / connections.length;
  for (let i = 0; startedAt + i * betweenMs < endsAt; i++) {
    const waitMs = startedAt + i * betweenMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const next = connections[i % connections.length]!;
    if (next.hasMore) next.submit();
  }
  return measured(latenciesMs, performance.now() - startedAt);
}

function measured(latenciesMs: readonly number[], ms: number): Measured {
  return {
    submits: latenciesMs.length,
    perSecond: (1000 * latenciesMs.length) / ms,
    p50Ms: percentileOf(latenciesMs, 0.5),
    p99Ms: percentileOf(latenciesMs, 0.99),
  };
}

/** Keeps a connection below what the node takes from one. */
class Budget {
  private left = BURST;
  private atMs = performance.now();

  spend(nowMs: number): boolean {
    this.left = Math.min(BURST, this.left + ((nowMs - this.atMs) / 1000) * MOST_A_SECOND);
    this.atMs = nowMs;
    if (this.left < 1) return false;
    this.left--;
    return true;
  }
}

/** Who waits for a turn, first come first served. */
class Turns {
  private at = 0;

  constructor(private waiting: LoadConnection[]) {}

  get isEmpty(): boolean {
    return this.at >= this.waiting.length;
  }

  take(): LoadConnection | undefined {
    if (this.isEmpty) return undefined;
    const next = this.waiting[this.at++];
    if (this.at > 10_000) {
      this.waiting = this.waiting.slice(this.at);
      this.at = 0;
    }
    return next;
  }

  add(more: readonly LoadConnection[]): void {
    this.waiting.push(...more);
  }
}
