import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** A process that ignores SIGTERM for this long is killed. */
const GRACE_MS = 2000;
/** The node waits 2^(n+1) seconds before the n-th restart (from 0), up to this. */
const MAX_RESTART_DELAY_MS = 5 * 60 * 1000;

/** An event of a round, as the node sends it on the IPC channel. */
export interface RoundEvent {
  readonly functionCall:
    | 'executeTask'
    | 'submitPayload'
    | 'auditPayload'
    | 'generateAndSubmitDistributionList'
    | 'distributionListAudit';
  readonly roundNumber: number;
  readonly isPreviousRoundFailed?: boolean;
}

/**
 * running: the process exists (perhaps paused); restarting: it exited with 0 and the back-off runs; stopped: it
 * exited with 1, or was stopped on request; died: it ended in any other way.
 */
export type NodeState = 'running' | 'restarting' | 'stopped' | 'died';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether the simulator ended it, by itself or on request. */
  readonly requested: boolean;
}

export interface NodeProcessOptions {
  readonly executable: string;
  readonly argv: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  /** The file that its output is appended to; opened at each start. */
  readonly outputPath: string;
  /** The Node binary to run the task with; this process's own when left out. */
  readonly execPath: string | undefined;
  /** How much faster than on K2 time runs: back-off delays are divided by it. */
  readonly timeCompression: number;
  readonly onStart: () => void;
  readonly onExit: (exit: ProcessExit) => void;
}

/** The task's process on one node, forked and supervised as a Koii node does it. */
export class NodeProcess {
  #state: NodeState = 'stopped';
  #child: ChildProcess | undefined;
  #gone = Promise.resolve();
  #reportGone = () => {};
  #restartTimer: NodeJS.Timeout | undefined;
  #restarts = 0;
  #endIsRequested = false;
  #isRetired = false;

  constructor(readonly options: NodeProcessOptions) {}

  get state(): NodeState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Forks the task. Does nothing while it runs or once it is retired. */
  start(): void {
    if (this.#child !== undefined || this.#isRetired) return;
    clearTimeout(this.#restartTimer);
    const { executable, argv, env, directory, execPath, outputPath } = this.options;
    const output = openSync(outputPath, 'a');
    const child = fork(executable, [...argv], {
      cwd: directory,
      env: { ...env },
      ...(execPath === undefined ? {} : { execPath }),
      // The task must not inherit this process's own options (a TypeScript loader, say).
      execArgv: [],
      // A Ctrl-C in the terminal must reach only the simulator, which then ends the tasks in good order.
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
    });
    closeSync(output);
    this.#child = child;
    this.#state = 'running';
    this.#endIsRequested = false;
    this.#gone = new Promise((resolve) => (this.#reportGone = resolve));
    // Without a listener an error (a fork that failed, a message to a process just gone) would end the simulator;
    // 'exit' reports a process that ended, and one that never started has no pid.
    child.on('error', () => {
      if (child.pid === undefined) this.#ended(child, null, null);
    });
    child.once('exit', (code, signal) => this.#ended(child, code, signal));
    this.options.onStart();
  }

  /** Sends an event to the task, if it runs. */
  send(event: RoundEvent): void {
    if (this.#child?.connected) this.#child.send(event, () => {});
  }

  /** Sends the process a signal on request: its death is not counted against the task. */
  kill(signal: NodeJS.Signals): void {
    this.#endIsRequested = true;
    this.#child?.kill(signal);
  }

  /** Freezes the process, as when the machine sleeps. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends the process and starts it again, in the same directory. */
  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  /** Ends the process: SIGTERM, then SIGKILL after two seconds. Resolves when it has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#restartTimer);
    if (this.#state === 'restarting') this.#state = 'stopped';
    if (this.#child === undefined) return;
    this.kill('SIGTERM');
    this.resume(); // a paused process would keep the signal waiting
    const deadline = setTimeout(() => this.kill('SIGKILL'), GRACE_MS);
    await this.#gone;
    clearTimeout(deadline);
  }

  /** Ends the process for good. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    await this.stop();
  }

  /** Kills without waiting, for when the simulator itself exits. */
  killNow(): void {
    clearTimeout(this.#restartTimer);
    this.#child?.kill('SIGKILL');
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const requested = this.#endIsRequested;
    if (requested || code === 1) {
      this.#state = 'stopped';
    } else if (code === 0) {
      this.#state = 'restarting';
      const delayMs = Math.min(2 ** (this.#restarts++ + 1) * 1000, MAX_RESTART_DELAY_MS);
      this.#restartTimer = setTimeout(() => this.start(), delayMs / this.options.timeCompression);
    } else {
      this.#state = 'died';
    }
    this.options.onExit({ code, signal, requested });
    this.#reportGone();
  }
}
