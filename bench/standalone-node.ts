import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import bs58 from 'bs58';
import { freePorts } from '../simulator';

const ROOT = path.join(__dirname, '..');

/** A node without Koii, in a process of its own. */
export interface StandaloneNode {
  url: string;
  /** Starts mining a round. */
  start(round: number): Promise<void>;
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
  /** Ends it and removes its files. */
  dispose(): Promise<void>;
}

/** Starts a node and waits until it answers. @throws Error when it exits instead */
export async function startNode(variables: Record<string, string>): Promise<StandaloneNode> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'bench-node-'));
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const node = spawn(process.execPath, ['--import', 'tsx', path.join(ROOT, 'cli/serve.ts')], {
    cwd: ROOT,
    env: {
      ...process.env,
      TASK_ID: bs58.encode(randomBytes(32)),
      SUBMITTER_PUBLIC_KEY: bs58.encode(randomBytes(32)),
      STATE_DIR: directory,
      API_PORT: String(port),
      API_RATE_LIMIT: '0',
      LOG_LEVEL: 'warn',
      ...variables,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(node, 'exit');
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))?.ok) {
    if (node.exitCode !== null) throw new Error('the node ended');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    async start(round) {
      const { status } = await fetch(`${url}/task/${round}`, { method: 'POST' });
      if (status !== 202) throw new Error(`the round was not started: ${status}`);
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
      if (value === undefined) throw new Error(`the node has no metric ${name}`);
      return Number(value);
    },
    async dispose() {
      node.kill('SIGKILL');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
