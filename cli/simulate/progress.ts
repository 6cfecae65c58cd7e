import type { Network, Phase } from '../../simulator';
import { duration } from '../../src/format';

const PHASE_NAMES: Record<Phase['name'], string> = {
  submission: 'submission window',
  audit: 'audit window',
  settled: 'both windows are over',
};

/** The progress of a run, in words. */
export class Progress {
  readonly #endSlot: number;

  /** @param rounds as asked for; 0 for a run without an end */
  constructor(
    private readonly network: Network,
    private readonly rounds: number,
  ) {
    const { schedule } = network.ledger;
    this.#endSlot = schedule.settlementOf(rounds + 1);
  }

  get round(): number {
    return this.#phase().round;
  }

  /** "Round 2: audit window, 3 s left (work on 2, audit of 1, list of 0)" */
  phaseLine(): string {
    if (!this.network.clock.isRunning) return 'Starting the processes';
    const phase = this.#phase();
    const what = `Round ${phase.round}: ${PHASE_NAMES[phase.name]}`;
    if (this.fraction() === 1 && phase.name === 'settled') return what;
    const left = duration(this.network.clock.msUntil(phase.endSlot));
    return `${what}, ${left} left${this.#purpose(phase)}`;
  }

  /** 0 to 1; undefined for a run without an end. */
  fraction(): number | undefined {
    if (this.rounds === 0) return undefined;
    const { startingSlot } = this.network.clock;
    const done = this.network.clock.slot() - startingSlot;
    return Math.min(1, done / (this.#endSlot - startingSlot));
  }

  /** "34 %, 58 s left", and what for once the work is over; for a run without an end, how long it has run. */
  totalLine(): string {
    const fraction = this.fraction();
    if (fraction === undefined) return 'until Ctrl-C';
    const left = duration(this.network.clock.msUntil(this.#endSlot));
    const told = `${Math.floor(fraction * 100)} %, ${left} left`;
    return this.isClosing ? `${told} until round ${this.rounds - 1} is audited and paid` : told;
  }

  /** Whether the work is over, and only the last submissions' audit and payment are outstanding. */
  get isClosing(): boolean {
    return this.rounds > 0 && this.#phase().round >= this.rounds;
  }

  #phase(): Phase {
    const { clock, ledger } = this.network;
    return ledger.schedule.phaseAt(clock.slot());
  }

  #purpose({ name, round }: Phase): string {
    const part = (label: string, of: number) =>
      of >= 0 && (this.rounds === 0 || of < this.rounds) ? [`${label} ${of}`] : [];
    const parts = [
      ...part('work on', round),
      ...(name === 'submission' ? part('submissions of', round - 1) : []),
      ...(name === 'audit' ? part('audit of', round - 1) : []),
      ...(name === 'settled' ? [] : part('list of', round - 2)),
    ];
    const closing = this.isClosing ? ['work is over'] : [];
    return parts.length === 0 ? '' : ` (${[...closing, ...parts].join(', ')})`;
  }
}
