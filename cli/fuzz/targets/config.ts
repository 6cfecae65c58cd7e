import type { Random } from '../../../simulator/random';
import { ConfigError, loadConfig, threadCount, SETTING_NAMES } from '../../../src/settings/schema';
import { mutateText } from '../mutate';
import { must, type FuzzTarget } from '../target';

const VALUES = [
  '',
  '0',
  '1',
  '100',
  '65535',
  '65536',
  '-1',
  '1e3',
  '0x10',
  ' 7 ',
  '٣',
  '9'.repeat(400),
  'auto',
  'AUTO',
  'js',
  'info',
  '127.0.0.1',
  '::',
  'localhost',
  '22:00-07:00',
  '00:00-24:00',
  '07:00-07:00',
  '1:00-2:00,3:00-4:00',
  ',',
  '25:00-26:00',
  '__proto__',
  'constructor',
];

/** The environment variables that an operator may set. */
export const config: FuzzTarget = {
  name: 'config',
  cost: 20,

  generate(random: Random): string {
    const names = SETTING_NAMES.filter(() => random.chance(0.4));
    const value = (): string => {
      const text = random.pick(VALUES);
      return random.chance(0.4) ? mutateText(random, text) : text;
    };
    return JSON.stringify(Object.fromEntries(names.map((name) => [name, value()])));
  },

  check(input: string): void {
    const env = JSON.parse(input) as Record<string, string>;
    try {
      const loaded = loadConfig(env);
      must(threadCount(loaded) >= 1 && threadCount(loaded) <= 256, 'threads out of range');
      must(loaded.API_PORT >= 1 && loaded.API_PORT <= 65_535, 'port out of range');
      must(
        loaded.MINING_INTENSITY >= 1 && loaded.MINING_INTENSITY <= 100,
        'intensity out of range',
      );
      must(typeof loaded.MINING_SCHEDULE.allows(new Date(0)) === 'boolean', 'no schedule');
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const line of error.message.split('\n')) {
        const [name] = line.split(':');
        must(name !== undefined && name in env, `no variable is named: ${line}`);
      }
    }
  },
};
