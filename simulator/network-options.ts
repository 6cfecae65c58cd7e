import type { TaskConfig } from './config';
import type { Inspector } from './inspector';
import type { LedgerOptions } from './ledger-options';
import type { Methods } from './methods';
import type { Notice } from './notices';
import type { ProcessExit } from './node-process';
import type { Phase } from './schedule';
import type { SimulatedNode } from './simulated-node';

/** What a network is started with. */
export interface NetworkOptions {
  /** The task's executable, or which one each node runs. It is copied, as a node downloads it: nothing lies beside it. */
  readonly task: string | ((index: number) => string);
  /** The Node binary to run tasks with, this process's own when left out. */
  readonly execPath?: string;
  readonly config: TaskConfig;
  readonly nodes: number;
  /** What each node is called, in the report and as the name of its directory; node-1, node-2 ... when left out. No two alike. */
  readonly name?: (index: number) => string;
  /** What each node has staked, ROE; the deployment's minimum when left out. */
  readonly stake?: (index: number) => number;
  /** Which nodes' operators changed their software, so that it does what the ledger lets pass; none when left out. */
  readonly modified?: (index: number) => boolean;
  /** How many keys each operator has staked beside its node's, with the minimum each and no process; 0 when left out. */
  readonly extraKeys?: (index: number) => number;
  /** Where the ledger is to differ from LEDGER_DEFAULTS. */
  readonly ledger?: Partial<LedgerOptions>;
  /** Rounds to work in; two more follow for the audit and the distribution. 0: until stopped. */
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Task id and keys are derived from this text. */
  readonly seed: string;
  /**
   * What each process finds in its environment beside PATH: a value that is not empty for each variable that the
   * deployment declares, or the network does not start. A real node passes nothing else; tests may need more, such as
   * an API's port that they know.
   */
  readonly env?: (index: number) => Readonly<Record<string, string>>;
  /** Where everything of the run is written. */
  readonly directory: string;
  /**
   * What a node's process writes to where that is not its task.log, such as a named pipe that somebody reads from
   * before the network is started.
   */
  readonly outputPath?: (index: number) => string | undefined;
  /** Stops the run, as stop() does. */
  readonly signal?: AbortSignal;
  readonly inspector?: Inspector;
  /** Replaces or wraps methods of a node's endpoint, to inject faults. */
  readonly changeMethods?: (methods: Methods, node: SimulatedNode) => Methods;
  readonly onEvent?: (event: NetworkEvent) => void;
}

/** What a network tells while it runs. */
export type NetworkEvent =
  | { readonly type: 'phase'; readonly phase: Phase }
  | { readonly type: 'started'; readonly node: SimulatedNode }
  | { readonly type: 'exited'; readonly node: SimulatedNode; readonly exit: ProcessExit }
  | {
      readonly type: 'refused';
      readonly node: SimulatedNode;
      readonly method: string;
      readonly message: string;
    }
  | {
      readonly type: 'notice';
      readonly node: SimulatedNode;
      readonly notice: Notice;
    };
