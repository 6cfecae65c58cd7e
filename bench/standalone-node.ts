import { spawn, type ChildProcess } from 'node:child_process';
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
  /** Where it serves Stratum. */
  stratumPort: number;
  /** Starts mining a round. */
  start(round: number): Promise<void>;
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
  /** Ends it as a crash does, and resolves once it is gone. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same files. */
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  dispose(): Promise<void>;
}

/**
 * Starts a node and waits until it answers.
 * @param variables of its environment, besides or in place of the usual ones
 * @param program the file that it runs, from the root of the repository
 * @throws Error when it exits instead
 */
export async function startNode(
  variables: Record<string, string>,
  program = 'cli/serve.ts',
): Promise<StandaloneNode> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'bench-node-'));
  const [port, stratumPort] = await freePorts(2);
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    TASK_ID: bs58.encode(randomBytes(32)),
    SUBMITTER_PUBLIC_KEY: bs58.encode(randomBytes(32)),
    STATE_DIR: directory,
    API_PORT: String(port),
    API_RATE_LIMIT: '0',
    STRATUM_PORT: String(stratumPort),
    LOG_LEVEL: 'warn',
    ...variables,
  };
  let node = await launch(program, env, url);
  const kill = async (): Promise<void> => {
    const exited = once(node, 'exit');
    if (node.kill('SIGKILL')) await exited;
  };
  return {
    url,
    stratumPort: stratumPort!,
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
    kill,
    async restart() {
      node = await launch(program, env, url);
    },
    async dispose() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function launch(program: string, env: NodeJS.ProcessEnv, url: string): Promise<ChildProcess> {
  const node = spawn(process.execPath, ['--import', 'tsx', path.join(ROOT, program)], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))?.ok) {
    if (node.exitCode !== null) throw new Error('the node ended');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return node;
}
