import { z } from 'zod';
import type { NodeReport, RunReport, SimulatedNode } from '../../simulator';
import { count, si } from '../../src/format';
import { FollowedProcesses } from './followed-processes';
import { printable } from './terminal-text';

/** What remote workers did for a node, over HTTP and Stratum. */
export interface RemoteWork {
  /** Names of those that had a share accepted. */
  readonly workers: readonly string[];
  readonly acceptedShares: number;
  readonly rejectedShares: number;
  /** The hashes that the accepted shares stand for; decimal string, null where a node doesn't tell. */
  readonly provenHashes: string | null;
  /** False if a process ended before the run did, or did not answer at the end: there may have been more. */
  readonly complete: boolean;
}

/** A node of this task; null if nothing is known of its workers. */
export interface NodeWithWorkers extends NodeReport {
  readonly remoteWork: RemoteWork | null;
}

/** How many workers of a node are named in a sentence. */
const NAMED = 3;

const answerSchema = z.object({
  workers: z.array(
    z.object({
      worker_id: z.string(),
      accepted_shares: z.number(),
      rejected_shares: z.record(z.string(), z.number()),
      proven_hashes: z.string().regex(/^\d+$/).optional(),
    }),
  ),
});
type Worker = z.infer<typeof answerSchema>['workers'][number];

/** The workers in the body of GET /workers; undefined if it is something else. */
export function workersIn(body: unknown): readonly Worker[] | undefined {
  return answerSchema.safeParse(body).data?.workers;
}

/** Counts what remote workers do for a network's nodes (GET /workers): proofs don't tell whose their shares are. */
export class RemoteWorkCounts extends FollowedProcesses<readonly Worker[]> {
  constructor() {
    super('/workers', async (response) => workersIn(await response.json()));
  }

  /** Adds the counts to a network's report. */
  addTo<R extends RunReport>(
    report: R,
    nodes: readonly SimulatedNode[],
  ): Omit<R, 'nodes'> & { readonly nodes: readonly (R['nodes'][number] & NodeWithWorkers)[] } {
    const found: readonly R['nodes'][number][] = report.nodes;
    const counted = found.map((of, index) => {
      const node = nodes[index]!;
      const processes = this.of(node);
      const remoteWork =
        processes.length === 0 ? null : remoteWorkOf(processes.flat(), this.isAllOf(node));
      return { ...of, remoteWork };
    });
    return { ...report, nodes: counted };
  }
}

function remoteWorkOf(workers: readonly Worker[], complete: boolean): RemoteWork {
  const names = workers.filter(({ accepted_shares }) => accepted_shares > 0);
  const proven = workers.map(({ proven_hashes }) => proven_hashes);
  return {
    workers: [...new Set(names.map(({ worker_id }) => worker_id))],
    acceptedShares: workers.reduce((sum, { accepted_shares }) => sum + accepted_shares, 0),
    rejectedShares: workers
      .flatMap(({ rejected_shares }) => Object.values(rejected_shares))
      .reduce((sum, shares) => sum + shares, 0),
    provenHashes: proven.every((hashes) => hashes !== undefined)
      ? String(proven.reduce((sum, hashes) => sum + BigInt(hashes), 0n))
      : null,
    complete,
  };
}

/** A sentence for each node that remote workers mined for. */
export function remoteWorkSentences(
  nodes: readonly (NodeReport & Partial<NodeWithWorkers>)[],
): string[] {
  return nodes.flatMap(({ name, remoteWork }) => {
    if (!remoteWork || remoteWork.acceptedShares + remoteWork.rejectedShares === 0) return [];
    const { workers, acceptedShares, rejectedShares, provenHashes, complete } = remoteWork;
    const hashes =
      provenHashes === null ? '' : `, which stand for ${si(BigInt(provenHashes))} hashes`;
    const rejected = rejectedShares === 0 ? '' : `; ${rejectedShares} rejected`;
    const shares = `${complete ? '' : 'at least '}${count(acceptedShares, 'share')}`;
    return [`Remote work of ${name}: ${shares} of ${namesOf(workers)}${hashes}${rejected}.`];
  });
}

/** "2 workers (rig1, rig2)" */
function namesOf(workers: readonly string[]): string {
  if (workers.length === 0) return 'no worker';
  const named = workers.slice(0, NAMED).map(printable).join(', ');
  return `${count(workers.length, 'worker')} (${named}${workers.length > NAMED ? ', …' : ''})`;
}
