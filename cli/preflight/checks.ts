import { ConfigError, parseTaskConfig, type TaskConfig } from '../../simulator';
import {
  checkAddons,
  checkChecksums,
  checkConsensus,
  checkFile,
  checkRehearsal,
  type Bundle,
} from './bundle';
import { checkCosts } from './costs';
import { checkFields } from './field-rules';
import { fail, type Finding } from './finding';
import { checkSdk } from './sdk';
import type { TaskFields } from './task-fields';
import { checkTask } from './task-rules';

/** The configuration as the simulator reads it; undefined where it can't be used, which checkFields says field by field. */
export function usableConfig(text: string): TaskConfig | undefined {
  try {
    return parseTaskConfig(text);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** All that is to be said of a config-task.yml. @param text the file's, that fields were read from */
export function checkConfig(fields: TaskFields, text: string): Finding[] {
  const config = usableConfig(text);
  const space = fields['space'];
  const isUsable = config !== undefined && typeof space === 'number' && space > 0;
  return [
    ...onePerField(checkFields(fields), checkTask(fields)),
    ...(isUsable
      ? checkCosts(config, space)
      : [fail('costs', 'not known, by these fields', 'Correct what is named above')]),
  ];
}

/** A field that create-task-cli would refuse is told of by that; of another one this task's own rule says more. */
function onePerField(general: readonly Finding[], own: readonly Finding[]): Finding[] {
  const refused = new Set(general.flatMap(({ level, name }) => (level === 'FAIL' ? [name] : [])));
  const told = new Set(own.map(({ name }) => name));
  return [
    ...general.filter(({ level, name }) => level === 'FAIL' || !told.has(name)),
    ...own.filter(({ name }) => !refused.has(name)),
  ];
}

/** All that is to be said of a bundle without running it. @param root the folder of package-lock.json */
export function checkBundle(bundle: Bundle, root: string): Finding[] {
  return [
    ...checkFile(bundle),
    checkRehearsal(bundle),
    checkChecksums(bundle),
    ...checkSdk(bundle, root),
    checkAddons(bundle),
    ...checkConsensus(bundle),
  ];
}
