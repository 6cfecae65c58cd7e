import type { Ledger } from './ledger';
import type { Schedule } from './schedule';
import type { SimulatedNode } from './simulated-node';

/** Values that an inspector adds to the report. Big integers as decimal strings. */
export type ReportFields = Readonly<Record<string, unknown>>;

export interface InspectedRound {
  readonly taskId: string;
  readonly round: number;
  /** The submissions of any round of the run so far, by public key; empty if there are none. */
  readonly submissionsOf: (round: number) => ReadonlyMap<string, string>;
  /** The same, without those that came at this slot or later. */
  readonly submissionsBefore: (slot: number, round: number) => ReadonlyMap<string, string>;
  readonly schedule: Schedule;
}

export interface InspectedSubmission {
  readonly publicKey: string;
  readonly value: string;
  /** The node whose operator's key submitted it. */
  readonly node: SimulatedNode;
}

/**
 * What a task knows and the simulator doesn't: how to read its submissions, and what its process is doing. A method
 * that fails leaves its fields out; the run goes on.
 */
export interface Inspector {
  /** Headings of the live columns. */
  readonly liveColumns: readonly string[];
  /** What a node shows in the live columns during a round; called about once a second. */
  live(node: SimulatedNode, round: number): Promise<readonly string[]>;
  /** Fields of a round; called when its submission window has ended. */
  round(round: InspectedRound): Promise<ReportFields>;
  /** Fields of a submission; called at the same time, or in the next audit window if it came late or was replaced. */
  submission(submission: InspectedSubmission, round: InspectedRound): Promise<ReportFields>;
}

/** The fields an inspector gave for the rounds of a run. */
export class Inspections {
  readonly #rounds = new Map<number, ReportFields>();
  readonly #submissions = new Map<string, ReportFields>();
  /** The value inspected last, by round and key. */
  readonly #inspected = new Map<string, string>();
  readonly #pending = new Set<Promise<void>>();

  constructor(
    private readonly inspector: Inspector | undefined,
    private readonly taskId: string,
    private readonly ledger: Ledger,
  ) {}

  /** Inspects a round whose submission window has ended; called again later, whatever is new in it. */
  inspect(round: number, nodes: readonly SimulatedNode[]): void {
    const pending = this.#inspect(round, nodes).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Resolves when all inspections started so far have finished. */
  async done(): Promise<void> {
    await Promise.all(this.#pending);
  }

  roundFields(round: number): ReportFields {
    return this.#rounds.get(round) ?? {};
  }

  submissionFields(round: number, publicKey: string): ReportFields {
    return this.#submissions.get(`${round}/${publicKey}`) ?? {};
  }

  async #inspect(round: number, nodes: readonly SimulatedNode[]): Promise<void> {
    const { inspector } = this;
    if (inspector === undefined) return;
    const inspected: InspectedRound = {
      taskId: this.taskId,
      round,
      submissionsOf: (r) => this.#submissionsBefore(Infinity, r),
      submissionsBefore: (slot, r) => this.#submissionsBefore(slot, r),
      schedule: this.ledger.schedule,
    };
    const owners = new Map(
      nodes.flatMap((node) => [node.publicKey, ...node.extraKeys].map((key) => [key, node])),
    );
    const submissions = [...inspected.submissionsOf(round)].map(async ([publicKey, value]) => {
      const node = owners.get(publicKey);
      const id = `${round}/${publicKey}`;
      if (node === undefined || this.#inspected.get(id) === value) return;
      this.#inspected.set(id, value);
      const fields = await orNone(() =>
        inspector.submission({ publicKey, value, node }, inspected),
      );
      if (this.#inspected.get(id) === value) this.#submissions.set(id, fields);
    });
    if (!this.#rounds.has(round)) {
      this.#rounds.set(round, {});
      this.#rounds.set(round, await orNone(() => inspector.round(inspected)));
    }
    await Promise.all(submissions);
  }

  #submissionsBefore(slot: number, round: number): ReadonlyMap<string, string> {
    const submissions = [...(this.ledger.record(round)?.submissions ?? [])];
    return new Map(
      submissions
        .filter(([, submission]) => submission.slot < slot)
        .map(([key, { value }]) => [key, value]),
    );
  }
}

async function orNone(inspect: () => Promise<ReportFields>): Promise<ReportFields> {
  try {
    return await inspect();
  } catch {
    return {};
  }
}
