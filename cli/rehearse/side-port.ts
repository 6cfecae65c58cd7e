import type { SidePortReport } from './observations';

const TIMEOUT_MS = 5_000;
const UNSPECIFIED = ['0.0.0.0', '[::]'];

/**
 * Asks the task's side port how it is.
 * @param origin as task.log names it
 * @returns undefined if it doesn't answer
 */
export async function askSidePort(origin: string): Promise<SidePortReport | undefined> {
  try {
    const url = new URL(origin);
    if (UNSPECIFIED.includes(url.hostname)) url.hostname = '127.0.0.1';
    const [health, audit, metrics] = await Promise.all(
      ['/healthz', '/audit?limit=1', '/metrics'].map(async (path) => {
        const response = await fetch(new URL(path, url), {
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        return { status: response.status, text: await response.text() };
      }),
    );
    const { components = {} } = JSON.parse(health!.text) as {
      components?: Record<string, boolean>;
    };
    const down = Object.entries(components)
      .filter(([, works]) => !works)
      .map(([name]) => name);
    if (audit!.status !== 200) down.push('audit');
    return { down, ...readMetrics(metrics!.text) };
  } catch {
    return undefined;
  }
}

/** What a rehearsal takes of Prometheus' text. */
export function readMetrics(text: string): Pick<SidePortReport, 'secondsLeft' | 'failedCalls'> {
  const failedCalls: Record<string, number> = {};
  let secondsLeft: number | undefined;
  for (const line of text.split('\n')) {
    const failures = /^orca_node_call_failures_total\{method="(\w{1,64})"\} (\d+)$/.exec(line);
    if (failures) failedCalls[failures[1]!] = Number(failures[2]);
    const left = Number(/^orca_round_seconds_left (\S+)$/.exec(line)?.[1] ?? 0);
    if (left > 0) secondsLeft = left;
  }
  return { secondsLeft, failedCalls };
}
