/** A node that is to run a task: its name and the environment of its processes. */
export interface PairedNode {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The rule of a desktop node (koii-node 1.3.2): it keeps the Run button off until each variable that the deployment
 * declares is paired with a stored one, whose value is never empty. None has a default, none is optional.
 * @param declared names of the TASK_VARIABLE and GLOBAL_VARIABLE tags
 * @throws Error that names each variable without a value and the nodes that lack it
 */
export function requirePaired(declared: readonly string[], nodes: readonly PairedNode[]): void {
  const unpaired = [...new Set(declared)].flatMap((variable) => {
    const lacking = nodes.filter(({ env }) => !env[variable]);
    if (lacking.length === 0) return [];
    const names = lacking.map(({ name }) => name).join(', ');
    return [`  ${variable}: ${lacking.length === nodes.length ? 'every node' : names}`];
  });
  if (unpaired.length === 0) return;
  throw new Error(
    [
      'no desktop node could start this task: its deployment declares variables that have no value here',
      ...unpaired,
      'Give each a value that is not empty (startNetwork takes it from env, npm run simulate from the shell), or declare no such tag.',
    ].join('\n'),
  );
}
