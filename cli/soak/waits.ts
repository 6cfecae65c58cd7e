/** How long a kind of question waited for its answers, ms. */
export interface WaitsSummary {
  readonly name: string;
  readonly answered: number;
  /** How many questions got no answer, by reason. */
  readonly failed: Readonly<Record<string, number>>;
  readonly medianMs: number;
  /** The 99.9th percentile. */
  readonly p999Ms: number;
  readonly mostMs: number;
  /** The longest wait so far of those still pending. */
  readonly pendingMs: number;
}

/** The longest wait, including that of a pending question, ms. */
export function longest({ mostMs, pendingMs }: WaitsSummary): number {
  return Math.max(mostMs, pendingMs);
}

/** Measures waits. */
export class Waits {
  private readonly waits: number[] = [];
  private readonly failed: Record<string, number> = {};
  private readonly pending = new Set<{ sinceMs: number }>();

  constructor(
    private readonly name: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Measures the wait for an answer, from now. */
  async of(answer: Promise<unknown>): Promise<void> {
    const question = { sinceMs: this.now() };
    this.pending.add(question);
    try {
      await answer;
      this.waits.push(this.now() - question.sinceMs);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code ?? message;
      this.failed[why] = (this.failed[why] ?? 0) + 1;
    } finally {
      this.pending.delete(question);
    }
  }

  summary(): WaitsSummary {
    const sorted = [...this.waits].sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
    const [oldest = { sinceMs: this.now() }] = this.pending;
    return {
      name: this.name,
      answered: sorted.length,
      failed: { ...this.failed },
      medianMs: at(0.5),
      p999Ms: at(0.999),
      mostMs: at(1),
      pendingMs: this.now() - oldest.sinceMs,
    };
  }
}
