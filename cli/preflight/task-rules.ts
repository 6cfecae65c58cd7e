import { KEPT_ROUNDS } from '../../src/consensus';
import { fail, pass, shown, warn, type Finding } from './finding';
import { tagsOf, VARIABLE_TAGS, type TaskFields } from './task-fields';

// What this task needs of its config-task.yml, besides the rules of create-task-cli.

/** The seeds of rounds that are audited and paid are derived from submissions that old (docs/PROTOCOL.md section 3). */
export function checkKeptRounds(task: TaskFields): Finding {
  const name = 'allowed_failed_distributions';
  const kept = task[name];
  if (typeof kept === 'number' && kept >= KEPT_ROUNDS) {
    const more = kept > KEPT_ROUNDS;
    return more
      ? warn(
          name,
          `K2 keeps the submissions of ${kept} rounds, and seeds need ${KEPT_ROUNDS}`,
          `Set it to ${KEPT_ROUNDS}: each round more takes its part of space`,
        )
      : pass(name, `K2 keeps the submissions of ${kept} rounds, as many as seeds need`);
  }
  return fail(
    name,
    `expected ${KEPT_ROUNDS}, got ${shown(kept)}: K2 keeps the submissions of so many rounds, and seeds are derived from those of ${KEPT_ROUNDS}`,
    `Set it to ${KEPT_ROUNDS}`,
  );
}

/** The desktop node keeps Run off until each declared variable is paired. */
export function checkVariables(task: TaskFields): Finding {
  const declared = (tagsOf(task) ?? []).filter(({ type }) => VARIABLE_TAGS.includes(String(type)));
  if (declared.length === 0) return pass('variables', 'none: a node runs the task as it comes');
  const names = declared.map(({ value }) => shown(value)).join(', ');
  return fail(
    'variables',
    `requirementsTags declare ${names}: a desktop node lets nobody run the task before each is paired by hand with a value`,
    "Remove them: owners change settings on the task's page",
  );
}

export function checkEnvironment({ environment }: TaskFields): Finding {
  return environment === 'PRODUCTION'
    ? warn(
        'environment',
        'PRODUCTION: the task is shown to all who run nodes',
        'Deploy it with TEST first, and see that it pays (docs/DEPLOY.md)',
      )
    : pass(
        'environment',
        'TEST: the task is for those who know its id; PRODUCTION shows it to all',
      );
}

const URLS = ['repositoryUrl', 'imageUrl', 'infoUrl'];

/** What config-task.yml has before a deployer changes it, and the examples of Koii's templates. */
const NOT_YOURS: readonly [RegExp, string][] = [
  [
    /^https:\/\/github\.com\/koii-network\/orca-mining-task\b/i,
    "this reference's, not that of your task",
  ],
  [
    /^https:\/\/github\.com\/koii-network\/(task-template|orca-task-template|task-examples|ezsandbox)\b/i,
    "that of Koii's template",
  ],
  [/^https:\/\/www\.koii\.network\/favicon\.png$/i, "Koii's own icon"],
];

/** Only what stands in the URLs: none is asked for. */
export function checkUrls(task: TaskFields): Finding[] {
  return URLS.map((name) => {
    const value = task[name];
    if (typeof value !== 'string' || !isHttps(value)) {
      return fail(
        name,
        `expected an https URL, got ${shown(value)}`,
        'Name a page of your own that anybody can read',
      );
    }
    const foreign = NOT_YOURS.find(([pattern]) => pattern.test(value));
    return foreign
      ? warn(
          name,
          `${shown(value)} is ${foreign[1]}`,
          'Name your own, so that operators find what they run',
        )
      : pass(name, `${shown(value)} is https and no template's`);
  });
}

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:';
}

/** All of the above. */
export function checkTask(task: TaskFields): Finding[] {
  return [checkKeptRounds(task), checkVariables(task), checkEnvironment(task), ...checkUrls(task)];
}
