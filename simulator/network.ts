import { setTimeout as sleep } from 'node:timers/promises';
import { SlotClock } from './clock';
import { installExecutable } from './executable';
import { Inspections } from './inspector';
import type { KeyPair } from './keys';
import { Ledger } from './ledger';
import type { NetworkEvent, NetworkOptions } from './network-options';
import { requirePaired, type PairedNode } from './pairing';
import { freePorts } from './ports';
import { buildReport, type RunReport } from './report';
import { isInRun, startEvents, windowEvents } from './rounds';
import { expectedListMaker } from './selection';
import {
  extraKeyPairs,
  nodeAccounts,
  SimulatedNode,
  taskIdOf,
  type NetworkContext,
} from './simulated-node';

/** Round 0 starts here rather than at slot 0, so that a task that confuses the two is found out. */
const STARTING_SLOT = 100_000;
/** The rounds start when every task has called its node, or at the latest after this time. */
const READY_TIMEOUT_MS = 60_000;

export interface Network {
  readonly taskId: string;
  readonly nodes: readonly SimulatedNode[];
  readonly ledger: Ledger;
  readonly clock: SlotClock;
  /** The report, once the last round is paid or the run was stopped; every process has ended by then. */
  readonly finished: Promise<RunReport>;
  /** Resets the network: it continues at the start of a round, and its ledger forgets all rounds. */
  reset(round: number): void;
  /** Ends the run early. Resolves when every process has ended. */
  stop(): Promise<void>;
}

/**
 * Starts a network of nodes that all run one task. Resolves when the processes are started.
 * @throws Error when the executable can't be read, and, before anything is started, when a variable that the deployment
 *   declares has no value in the environment of a node: a desktop node would not start such a task
 */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const run = new NetworkRun(options);
  await run.createNodes();
  const finished = run.toTheEnd();
  return {
    taskId: run.taskId,
    nodes: run.nodes,
    ledger: run.ledger,
    clock: run.clock,
    finished,
    reset: (round) => run.reset(round),
    async stop() {
      run.abort();
      await finished.catch(() => undefined);
    },
  };
}

class NetworkRun {
  readonly taskId: string;
  readonly ledger: Ledger;
  readonly clock: SlotClock;
  readonly nodes: SimulatedNode[] = [];
  readonly #abort = new AbortController();
  /** Aborted when the network is reset, and when the run ends. */
  #untilReset = new AbortController();
  readonly #inspections: Inspections;
  /** The key that the SDK's algorithm selects, by round and by the round in which the list was due. */
  readonly #expectedListMakers = new Map<number, Map<number, string | undefined>>();
  readonly #stakesBefore: ReadonlyMap<string, number>;
  readonly #planned: readonly PairedNode[];

  constructor(private readonly options: NetworkOptions) {
    const { config, nodes, roundSeconds, seed, stake = () => config.minimumStake } = options;
    const { name = defaultName, env } = options;
    const indexes = Array.from({ length: nodes }, (_, index) => index);
    this.#planned = indexes.map((index) => ({ name: name(index), env: env?.(index) ?? {} }));
    requirePaired(config.variables, this.#planned);
    const stakes = indexes.flatMap((index) => [
      [nodeAccounts(seed, index).staking.publicKey, stake(index)] as const,
      ...this.#extraKeys(index).map(({ publicKey }) => [publicKey, config.minimumStake] as const),
    ]);
    this.#stakesBefore = new Map(stakes);
    this.taskId = taskIdOf(seed);
    this.ledger = new Ledger({ ...config, startingSlot: STARTING_SLOT }, stakes, options.ledger);
    this.clock = new SlotClock(STARTING_SLOT, (roundSeconds * 1000) / config.roundTime);
    this.#inspections = new Inspections(options.inspector, this.taskId, this.ledger);
  }

  #extraKeys(index: number): KeyPair[] {
    const { extraKeys, seed } = this.options;
    return extraKeyPairs(seed, index, extraKeys?.(index) ?? 0);
  }

  async createNodes(): Promise<void> {
    const ports = await freePorts(this.options.nodes);
    try {
      for (const [index, expressPort] of ports.entries()) {
        this.nodes.push(await this.#createNode(index, expressPort));
      }
    } catch (error) {
      await this.#closeNodes();
      throw error;
    }
  }

  abort(): void {
    this.#abort.abort();
    this.#untilReset.abort();
  }

  reset(round: number): void {
    this.ledger.reset(round);
    this.clock.reset(this.ledger.slot);
    this.#untilReset.abort();
  }

  /** Starts the processes, goes through the rounds, and ends the processes whatever happens. */
  async toTheEnd(): Promise<RunReport> {
    const { signal } = this.#abort;
    const outer = this.options.signal;
    if (outer?.aborted) this.abort();
    outer?.addEventListener('abort', () => this.abort(), { signal });
    // However this process ends, the tasks end with it. (Only SIGKILL leaves no time for that.)
    const killAll = () => this.nodes.forEach((node) => node.process.killNow());
    process.once('exit', killAll);
    let interrupted = false;
    try {
      for (const node of this.nodes) node.process.start();
      await this.#untilReady(signal);
      this.clock.start();
      await this.#runRounds(signal);
      this.#inspect(this.ledger.currentRound);
      await this.#inspections.done();
    } catch (error) {
      if (!signal.aborted) throw error;
      interrupted = true;
    } finally {
      await this.#closeNodes();
      process.removeListener('exit', killAll);
    }
    return this.#report(interrupted);
  }

  async #untilReady(signal: AbortSignal): Promise<void> {
    const timeout = sleep(READY_TIMEOUT_MS, undefined, { signal, ref: false });
    await Promise.race([Promise.all(this.nodes.map((node) => node.ready)), timeout]);
    timeout.catch(() => undefined);
    signal.throwIfAborted();
  }

  async #runRounds(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#untilReset = new AbortController();
      try {
        return await this.#runRoundsFrom(this.ledger.currentRound, this.#untilReset.signal);
      } catch (error) {
        if (signal.aborted || !this.#untilReset.signal.aborted) throw error;
      }
    }
  }

  async #runRoundsFrom(first: number, signal: AbortSignal): Promise<void> {
    const { rounds } = this.options;
    const { schedule } = this.ledger;
    for (let round = first; ; round++) {
      await this.#enter(schedule.startOf(round), signal);
      this.#noteExpectedListMakers();
      this.#sendAll([
        ...startEvents(this.ledger, rounds),
        ...windowEvents(this.ledger, 'submission', rounds),
      ]);

      await this.#enter(schedule.auditStartOf(round), signal);
      this.#inspect(round - 1);
      this.#sendAll(windowEvents(this.ledger, 'audit', rounds));

      await this.#enter(schedule.settlementOf(round), signal);
      if (rounds > 0 && round > rounds && this.#allClosed(rounds)) return;
    }
  }

  async #enter(slot: number, signal: AbortSignal): Promise<void> {
    await this.clock.until(slot, signal);
    this.ledger.advance(slot);
    this.#emit({ type: 'phase', phase: this.ledger.schedule.phaseAt(slot) });
  }

  /** Inspects a round and those before it whose submissions may have changed since the last time. */
  #inspect(newest: number): void {
    for (let round = newest; this.ledger.retains(round + 1); round--) {
      if (isInRun(round, this.options.rounds)) this.#inspections.inspect(round, this.nodes);
    }
  }

  #allClosed(rounds: number): boolean {
    return Array.from({ length: rounds }, (_, round) => round).every((round) =>
      this.ledger.isClosed(round),
    );
  }

  #sendAll(events: ReturnType<typeof windowEvents>): void {
    for (const event of events) {
      for (const node of this.nodes) node.process.send(event);
    }
  }

  /** Sends a process that starts in the middle of a round the events it missed. */
  #catchUp(node: SimulatedNode): void {
    if (!this.clock.isRunning) return;
    this.ledger.advance(this.clock.slot());
    const { name } = this.ledger.schedule.phaseAt(this.ledger.slot);
    const { rounds } = this.options;
    for (const event of [
      ...startEvents(this.ledger, rounds),
      ...windowEvents(this.ledger, name, rounds),
    ]) {
      node.process.send(event);
    }
  }

  #noteExpectedListMakers(): void {
    for (const round of this.ledger.roundsDueForLists()) {
      const selected = expectedListMaker(this.ledger, round);
      const byRound = this.#expectedListMakers.get(round) ?? new Map<number, string | undefined>();
      this.#expectedListMakers.set(round, byRound.set(this.ledger.currentRound, selected));
    }
  }

  async #createNode(index: number, expressPort: number): Promise<SimulatedNode> {
    const { changeMethods, config, directory, execPath, modified, outputPath, seed, task } =
      this.options;
    const context: NetworkContext = {
      taskId: this.taskId,
      config,
      ledger: this.ledger,
      clock: this.clock,
    };
    return SimulatedNode.create(context, {
      index,
      ...this.#planned[index]!,
      accounts: nodeAccounts(seed, index),
      extraKeys: this.#extraKeys(index),
      modified: modified?.(index) ?? false,
      executable: installExecutable(typeof task === 'string' ? task : task(index), directory),
      execPath,
      expressPort,
      parentDirectory: directory,
      outputPath: outputPath?.(index),
      changeMethods,
      onNotice: (node, notice) => this.#emit({ type: 'notice', node, notice }),
      onRefusal: (node, method, message) => this.#emit({ type: 'refused', node, method, message }),
      onStart: (node) => {
        this.#emit({ type: 'started', node });
        this.#catchUp(node);
      },
      onExit: (node, exit) => {
        this.#emit({ type: 'exited', node, exit });
        // With nobody left, there is nothing to wait for.
        if (this.nodes.every((node) => node.hasFailed)) this.abort();
      },
    });
  }

  #emit(event: NetworkEvent): void {
    this.options.onEvent?.(event);
  }

  async #closeNodes(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
  }

  #report(interrupted: boolean): RunReport {
    return buildReport({
      taskId: this.taskId,
      config: this.options.config,
      rounds: this.options.rounds,
      roundSeconds: this.options.roundSeconds,
      interrupted,
      hasBegun: this.clock.isRunning,
      ledger: this.ledger,
      nodes: this.nodes,
      stakesBefore: this.#stakesBefore,
      expectedListMakers: this.#expectedListMakers,
      inspections: this.#inspections,
    });
  }
}

function defaultName(index: number): string {
  return `node-${index + 1}`;
}
