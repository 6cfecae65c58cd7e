import { byId, setText } from './dom';
import type { Model } from './model';
import { ask, OWNER_ONLY, refusalOf, type Refusal } from './orders';
import type { SettingsClient } from './settings-client';

const INTENSITY = 'MINING_INTENSITY';

/** Pause, resume and intensity, as far as this page may. */
export class Controls {
  private readonly pause = byId<HTMLButtonElement>('pause');
  private readonly intensity = byId<HTMLInputElement>('intensity');
  private isPaused = false;
  /** Whether the slider is being moved: then it shows what is meant, not what is. */
  private isMoved = false;

  constructor(private readonly settings: SettingsClient) {
    this.pause.addEventListener('click', () => {
      const action = this.isPaused ? 'resume' : 'pause';
      void ask('POST', '/dashboard/control', { action }).then((answer) =>
        this.note(refusalOf(answer)),
      );
    });
    this.intensity.addEventListener('input', () => {
      this.isMoved = true;
      this.showIntensity();
    });
    this.intensity.addEventListener('change', () => {
      void settings
        .change({ [INTENSITY]: this.intensity.value })
        .then((refusal) => this.note(refusal))
        .finally(() => (this.isMoved = false));
    });
  }

  /** @param isStale whether nobody is there to be ordered */
  show({ status, controls }: Model, isStale: boolean): void {
    if (!status) return;
    const isUsable = controls && !isStale;
    this.isPaused = status.state === 'paused';
    this.pause.disabled = !isUsable;
    this.intensity.disabled = !isUsable || this.isFixed;
    setText(this.pause, this.isPaused ? 'Resume mining' : 'Pause mining');
    if (!this.isMoved) this.intensity.value = String(status.intensity);
    this.showIntensity();
    if (!controls) setText('controls-note', OWNER_ONLY);
  }

  private get isFixed(): boolean {
    return this.settings.find(INTENSITY)?.from === 'environment';
  }

  private showIntensity(): void {
    const percent = `${this.intensity.value} %`;
    setText('intensity-value', this.isFixed ? `${percent}, set by the environment` : percent);
  }

  private note(refusal: Refusal | undefined): void {
    setText('controls-note', refusal?.message ?? '');
  }
}
