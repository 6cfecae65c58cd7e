import type {
  InspectedRound,
  InspectedSubmission,
  Inspector,
  ReportFields,
  SimulatedNode,
} from '../../simulator';
import { PROOF_RULES, type ProofRules } from '../../src/consensus';
import { si } from '../../src/format';
import { verifyProof } from '../../src/proof/verify';
import { decodeKey } from '../../src/work/identity';
import { roundSeed } from '../../src/work/seed';
import { nameOf } from '../../src/work/source';
import { apiOf } from './dashboard';
import type { SummaryColumn } from './tables';

const TIMEOUT_MS = 2000;

/** What the simulator asks of GET /task/:roundNumber (the HTTP API's first column). */
interface TaskParameters {
  readonly hash_rate: number;
  readonly valid_shares: number;
  readonly hashes_done: string;
}

/** Shows what this task's nodes mine, and checks their proofs as an auditor does. */
export const miningInspector = inspectorBy(PROOF_RULES);

/** The same for a task that was built with other rules. */
export function inspectorBy(rules: ProofRules): Inspector {
  return {
    liveColumns: ['Hashrate', 'Shares'],

    async live(node, round) {
      const task = await taskParameters(node, round);
      return task === undefined
        ? ['-', '-']
        : [si(task.hash_rate, 'H/s'), String(task.valid_shares)];
    },

    round: (round) => Promise.resolve({ seed: seedOf(round).toString('hex') }),

    async submission(submission, round) {
      const task = await taskParameters(submission.node, round.round);
      return {
        hashesDone: task?.hashes_done ?? null,
        ...judgeSubmission(submission, round, seedOf(round), rules),
        ...(isLate(submission, round) && { late: true }),
      };
    },
  };
}

/** Totals over a node's submissions for the table at the end. */
export const miningSummary: readonly SummaryColumn[] = [
  { title: 'Hashes\ndone', ofSubmissions: (fields) => sum(fields, 'hashesDone') },
  { title: 'Hashes\nestimated', ofSubmissions: (fields) => sum(fields, 'estimatedHashes') },
];

/** The verdict on a proof, as fields of the report. */
export function judgeSubmission(
  { publicKey, value }: Pick<InspectedSubmission, 'publicKey' | 'value'>,
  { taskId, round }: Pick<InspectedRound, 'taskId' | 'round'>,
  seed: Uint8Array,
  rules = PROOF_RULES,
): ReportFields {
  const of = { taskId: decodeKey(taskId), round, seed };
  const found = verifyProof(value, decodeKey(publicKey), of, rules);
  return found.valid
    ? {
        workSource: nameOf(found.source),
        estimatedHashes: String(found.hashes),
        shares: found.shares,
        valid: true,
      }
    : { estimatedHashes: '0', shares: 0, valid: false, reason: found.reason };
}

/** Whether it came after its window, which ends in the round after its own. */
function isLate(
  { publicKey }: InspectedSubmission,
  { round, schedule, submissionsBefore }: InspectedRound,
): boolean {
  return !submissionsBefore(schedule.auditStartOf(round + 1), round).has(publicKey);
}

/** Mining keeps the seed that it has after this fraction of a round (docs/PROTOCOL.md section 3). */
const CORRECTABLE_PART = 0.1;

/** The seed that is mined on: what is submitted later for two rounds before has no effect. */
function seedOf({ taskId, round, schedule, submissionsBefore }: InspectedRound): Buffer {
  const slot = schedule.startOf(round) + CORRECTABLE_PART * schedule.times.roundTime;
  const submissions = Object.fromEntries(submissionsBefore(slot, round - 2));
  return roundSeed(decodeKey(taskId), round, submissions);
}

/** Undefined while the node doesn't answer, or doesn't know the round. */
async function taskParameters(
  node: SimulatedNode,
  round: number,
): Promise<TaskParameters | undefined> {
  try {
    const response = await fetch(`${apiOf(node)}/task/${round}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return response.ok ? ((await response.json()) as TaskParameters) : undefined;
  } catch {
    return undefined;
  }
}

function sum(submissions: readonly ReportFields[], field: string): string {
  const values = submissions
    .map((fields) => fields[field])
    .filter((value) => typeof value === 'string');
  return values.length === 0 ? '-' : si(values.reduce((total, value) => total + BigInt(value), 0n));
}
