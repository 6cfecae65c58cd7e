import { Agent, get } from 'node:http';
import { AwakeClock } from './awake-clock';
import { RunQueue } from './run-queue';
import type { Observation } from './verdict';
import { Waits } from './waits';

// Asks a node as others do while it is attacked, in a process of its own: nothing but the node, and the machine, shall
// make it wait. argv: the side port, the public one. On its channel it is told which round runs, and tells what it saw.

const EVERY_MS = 100;
const METRICS_EVERY_MS = 1000;
const TELL_MS = 1000;
const TIMEOUT_MS = 10_000;
/** Not the address of any attacker. */
const OTHER_ADDRESS = '127.0.0.2';

/** Told to the observer. */
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
    probe('/healthz', () => ask(sidePort, '/healthz')),
    probe('/task/<round>', () => ask(sidePort, `/task/${target.round}`)),
  ],
  public: [probe('/healthz, public', () => ask(publicPort, '/healthz', OTHER_ADDRESS))],
};

function probe(name: string, send: () => Promise<unknown>) {
  return { waits: new Waits(name, clock.now), send };
}

/** A connection for each request: one that was open before would not notice when no other is let in. */
function ask(port: number, path: string, localAddress?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path, agent: new Agent(), ...(localAddress && { localAddress }) },
      (response) => {
        let body = '';
        response
          .setEncoding('utf8')
          .on('data', (text: string) => (body += text))
          .on('end', () => resolve(body))
          .on('error', reject);
      },
    );
    request.on('error', reject);
    request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error('no answer')));
  });
}

for (const { waits, send } of [...probes.side, ...probes.public]) {
  // Whether or not the last one was answered: a node that stands still keeps all of them waiting.
  setInterval(() => void waits.of(send()), EVERY_MS);
}
setInterval(() => {
  ask(sidePort, '/metrics').then(
    (text) => {
      const seconds = Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1]);
      if (seconds > 0) lagMs = Math.max(lagMs, 1000 * seconds);
    },
    () => undefined,
  );
}, METRICS_EVERY_MS);
setInterval(() => queue.look(target.pid), EVERY_MS);
setInterval(() => {
  const summaries = (of: typeof probes.side) => of.map(({ waits }) => waits.summary());
  const seen: Observation = {
    ...{ side: summaries(probes.side), public: summaries(probes.public) },
    ...{ lagMs, queuedMs: queue.longestMs },
    ...{ ownPauseMs: clock.longestMs, ownPausesMs: clock.stoodStillMs },
  };
  process.send!(seen);
}, TELL_MS);
process.on('message', (told: Target) => (target = told));
process.once('disconnect', () => process.exit());
