import { Restart } from './controls';
import { byId, isNew, setText } from './dom';
import type { Model } from './feed';
import { NotifyTest } from './notify-test';
import {
  OWNER_ONLY,
  type Changes,
  type Refusal,
  type Setting,
  type SettingsClient,
} from './requests';
import { SettingField } from './setting-field';

/** The card of the settings: a form made from the task's description of them. */
export class Settings {
  private readonly form = byId<HTMLFormElement>('settings-form');
  private readonly save = byId<HTMLButtonElement>('settings-save');
  private readonly restart = new Restart();
  private readonly notifyTest = new NotifyTest();
  private fields = new Map<string, SettingField>();
  private isUsable = false;
  private isSaving = false;

  constructor(private readonly client: SettingsClient) {
    client.onChange(() => this.showDocument());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.isSaving) void this.submit().finally(() => (this.isSaving = false));
    });
  }

  /** @param isStale whether the task doesn't answer */
  show({ status, controls }: Model, isStale: boolean): void {
    if (!status) return;
    const isUsable = controls && !isStale;
    if (isUsable && !this.isUsable) this.client.expire();
    this.isUsable = isUsable;
    if (isUsable) this.client.refresh();
    this.save.disabled = !isUsable;
    this.restart.allow(isUsable);
    this.notifyTest.allow(isUsable);
    byId('settings-owner').hidden = !controls || !this.client.document;
    setText('settings-note', this.note(controls));
  }

  private note(isOwner: boolean): string {
    const { document, refusal } = this.client;
    if (!isOwner) return OWNER_ONLY;
    if (document) return 'What is left empty has its default.';
    return refusal ? `They can't be shown. ${refusal.message}` : '';
  }

  private showDocument(): void {
    const { document } = this.client;
    if (!document) return;
    const { settings, problem, restart } = document;
    byId('settings-owner').hidden = false;
    setText('settings-note', this.note(true));
    setText('settings-problem', problem ?? '');
    byId('settings-problem').hidden = problem === null;
    const waiting = settings.filter(({ needsRestart }) => needsRestart);
    this.restart.show(restart, names(waiting));
    this.showFields(settings);
  }

  private showFields(settings: readonly Setting[]): void {
    const container = byId('settings-fields');
    // The settings change only with the version of the task.
    if (
      isNew(
        container,
        settings.map(({ name, form }) => [name, form]),
      )
    ) {
      this.fields = new Map(settings.map((setting) => [setting.name, new SettingField(setting)]));
      container.replaceChildren(...[...this.fields.values()].map((field) => field.element));
      this.notifyTest.placeIn(this.fields);
    }
    for (const setting of settings) this.fields.get(setting.name)!.update(setting);
  }

  private async submit(): Promise<void> {
    this.isSaving = true;
    const changes: Changes = {};
    for (const [name, field] of this.fields) {
      const change = field.send();
      if (change !== undefined) changes[name] = change;
    }
    const changed = Object.keys(changes);
    if (changed.length === 0) return this.say('Nothing was changed.');
    this.say('Saving.');
    const refusal = await this.client.change(changes);
    if (refusal) return this.showRefusal(refusal);
    for (const name of changed) this.fields.get(name)!.saved();
    const now = this.client.document!.settings.filter(({ name }) => changed.includes(name));
    this.say(`Saved. ${whenTheyAct(now)}`);
  }

  /** Each issue beside its field; the status line has what belongs to no field. */
  private showRefusal({ message, issues = [] }: Refusal): void {
    for (const field of this.fields.values()) field.refuse('');
    const refused = issues.filter(({ path }) => this.fields.has(path));
    for (const issue of refused) this.fields.get(issue.path)!.refuse(issue.message);
    const [first] = [...this.fields].filter(([name]) => refused.some(({ path }) => path === name));
    first?.[1].focus();
    this.say(first ? 'Nothing was saved: see what is marked.' : message);
  }

  private say(text: string): void {
    setText('settings-status', text);
  }
}

function whenTheyAct(settings: readonly Setting[]): string {
  const acting = (isSo: (setting: Setting) => boolean, when: string): string[] => {
    const those = settings.filter(isSo);
    return those.length === 0 ? [] : [`${names(those)} ${when}.`];
  };
  return [
    ...acting(({ acts, needsRestart }) => acts !== 'next round' && !needsRestart, 'acts at once'),
    ...acting(({ acts }) => acts === 'next round', 'acts with the next round'),
    ...acting(({ needsRestart }) => needsRestart, 'acts after a restart'),
  ].join(' ');
}

function names(settings: readonly Setting[]): string {
  return settings.map(({ name }) => name).join(', ');
}
