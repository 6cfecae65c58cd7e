import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { count } from '../../src/format';
import { BACKENDS } from '../../src/mining/kernels/kernel';

/**
 * The hash loops that the nodes mined with, by what they logged last: "Hash loops: native (3 nodes)."
 * @param directory of the run, which has a folder for each node
 * @param names of the nodes
 * @returns undefined where no log tells, as with LOG_LEVEL=warn
 */
export function backendSentence(directory: string, names: readonly string[]): string | undefined {
  const used = names.map((name) => backendIn(logOf(directory, name)));
  const counts = BACKENDS.map((backend) => ({
    backend,
    nodes: used.filter((each) => each?.includes(backend)).length,
  })).filter(({ nodes }) => nodes > 0);
  if (counts.length === 0) return undefined;
  const told = counts.map(({ backend, nodes }) => `${backend} (${count(nodes, 'node')})`);
  return `Hash loops: ${told.join(', ')}.`;
}

/** The backends in the engine's last line about them: "mining with 2 threads on 1 native, 1 js". */
function backendIn(log: string): readonly string[] | undefined {
  return (
    [...log.matchAll(/: mining with .*threads? on (.*)$/gm)].at(-1)?.[1]!.match(/[a-z-]+/g) ??
    undefined
  );
}

function logOf(directory: string, name: string): string {
  try {
    return readFileSync(join(directory, name, 'task.log'), 'utf8');
  } catch {
    return '';
  }
}
