import { NodeAway, type WrongServer } from './server-faults';

/** What a worker asks of its node: work, and to take shares. */
export type Errand = 'work' | 'submission';

/**
 * How the node stands with a worker. Each errand fails and succeeds by itself: a node that gives work again has not
 * taken a share yet, and one whose disk is full gives work and takes none.
 */
export class NodeStanding {
  private readonly failing = new Set<Errand>();
  private awayAtMs: number | undefined;
  private isSaidAway = false;

  /** @param say is called once when a trouble begins, and once when all is well again */
  constructor(private readonly say: (text: string) => void) {}

  /** Whether it gives no work. */
  get isAway(): boolean {
    return this.failing.has('work');
  }

  /** For how long it has given no work, ms. */
  get awayMs(): number {
    return this.awayAtMs === undefined ? 0 : performance.now() - this.awayAtMs;
  }

  failed(errand: Errand, error: NodeAway | WrongServer): void {
    if (errand === 'work') this.awayAtMs ??= performance.now();
    const isNew = this.failing.size === 0;
    this.failing.add(errand);
    // Who gives no answer at all gives none to the other errand.
    const isAway = errand === 'work' || (error instanceof NodeAway && error.isSilent);
    if (isAway && !this.isSaidAway) this.say(`the node is away: ${error.message}`);
    else if (isNew) this.say(`shares wait, the node takes none: ${error.message}`);
    this.isSaidAway ||= isAway;
  }

  succeeded(errand: Errand): void {
    if (errand === 'work') this.awayAtMs = undefined;
    if (!this.failing.delete(errand) || this.failing.size > 0) return;
    this.say(this.isSaidAway ? 'the node is back' : 'the node takes shares again');
    this.isSaidAway = false;
  }
}
