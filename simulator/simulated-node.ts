import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { K2_SLOT_MS, type SlotClock } from './clock';
import type { TaskConfig } from './config';
import { openEndpoint, type Endpoint } from './endpoint';
import { deriveKeyPair, type KeyPair } from './keys';
import type { Ledger } from './ledger';
import {
  createMethods,
  storePathIn,
  type MethodContext,
  type Methods,
  type NodeAccounts,
} from './methods';
import { createModifiedMethods } from './modified-node';
import { Notices, type Notice } from './notices';
import { NodeProcess, type ProcessExit } from './node-process';

/** What all nodes of a network share. */
export interface NetworkContext {
  readonly taskId: string;
  readonly config: TaskConfig;
  readonly ledger: Ledger;
  readonly clock: SlotClock;
}

export interface NodeOptions {
  readonly index: number;
  readonly name: string;
  readonly accounts: NodeAccounts;
  /** Staked keys of the same operator, without a process. */
  readonly extraKeys: readonly KeyPair[];
  /** Whether the operator changed the node's software (modified-node.ts). */
  readonly modified: boolean;
  readonly executable: string;
  readonly execPath: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly expressPort: number;
  /** Where the node's own directory is made. */
  readonly parentDirectory: string;
  /** What its process writes to; task.log if undefined. */
  readonly outputPath: string | undefined;
  readonly changeMethods: ((methods: Methods, node: SimulatedNode) => Methods) | undefined;
  readonly onNotice: (node: SimulatedNode, notice: Notice) => void;
  readonly onRefusal: (node: SimulatedNode, method: string, message: string) => void;
  readonly onStart: (node: SimulatedNode) => void;
  readonly onExit: (node: SimulatedNode, exit: ProcessExit) => void;
}

/** The task account of a network, base58. */
export function taskIdOf(seed: string): string {
  return deriveKeyPair(`${seed}/task`).publicKey;
}

/** The accounts of the n-th node of a network. */
export function nodeAccounts(seed: string, index: number): NodeAccounts {
  return {
    main: deriveKeyPair(`${seed}/node-${index + 1}/main`),
    staking: deriveKeyPair(`${seed}/node-${index + 1}/staking`),
  };
}

/** Further keys of the n-th node's operator. */
export function extraKeyPairs(seed: string, index: number, count: number): KeyPair[] {
  return Array.from({ length: count }, (_, n) =>
    deriveKeyPair(`${seed}/node-${index + 1}/extra-${n}`),
  );
}

/** A call that the node answered with 422, and the round that ran then. */
export interface Refusal {
  readonly method: string;
  readonly message: string;
  readonly round: number;
}

/** One node: its accounts, its endpoint and the task's process. */
export class SimulatedNode {
  readonly index: number;
  readonly name: string;
  /** The staking key, base58: the node's identity on the ledger. */
  readonly publicKey: string;
  readonly accounts: NodeAccounts;
  /** Public keys. */
  readonly extraKeys: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly expressPort: number;
  readonly directory: string;
  readonly logPath: string;
  /** Of its task's store. */
  readonly storePath: string;
  readonly process: NodeProcess;
  readonly exits: (ProcessExit & { readonly round: number })[] = [];
  /** Calls of the task that failed. */
  readonly refusals: Refusal[] = [];
  /** How often its task has called each method so far, failed calls included. */
  readonly calls = new Map<string, number>();
  /** Resolves when the task has asked its node for its set-up, or has ended without doing so. */
  readonly ready: Promise<void>;
  readonly #endpoint: Endpoint;
  readonly #notices = new Notices();

  private constructor(
    context: NetworkContext,
    options: NodeOptions,
    binding: { endpoint: Endpoint; secret: string; directory: string },
    readiness: { ready: Promise<void>; reportReady: () => void },
  ) {
    this.index = options.index;
    this.name = options.name;
    this.accounts = options.accounts;
    this.publicKey = options.accounts.staking.publicKey;
    this.extraKeys = options.extraKeys.map(({ publicKey }) => publicKey);
    this.env = options.env;
    this.expressPort = options.expressPort;
    this.directory = binding.directory;
    this.logPath = join(binding.directory, 'task.log');
    this.storePath = storePathIn(binding.directory);
    this.ready = readiness.ready;
    this.#endpoint = binding.endpoint;
    const { config, ledger, taskId } = context;
    const url = `http://localhost:${binding.endpoint.port}`;
    this.process = new NodeProcess({
      executable: options.executable,
      argv: [
        config.taskName,
        taskId,
        String(options.expressPort),
        'service',
        this.accounts.main.publicKey,
        binding.secret,
        url, // K2 ...
        url, // ... and the service node: nothing of a simulated task shall reach the real ones
        String(ledger.stakes.get(this.publicKey) ?? 0),
        String(binding.endpoint.port),
      ],
      env: { ...options.env, PATH: process.env['PATH'] ?? '' },
      directory: this.directory,
      outputPath: options.outputPath ?? this.logPath,
      execPath: options.execPath,
      timeCompression: K2_SLOT_MS / context.clock.slotMs,
      onStart: () => options.onStart(this),
      onExit: (exit) => {
        this.exits.push({ ...exit, round: context.ledger.currentRound });
        readiness.reportReady();
        options.onExit(this, exit);
      },
    });
  }

  /** Opens the node's endpoint and makes its directory; the task's process is not started yet. */
  static async create(context: NetworkContext, options: NodeOptions): Promise<SimulatedNode> {
    const directory = join(options.parentDirectory, options.name);
    mkdirSync(directory, { recursive: true });
    let reportReady = () => {};
    const ready = new Promise<void>((resolve) => (reportReady = resolve));
    const secret = randomBytes(10).toString('hex');

    const methodContext: MethodContext = {
      ...context,
      accounts: options.accounts,
      directory,
      rpcUrl: () => `http://localhost:${endpoint.port}`,
      onSetup: () => reportReady(),
      onNotice: (level, message, action) => {
        const round = context.ledger.currentRound;
        options.onNotice(node, node.#notices.add({ round, level, message, action }));
      },
    };
    const methods = options.modified
      ? createModifiedMethods(methodContext, options.extraKeys)
      : createMethods(methodContext);
    // A task's calls look the methods up here, so that a wrapper can be told which node it wraps.
    const active: Methods = { ...methods };
    const endpoint = await openEndpoint({
      taskId: context.taskId,
      secret,
      methods: active,
      onCall: (method) => node.calls.set(method, (node.calls.get(method) ?? 0) + 1),
      onRefusal: (method, message) => {
        node.refusals.push({ method, message, round: context.ledger.currentRound });
        options.onRefusal(node, method, message);
      },
    });
    const node: SimulatedNode = new SimulatedNode(
      context,
      options,
      { endpoint, secret, directory },
      { ready, reportReady },
    );
    Object.assign(active, options.changeMethods?.(methods, node));
    return node;
  }

  /** The task's messages to its owner: the newest 1,000, oldest first. */
  get notices(): readonly Notice[] {
    return this.#notices.all;
  }

  /** Whether its process ended without being asked to and won't be restarted. */
  get hasFailed(): boolean {
    const { state } = this.process;
    const ended = state === 'died' || state === 'stopped';
    return ended && this.exits.at(-1)?.requested === false;
  }

  /** Ends the process, then the endpoint. */
  async close(): Promise<void> {
    await this.process.retire();
    await this.#endpoint.close();
  }
}
