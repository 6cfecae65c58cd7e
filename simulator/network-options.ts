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
  /** The task's executable, for all nodes or by node. It is copied, as a node downloads it, with nothing beside it. */
  readonly task: string | ((index: number) => string);
  /** The Node binary to run tasks with; by default this process's own. */
  readonly execPath?: string;
  readonly config: TaskConfig;
  readonly nodes: number;
  /** The unique name of each node, in the report and of its directory; by default node-1, node-2 ... */
  readonly name?: (index: number) => string;
  /** What each node has staked, ROE; by default the deployment's minimum. */
  readonly stake?: (index: number) => number;
  /** Which nodes run software changed by their operator, which does anything the ledger allows; by default none. */
  readonly modified?: (index: number) => boolean;
  /** How many further keys each operator has staked, with the minimum each and no process; by default 0. */
  readonly extraKeys?: (index: number) => number;
  /** Where the ledger differs from LEDGER_DEFAULTS. */
  readonly ledger?: Partial<LedgerOptions>;
  /** Rounds to work in; two more follow for the audit and the distribution. 0 runs until stopped. */
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
  /** Where all files of the run are written. */
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

/** What a network reports while it runs. */
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
