import type { Log } from '../process/log';
import {
  readEnvironment,
  type Environment,
  defaultsOf,
  readSetting,
  SETTINGS,
  type Config,
  type Setting,
  type Table,
  type Values,
} from './schema';
import { StoredSettings } from './stored-settings';

/** The state of a setting, for the owner. */
export interface SettingState extends Pick<Setting, 'meaning' | 'expected' | 'form' | 'acts'> {
  name: string;
  secret: boolean;
  /** As text; empty for none. */
  default: string;
  /** Where the value comes from; what the environment sets is fixed. */
  from: 'default' | 'page' | 'environment';
  /** The value as text; empty for a secret. */
  value: string;
  isSet: boolean;
  /** Whether the value takes effect only after a restart. */
  needsRestart: boolean;
  /** Why the stored value can't be used, and what is used instead. */
  problem: string | null;
}

export interface SettingIssue {
  /** The setting's name. */
  path: string;
  message: string;
}

/** Some of the requested changes can't be made, so none was. */
export class SettingsRefused extends Error {
  override readonly name = 'SettingsRefused';

  /** @param areFixed whether the environment sets them, so that no value would be accepted */
  constructor(
    readonly issues: readonly SettingIssue[],
    readonly areFixed: boolean,
  ) {
    super(issues.map(({ path, message }) => `${path}: ${message}`).join('; '));
  }
}

/** The changes can't be stored, so they were not made. */
export class SettingsNotKept extends Error {
  override readonly name = 'SettingsNotKept';
}

/** What the owner chose: in the environment, which wins, on the page, or by leaving the default. */
export class Settings {
  private stored: StoredSettings | undefined;
  private chosen: Values = {};
  private readonly problems = new Map<string, string>();
  private readonly listeners: ((config: Config) => void)[] = [];
  private atStart: Values;
  private changing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly fixed: Values,
    private readonly table: Table,
    private readonly log: Pick<Log, 'info' | 'warn'> | undefined,
  ) {
    this.atStart = this.values;
  }

  /** Settings that last only as long as the process. @throws ConfigError as readEnvironment does */
  static of(env: Environment, table: Table = SETTINGS): Settings {
    return new Settings(readEnvironment(env, table), table, undefined);
  }

  /**
   * Settings that are kept in a file. If it is damaged, that is reported and the last good values are used.
   * @throws ConfigError as readEnvironment does
   */
  static async open(
    env: Environment,
    file: string,
    log: Pick<Log, 'info' | 'warn'>,
    table: Table = SETTINGS,
  ): Promise<Settings> {
    const settings = new Settings(readEnvironment(env, table), table, log);
    await settings.load(await StoredSettings.open(file));
    return settings;
  }

  /** The values in effect now. Settings that act after a restart have the value they had at the start. */
  get current(): Config {
    const { table, atStart } = this;
    const entries = Object.entries(this.values).map(([name, value]) => {
      return [name, table[name]!.acts === 'restart' ? atStart[name] : value] as const;
    });
    return Object.fromEntries(entries) as Config;
  }

  /** What is wrong with the file as a whole. */
  get problem(): string | null {
    if (!this.stored) return 'there is no place to keep them: they last until the task ends';
    const { problem, lastGood } = this.stored;
    if (problem === undefined) return null;
    const instead = Object.keys(lastGood).length > 0 ? 'what was good last is' : 'the defaults are';
    return `what is stored can't be read: ${problem}; ${instead} used`;
  }

  get needsRestart(): boolean {
    return this.list().some(({ needsRestart }) => needsRestart);
  }

  list(): SettingState[] {
    const { values, atStart, fixed, chosen, problems } = this;
    return Object.entries(this.table).map(([name, setting]) => {
      const { meaning, expected, form, acts, secret = false, byDefault } = setting;
      const from = name in fixed ? 'environment' : name in chosen ? 'page' : 'default';
      return {
        name,
        meaning,
        expected,
        form,
        acts,
        secret,
        from,
        default: String(byDefault),
        value: secret ? '' : String(values[name]),
        isSet: from !== 'default',
        needsRestart: acts === 'restart' && String(values[name]) !== String(atStart[name]),
        problem: problems.get(name) ?? null,
      };
    });
  }

  /** From now on passes the values in effect to a listener after each change. */
  onChange(listener: (config: Config) => void): void {
    this.listeners.push(listener);
  }

  /** The changes that name no setting or give one an unusable value. */
  issuesOf(changes: Values): SettingIssue[] {
    return Object.entries(changes).flatMap(([path, written]) => {
      const setting = Object.hasOwn(this.table, path) ? this.table[path] : undefined;
      if (!setting) {
        return { path, message: `expected one of ${Object.keys(this.table).join(', ')}` };
      }
      const read = readSetting(setting, written);
      return 'problem' in read ? { path, message: read.problem } : [];
    });
  }

  /**
   * Changes some settings, all or none, and keeps them.
   * @param changes what was written for each; a value that chooses nothing restores the default
   * @throws SettingsRefused when a name or a value can't be used, SettingsNotKept when they can't be written
   */
  change(changes: Values): Promise<void> {
    const changed = this.changing.then(() => this.make(changes));
    this.changing = changed.catch(() => undefined);
    return changed;
  }

  private get values(): Values {
    return { ...defaultsOf(this.table), ...this.chosen, ...this.fixed };
  }

  private async load(stored: StoredSettings): Promise<void> {
    this.stored = stored;
    const chosen: Record<string, unknown> = {};
    for (const [name, setting] of Object.entries(this.table)) {
      const read = readSetting(setting, stored.entries[name]);
      const good = 'problem' in read ? readSetting(setting, stored.lastGood[name]) : read;
      if ('chosen' in good && good.chosen) chosen[name] = good.value;
      // Where the environment decides, the stored value isn't used, so it is no problem.
      if (!('problem' in read) || name in this.fixed) continue;
      const instead = name in chosen ? 'what was good last' : 'the default';
      this.problems.set(name, `what is stored can't be used: ${read.problem}; ${instead} is used`);
    }
    this.chosen = chosen;
    this.atStart = this.values;
    if (this.problem !== null) this.log?.warn(`settings: ${this.problem}`);
    for (const [name, problem] of this.problems) this.log?.warn(`setting ${name}: ${problem}`);
    if (this.problem === null && this.problems.size === 0) await this.confirm();
  }

  private async make(changes: Values): Promise<void> {
    this.refuse(changes);
    const chosen: Record<string, unknown> = { ...this.chosen };
    for (const [name, written] of Object.entries(changes)) {
      const read = readSetting(this.table[name]!, written);
      if ('value' in read) chosen[name] = read.value;
      else delete chosen[name];
    }
    await this.keep(chosen);
    this.chosen = chosen;
    this.problems.clear();
    this.log?.info(`settings changed: ${Object.keys(changes).join(', ')}`);
    for (const listener of this.listeners) listener(this.current);
  }

  /** @throws SettingsRefused */
  private refuse(changes: Values): void {
    const wrong = this.issuesOf(changes);
    if (wrong.length > 0) throw new SettingsRefused(wrong, false);
    const message = 'the environment sets it, which nothing here can change';
    const fixed = Object.keys(changes).filter((name) => name in this.fixed);
    const issues = fixed.map((path) => ({ path, message }));
    if (issues.length > 0) throw new SettingsRefused(issues, true);
  }

  private async keep(chosen: Values): Promise<void> {
    if (!this.stored) return;
    const { entries } = this.stored;
    // Settings of another version are kept as they are.
    const others = Object.entries(entries).filter(([name]) => !Object.hasOwn(this.table, name));
    const own = Object.entries(chosen).map(([name, value]) => [name, String(value)] as const);
    try {
      this.stored = await this.stored.replace({
        ...Object.fromEntries(others),
        ...Object.fromEntries(own),
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new SettingsNotKept(`the settings can't be kept (${code ?? message})`, {
        cause: error,
      });
    }
    await this.confirm();
  }

  private async confirm(): Promise<void> {
    await this.stored?.confirm().catch((error: unknown) => {
      this.log?.warn({ error }, 'the settings have no copy now');
    });
  }
}
