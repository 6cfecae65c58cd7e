import { byId, setText } from './dom';
import type { Model } from './feed';
import {
  ask,
  OWNER_ONLY,
  refusalOf,
  type Refusal,
  type SettingsClient,
  type SettingsDocument,
} from './requests';

// The page's controls, besides the form of the settings: pause, resume, intensity, restart.

const INTENSITY = 'MINING_INTENSITY';
/** The settings that change the page's own address. */
const ADDRESS = /\bAPI_(HOST|PORT)\b/;

/** Pause, resume and intensity, if this page may use them. */
export class Controls {
  private readonly pause = byId<HTMLButtonElement>('pause');
  private readonly intensity = byId<HTMLInputElement>('intensity');
  private isPaused = false;
  /** Whether the slider is being moved: then it shows the owner's choice, not the current value. */
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

  /** @param isStale whether the task doesn't answer */
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

/** Says which changes need a restart, and offers one if somebody would start the task again. */
export class Restart {
  private readonly offer = byId<HTMLButtonElement>('restart-offer');
  private readonly confirm = byId<HTMLButtonElement>('restart-confirm');
  private readonly cancel = byId<HTMLButtonElement>('restart-cancel');
  private isOffered = false;

  constructor() {
    this.offer.addEventListener('click', () => {
      this.ask(true);
      setText('restart-status', 'Mining stops until the node has started the task again.');
      this.confirm.focus();
    });
    this.cancel.addEventListener('click', () => {
      this.ask(false);
      setText('restart-status', '');
      this.offer.focus();
    });
    this.confirm.addEventListener('click', () => void this.order());
  }

  /** @param names the settings that wait for it */
  show({ needed, offered }: SettingsDocument['restart'], names: string): void {
    byId('restart').hidden = !needed;
    this.isOffered = offered;
    const text = [
      `${names} acts after a restart.`,
      offered ? '' : 'Restart the node to have it act.',
      ADDRESS.test(names) ? 'This page is then where the task prints that it is.' : '',
    ];
    setText('restart-text', text.filter(Boolean).join(' '));
    this.ask(false);
    setText('restart-status', '');
  }

  /** @param isUsable whether the task takes orders from this page */
  allow(isUsable: boolean): void {
    this.offer.disabled = !isUsable;
    this.confirm.disabled = !isUsable;
  }

  /** @param isAsking whether the owner is asked to confirm */
  private ask(isAsking: boolean): void {
    this.offer.hidden = isAsking || !this.isOffered;
    this.confirm.hidden = !isAsking;
    this.cancel.hidden = !isAsking;
  }

  private async order(): Promise<void> {
    const answer = await ask('POST', '/dashboard/control', { action: 'restart' });
    const refusal = refusalOf(answer);
    this.ask(false);
    setText('restart-status', refusal?.message ?? 'The task ends, and its node starts it again.');
  }
}
