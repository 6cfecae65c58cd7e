import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '../../simulator';
import { eventually } from '../fixtures/until';
import { MONITORING } from './files';

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

export interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: 'pending' | 'firing';
}

export interface Prometheus {
  query(expr: string): Promise<Sample[]>;
  alerts(): Promise<Alert[]>;
  stop(): Promise<void>;
}

/** Fails with what to install if a program of Prometheus is missing. */
export function requirePrometheus(): void {
  for (const program of ['prometheus', 'promtool']) {
    if (spawnSync(program, ['--version']).error) {
      throw new Error(
        `${program} is not on PATH. These tests need Prometheus: apt-get install -y --no-install-recommends prometheus`,
      );
    }
  }
}

/**
 * A Prometheus on loopback with the repository's configuration and alerts, sped up so that a test can wait for it: it
 * scrapes and evaluates every second instead of every 15, and each minute of the alerts' windows and delays becomes ten
 * seconds.
 * @param targets host:port of the nodes
 */
export async function startPrometheus(targets: string[]): Promise<Prometheus> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'prometheus-'));
  const copy = (file: string, change: (text: string) => string): void =>
    writeFileSync(
      path.join(directory, file),
      change(readFileSync(path.join(MONITORING, file), 'utf8')),
    );
  copy('prometheus.yml', (text) => text.replace(/_interval: 15s/g, '_interval: 1s'));
  copy('alerts.yml', (text) => text.replace(/\[1m\]/g, '[10s]').replace(/for: 1m$/gm, 'for: 10s'));
  copy('targets.yml', () => JSON.stringify([{ targets }]));

  const [port] = await freePorts(1);
  const server = spawn(
    'prometheus',
    [
      `--config.file=${path.join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, GOMAXPROCS: '1' } },
  );
  const gone = new Promise((resolve) => server.once('exit', resolve));

  async function ask<T>(route: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${route}`);
    const answer = (await response.json()) as { data: T; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.data;
  }

  const ready = () =>
    fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    );
  await Promise.race([
    eventually(ready),
    gone.then(() => Promise.reject(new Error('prometheus ended, see above'))),
  ]);
  return {
    async query(expr) {
      const { result } = await ask<{
        result: { metric: Sample['metric']; value: [number, string] }[];
      }>(`query?query=${encodeURIComponent(expr)}`);
      return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    async alerts() {
      return (await ask<{ alerts: Alert[] }>('alerts')).alerts;
    },
    async stop() {
      server.kill('SIGTERM');
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
