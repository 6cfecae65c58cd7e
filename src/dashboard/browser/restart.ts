import { byId, setText } from './dom';
import { ask, refusalOf } from './orders';
import type { SettingsDocument } from './settings-client';

/** What else is where this page is found. */
const ADDRESS = /\bAPI_(HOST|PORT)\b/;

/** What only a restart brings into force, and the restart itself, where the task can have one. */
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

  /** @param names of the settings that wait for it */
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

  /** @param isUsable whether the task can be told */
  allow(isUsable: boolean): void {
    this.offer.disabled = !isUsable;
    this.confirm.disabled = !isUsable;
  }

  /** @param isAsking whether the owner is asked if he means it */
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
