import { element, setText } from './dom';
import { ask, refusalOf, type NotifyTestDocument } from './requests';
import type { SettingField } from './setting-field';

const SETTING = 'NOTIFY_URL';

/** The button below the field of NOTIFY_URL that has a test message sent, and what became of it. */
export class NotifyTest {
  private readonly button = element('button', 'quiet', 'Send a test');
  private readonly status = element('p', 'muted');
  private readonly element = element('div', 'actions', this.button, this.status);
  private field: SettingField | undefined;

  constructor() {
    this.button.type = 'button';
    this.button.id = 'notify-test';
    this.status.id = 'notify-test-status';
    this.status.setAttribute('role', 'status');
    this.button.addEventListener('click', () => void this.order());
  }

  placeIn(fields: ReadonlyMap<string, SettingField>): void {
    this.field = fields.get(SETTING);
    this.field?.append(this.element);
  }

  /** @param isUsable whether the task takes orders from this page */
  allow(isUsable: boolean): void {
    this.button.disabled = !isUsable;
  }

  private async order(): Promise<void> {
    if (this.field?.change !== undefined) {
      return this.say(`Save first: a test goes to the ${SETTING} that is saved.`);
    }
    this.say('Sending.');
    const answer = await ask('POST', '/settings/notify-test');
    const refusal = refusalOf(answer);
    if (refusal) return this.say(refusal.message);
    const { results } = answer.body as NotifyTestDocument;
    this.say(
      results
        .map(({ host, taken, status, reason }) =>
          taken ? `${host} took it (status ${status}).` : `Not taken: ${reason}.`,
        )
        .join(' '),
    );
  }

  private say(text: string): void {
    setText(this.status, text);
  }
}
