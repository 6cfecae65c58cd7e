import { NodeAway, type WrongServer } from './server-faults';

/** What a worker asks of its node: work, and to take shares. */
export type RequestKind = 'work' | 'submission';

/**
 * Whether the node is available to a worker. Each kind of request fails and recovers by itself: a node that gives work
 * again has not accepted a share yet, and one whose disk is full gives work but accepts no shares.
 */
export class NodeAvailability {
  private readonly failing = new Set<RequestKind>();
  private awayAtMs: number | undefined;
  private isReportedAway = false;

  /** @param report called once when a problem begins, and once when all is well again */
  constructor(private readonly report: (text: string) => void) {}

  /** Whether it gives no work. */
  get isAway(): boolean {
    return this.failing.has('work');
  }

  /** How long it has given no work, ms. */
  get awayMs(): number {
    return this.awayAtMs === undefined ? 0 : performance.now() - this.awayAtMs;
  }

  failed(kind: RequestKind, error: NodeAway | WrongServer): void {
    if (kind === 'work') this.awayAtMs ??= performance.now();
    const isNew = this.failing.size === 0;
    this.failing.add(kind);
    // A node that does not answer at all fails both kinds.
    const isAway = kind === 'work' || (error instanceof NodeAway && error.isSilent);
    if (isAway && !this.isReportedAway) this.report(`the node is away: ${error.message}`);
    else if (isNew) this.report(`shares wait, the node takes none: ${error.message}`);
    this.isReportedAway ||= isAway;
  }

  succeeded(kind: RequestKind): void {
    if (kind === 'work') this.awayAtMs = undefined;
    if (!this.failing.delete(kind) || this.failing.size > 0) return;
    this.report(this.isReportedAway ? 'the node is back' : 'the node takes shares again');
    this.isReportedAway = false;
  }
}
