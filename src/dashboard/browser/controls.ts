import { byId, setText } from './dom';
import type { Model } from './model';

/** Pause, resume and intensity, as far as this page may. */
export class Controls {
  private readonly pause = byId<HTMLButtonElement>('pause');
  private readonly intensity = byId<HTMLInputElement>('intensity');
  private isPaused = false;
  /** Whether the slider is being moved: then it shows what is meant, not what is. */
  private isMoved = false;

  constructor() {
    this.pause.addEventListener('click', () => {
      void this.order({ action: this.isPaused ? 'resume' : 'pause' });
    });
    this.intensity.addEventListener('input', () => {
      this.isMoved = true;
      this.showIntensity();
    });
    this.intensity.addEventListener('change', () => {
      void this.order({ intensity: this.intensity.valueAsNumber }).finally(() => {
        this.isMoved = false;
      });
    });
  }

  /** @param isStale whether nobody is there to be ordered */
  show({ status, controls }: Model, isStale: boolean): void {
    if (!status) return;
    const isUsable = controls && !isStale;
    this.isPaused = status.state === 'paused';
    this.pause.disabled = !isUsable;
    this.intensity.disabled = !isUsable;
    setText(this.pause, this.isPaused ? 'Resume mining' : 'Pause mining');
    if (!this.isMoved) this.intensity.value = String(status.intensity);
    this.showIntensity();
    if (!controls) {
      setText(
        'controls-note',
        'Only for this machine itself, by the address that the task prints when it starts.',
      );
    }
  }

  private showIntensity(): void {
    setText('intensity-value', `${this.intensity.value} %`);
  }

  private async order(
    order: { action: 'pause' | 'resume' } | { intensity: number },
  ): Promise<void> {
    try {
      const response = await fetch('/dashboard/control', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Orca-Control': '1' },
        body: JSON.stringify(order),
      });
      const answer = (await response.json()) as { message?: string };
      setText('controls-note', response.ok ? '' : `Refused: ${answer.message}`);
    } catch {
      setText('controls-note', 'The task did not answer.');
    }
  }
}
