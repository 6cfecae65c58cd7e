import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { KINDS, type Kind, type KindName } from '../../adversaries/kinds';
import { bundle, REGTEST } from './bundle';

/** Honest nodes stake this many times the minimum, cheaters the minimum. */
const HONEST_STAKE = 2;

/** One node of a run. */
export interface PlannedNode {
  readonly name: string;
  /** How it cheats; undefined for an honest node. */
  readonly kind: KindName | undefined;
  /** ROE. */
  readonly stake: number;
  /** Whether its operator changed the node's software (simulator/modified-node.ts). */
  readonly modified: boolean;
  /** Further keys that its operator has staked. */
  readonly extraKeys: number;
  /** Its own operator's variables. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Reads --cheaters. @throws RangeError for an unknown kind */
export function parseKinds(text: string): KindName[] {
  return text.split(',').map((name) => {
    if (Object.hasOwn(KINDS, name)) return name as KindName;
    throw new RangeError(`no cheater ${JSON.stringify(name)}: ${Object.keys(KINDS).join(', ')}`);
  });
}

/** How many nodes these cheaters need. */
export function nodesOf(kinds: readonly KindName[]): number {
  return kinds.reduce((sum, kind) => sum + KINDS[kind].nodes, 0);
}

/**
 * The nodes of a run: the honest ones, then the cheaters.
 * @param minimumStake ROE
 * @throws RangeError unless the honest nodes hold more than half of the nodes' stakes, and outnumber those that
 *   vote against right lists
 */
export function planNodes(
  honest: number,
  kinds: readonly KindName[],
  minimumStake: number,
): PlannedNode[] {
  const cheaters = kinds.flatMap((kind, at) => cheatersOf(kind, copyNumber(kinds, at)));
  if (cheaters.length >= HONEST_STAKE * honest) {
    const needed = Math.floor(cheaters.length / HONEST_STAKE) + 1;
    throw new RangeError(
      `honest nodes must hold more than half of the stake: ${cheaters.length} cheating ones need --nodes ${needed} or more`,
    );
  }
  const vetoing = cheaters.filter(({ kind }) => vetoes(kind)).length;
  if (vetoing >= honest) {
    throw new RangeError(
      `honest nodes must outvote vetoes: ${vetoing} need --nodes ${vetoing + 1} or more`,
    );
  }
  const stake = kinds.length === 0 ? minimumStake : HONEST_STAKE * minimumStake;
  return [
    ...Array.from({ length: honest }, (_, index) => ({
      name: `node-${index + 1}`,
      kind: undefined,
      stake,
      modified: false,
      extraKeys: 0,
      variables: {},
    })),
    ...cheaters.map((cheater) => ({ ...cheater, stake: minimumStake })),
  ];
}

/**
 * Bundles the cheaters into a directory of the run, and writes an executable for each kind beside the bundle.
 * @param bitcoin whether they mine on the simulator's Bitcoin
 * @returns executables by kind
 */
export async function buildCheaters(
  kinds: readonly KindName[],
  directory: string,
  signal?: AbortSignal,
  bitcoin = false,
): Promise<ReadonlyMap<KindName | undefined, string>> {
  const executables = new Map<KindName | undefined, string>();
  if (kinds.length === 0) return executables;
  const out = join(directory, 'adversaries');
  const network = bitcoin ? REGTEST : [];
  await bundle([...network, '--env', 'entry=./adversaries/main.ts', '--env', `out=${out}`], signal);
  for (const kind of kinds) {
    // Not an environment variable: a node passes only those that the task declares.
    const main = JSON.stringify(join(out, 'main.js'));
    const executable = join(out, `${kind}.js`);
    writeFileSync(executable, `void require(${main}).run(${JSON.stringify(kind)});\n`);
    executables.set(kind, executable);
  }
  return executables;
}

function cheatersOf(
  kind: KindName,
  copy: string,
): (Omit<PlannedNode, 'stake'> & { kind: KindName })[] {
  const { nodes, variables, modified = false, extraKeys = 0 }: Kind = KINDS[kind];
  return Array.from({ length: nodes }, (_, index) => ({
    name: `${kind}${copy}${nodes === 1 ? '' : `-${'ab'[index]}`}`,
    kind,
    modified,
    extraKeys,
    variables,
  }));
}

function vetoes(kind: KindName): boolean {
  const { vetoes = false }: Kind = KINDS[kind];
  return vetoes;
}

/** Empty for the first of a kind, then -2, -3 ... */
function copyNumber(kinds: readonly KindName[], at: number): string {
  const before = kinds.slice(0, at).filter((kind) => kind === kinds[at]).length;
  return before === 0 ? '' : `-${before + 1}`;
}
