import { element, setText } from './dom';
import type { Setting } from './requests';

const ACTS: Record<Setting['acts'], string> = {
  'at once': 'Acts at once.',
  'next round': 'Acts with the next round.',
  restart: 'Acts after a restart.',
};

/** One setting in the form: its description, its field, and what was wrong with the entry. */
export class SettingField {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement | HTMLSelectElement;
  private readonly toDefault: HTMLButtonElement;
  private readonly hint = element('p', 'muted');
  private readonly problem = element('p', 'problem warn');
  private readonly error = element('p', 'bad');
  /** Whether the owner has just chosen the default. The field alone can't tell: it may have been empty before. */
  private isReset = false;
  private sentText: string | undefined;

  constructor(private setting: Setting) {
    const { name, meaning } = setting;
    this.input = inputOf(setting);
    this.input.id = name;
    const label = element('label', 'mono', name);
    label.htmlFor = name;
    const about = element('p', '', `${meaning}.`);
    about.id = `${name}-meaning`;
    this.hint.id = `${name}-hint`;
    this.problem.id = `${name}-problem`;
    this.error.id = `${name}-error`;
    this.input.setAttribute(
      'aria-describedby',
      [this.error, this.problem, about, this.hint].map(({ id }) => id).join(' '),
    );
    this.toDefault = element('button', 'quiet', setting.secret ? 'Forget' : 'Default');
    this.toDefault.type = 'button';
    this.toDefault.ariaLabel = `${this.toDefault.textContent}: ${name}`;
    this.toDefault.addEventListener('click', () => this.reset());
    this.input.addEventListener('input', () => {
      this.isReset = false;
      this.refuse('');
      this.showState();
    });
    this.element = element(
      'div',
      'setting',
      label,
      about,
      element('div', 'entry', this.input, this.toDefault),
      element('div', 'notes', this.error, this.problem, this.hint),
    );
    this.refuse('');
    this.showValue();
  }

  /** The owner's change: null for the default, undefined for no change. */
  get change(): string | null | undefined {
    const text = this.input.value.trim();
    if (this.setting.from === 'environment') return undefined;
    if (this.isReset) return null;
    return text === chosen(this.setting) ? undefined : text;
  }

  /** Shows the setting as the task has it, but keeps what is being entered. */
  update(setting: Setting): void {
    const isBeingChosen = this.change !== undefined;
    this.setting = setting;
    if (isBeingChosen && setting.from !== 'environment') this.showState();
    else this.showValue();
  }

  /** Notes that the change is being sent. @returns the change */
  send(): string | null | undefined {
    this.sentText = this.input.value;
    return this.change;
  }

  /** The change was stored: shows it, unless something else was entered meanwhile. */
  saved(): void {
    this.refuse('');
    if (this.input.value === this.sentText) this.showValue();
  }

  /** @param message why the entry is refused; empty if nothing is wrong with it */
  refuse(message: string): void {
    setText(this.error, message);
    this.error.hidden = message === '';
    this.input.ariaInvalid = message === '' ? null : 'true';
  }

  /** Puts something below the field that belongs to it. */
  append(below: HTMLElement): void {
    this.element.append(below);
  }

  focus(): void {
    this.input.focus();
  }

  private reset(): void {
    this.isReset = true;
    this.input.value = '';
    this.refuse('');
    this.showState();
    // The button, which had the focus, is gone now.
    this.focus();
  }

  private showValue(): void {
    this.isReset = false;
    const value = chosen(this.setting);
    if (this.input instanceof HTMLSelectElement) addOption(this.input, value);
    this.input.value = value;
    this.showState();
  }

  private showState(): void {
    const { setting, isReset, input } = this;
    const { from, problem } = setting;
    input.disabled = from === 'environment';
    if (input instanceof HTMLInputElement) input.placeholder = placeholder(setting, isReset);
    this.toDefault.hidden = isReset || (from !== 'page' && problem === null);
    setText(this.hint, hint(setting));
    setText(this.problem, problem ?? '');
    this.problem.hidden = problem === null;
  }
}

/** What the field shows: it is empty for the default. */
function chosen({ from, value }: Setting): string {
  return from === 'default' ? '' : value;
}

function inputOf({
  form,
  secret,
  default: standard,
}: Setting): HTMLInputElement | HTMLSelectElement {
  if (form.kind === 'choice') {
    const select = element('select');
    select.append(new Option(`default (${standard || 'none'})`, ''));
    for (const option of form.options) addOption(select, option);
    return select;
  }
  const input = element('input');
  // Not of type number, which would hide what was typed if that isn't a number.
  input.type = secret ? 'password' : 'text';
  if (form.kind === 'number') input.inputMode = 'numeric';
  input.autocomplete = 'off';
  input.autocapitalize = 'off';
  input.spellcheck = false;
  return input;
}

function addOption({ options }: HTMLSelectElement, value: string): void {
  if (![...options].some((option) => option.value === value)) options.add(new Option(value));
}

function placeholder({ secret, isSet, default: standard }: Setting, isReset: boolean): string {
  if (secret) return isReset ? 'forgotten when saved' : isSet ? 'set, and never shown' : 'not set';
  return standard || 'none';
}

function hint({
  from,
  form,
  secret,
  expected,
  default: standard,
  acts,
  needsRestart,
}: Setting): string {
  if (from === 'environment') return 'Set by the environment.';
  const isListed = form.kind === 'choice';
  return [
    isListed ? '' : `${expected.charAt(0).toUpperCase()}${expected.slice(1)}.`,
    secret ? 'Empty leaves it as it is.' : isListed ? '' : `Default: ${standard || 'none'}.`,
    needsRestart ? 'Chosen, and acts after a restart.' : ACTS[acts],
  ]
    .join(' ')
    .trim();
}
