import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedNode } from '../../simulator';
import { apiOf } from './dashboard';

const LOOK_MS = 1000;
const TIMEOUT_MS = 2000;
/** The most between a node's last answer and the end of the run, in which the nodes take up to two seconds to end. */
const RECENT_MS = 6000;

/** What each process of each node said last about itself, over the API: it takes its counts along when it ends. */
export class FollowedProcesses<T> {
  /** As last read, by process id. */
  readonly #processes = new Map<SimulatedNode, Map<number, T>>();
  /** When each node answered last, by performance.now(). */
  readonly #answeredAt = new Map<SimulatedNode, number>();
  #isOver = false;

  /**
   * @param route of the API
   * @param read reads a good answer; undefined where it says nothing of this
   */
  constructor(
    private readonly route: string,
    private readonly read: (response: Response) => Promise<T | undefined>,
  ) {}

  /** Asks every second from now on. */
  start(nodes: readonly SimulatedNode[]): void {
    for (const node of nodes) void this.#follow(node);
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Of all processes of a node that ever answered. */
  of(node: SimulatedNode): readonly T[] {
    return [...(this.#processes.get(node)?.values() ?? [])];
  }

  /** Whether that is all: its only exit is that at the end of the run, and it answered till then. */
  isAllOf(node: SimulatedNode): boolean {
    const answeredAt = this.#answeredAt.get(node) ?? -Infinity;
    return node.exits.length <= 1 && performance.now() - answeredAt < RECENT_MS;
  }

  async #follow(node: SimulatedNode): Promise<void> {
    while (!this.#isOver) {
      await this.#look(node);
      await sleep(LOOK_MS, undefined, { ref: false });
    }
  }

  async #look(node: SimulatedNode): Promise<void> {
    const { pid } = node.process;
    const said = pid === undefined ? undefined : await this.#ask(node);
    if (said === undefined || node.process.pid !== pid) return;
    this.#answeredAt.set(node, performance.now());
    const processes = this.#processes.get(node) ?? new Map<number, T>();
    this.#processes.set(node, processes.set(pid!, said));
  }

  /** Undefined while the node does not answer. */
  async #ask(node: SimulatedNode): Promise<T | undefined> {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(`${apiOf(node)}${this.route}`, { signal });
      return response.ok ? await this.read(response) : undefined;
    } catch {
      return undefined;
    }
  }
}
