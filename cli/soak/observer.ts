import { ask, type Question } from './ask';
import { AwakeClock } from './awake-clock';
import { RunQueue } from './run-queue';
import type { Observation } from './verdict';
import { Waits } from './waits';

// Asks a node, as others do, while it is attacked. A separate process, so that only the node and the machine can
// make it wait. argv: the side port, the public port. On its channel it receives the round and reports its waits.

const EVERY_MS = 100;
const METRICS_EVERY_MS = 1000;
const TELL_MS = 1000;
const STREAM_EVERY_MS = 1000;
/** Not the addresses of any attacker. */
const PUBLIC_ADDRESS = '127.0.0.2';
const WORKER_ADDRESS = '127.0.0.3';
/** Statuses that mean the capacity is taken by others, or that the node is at fault. */
const REFUSALS: ReadonlySet<number> = new Set([403, 429, 500]);

/** Sent to the observer. */
export interface Target {
  readonly round: number;
  readonly pid: number | undefined;
}

const [sidePort, publicPort] = process.argv.slice(2).map(Number) as [number, number];
let target: Target = { round: 0, pid: undefined };
let lagMs = 0;
const queue = new RunQueue();
const clock = new AwakeClock();

const probes = {
  side: [
    // From the owner's address, which the owner's browser has too.
    probe('/healthz', () => ({ port: sidePort, path: '/healthz' })),
    probe('/task/<round>', () => {
      return { port: sidePort, path: `/task/${target.round}`, from: WORKER_ADDRESS };
    }),
    probe(
      'the page’s events',
      () => ({ port: sidePort, path: '/dashboard/events', firstBytes: true }),
      STREAM_EVERY_MS,
    ),
  ],
  public: [
    probe('/healthz, public', () => {
      return { port: publicPort, path: '/healthz', from: PUBLIC_ADDRESS };
    }),
  ],
};

function probe(name: string, question: () => Question, everyMs = EVERY_MS) {
  const send = async (): Promise<void> => {
    const { status } = await ask(question());
    if (REFUSALS.has(status)) throw new Error(`status ${status}`);
  };
  return { waits: new Waits(name, clock.now), send, everyMs };
}

for (const { waits, send, everyMs } of [...probes.side, ...probes.public]) {
  // Asked whether or not the last one was answered: a stalled node keeps all of them waiting.
  setInterval(() => void waits.of(send()), everyMs);
}
setInterval(() => {
  ask({ port: sidePort, path: '/metrics' }).then(
    ({ body }) => {
      const seconds = Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(body)?.[1]);
      if (seconds > 0) lagMs = Math.max(lagMs, 1000 * seconds);
    },
    () => undefined,
  );
}, METRICS_EVERY_MS);
setInterval(() => queue.look(target.pid), EVERY_MS);
setInterval(() => {
  const summaries = (of: typeof probes.side) => of.map(({ waits }) => waits.summary());
  const seen: Observation = {
    side: summaries(probes.side),
    public: summaries(probes.public),
    lagMs,
    queuedMs: queue.longestMs,
    ownPauseMs: clock.longestMs,
    ownPausesMs: clock.stoodStillMs,
  };
  process.send!(seen);
}, TELL_MS);
process.on('message', (told: Target) => (target = told));
process.once('disconnect', () => process.exit());
