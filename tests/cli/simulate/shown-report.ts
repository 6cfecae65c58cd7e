import type { AuditedNode, NodeAudits } from '../../../cli/simulate/audits';
import { LEDGER_DEFAULTS, type RoundReport, type RunReport } from '../../../simulator';

/** As long as a proof of 28 shares. */
const PROOF = 'Ab3_'.repeat(123);

/** The report of a run of one round, in which the nodes with these keys share a token. */
export function shownReport(
  keys: readonly string[],
  audits: (index: number) => NodeAudits | null = () => ({
    valid: 2,
    invalid: 0,
    abstained: 0,
    complete: true,
  }),
): RunReport & { nodes: AuditedNode[] } {
  const payouts = Object.fromEntries(keys.map((key) => [key, Math.floor(1e9 / keys.length)]));
  const round: RoundReport = {
    round: 0,
    seed: '5e'.repeat(32),
    accepted: true,
    closed: true,
    payouts,
    auditVotes: [],
    listPenalties: {},
    expectedListMakers: [],
    submissions: keys.map((publicKey) => ({
      publicKey,
      value: PROOF,
      slot: 3,
      shares: 28,
      valid: true,
      workSource: 'koii',
      hashesDone: '19000000',
      estimatedHashes: '20000000',
    })),
    distributionLists: keys.map((madeBy, index) => ({
      madeBy,
      account: madeBy,
      submittedInRound: 2,
      slot: 9,
      accepted: index === 0,
      outcome: index === 0 ? 'accepted' : 'not used',
      amounts: payouts,
      payable: true,
      auditVotes: [],
    })),
  };
  return {
    taskId: keys[0]!,
    taskName: 'Task',
    roundSeconds: 9,
    bountyPerRound: 1e9,
    ledger: LEDGER_DEFAULTS,
    interrupted: false,
    succeeded: true,
    failures: [],
    rounds: [round],
    nodes: keys.map((publicKey, index) => ({
      name: `node-${index + 1}`,
      publicKey,
      stakeBefore: 19e8,
      stakeAfter: 19e8,
      balance: payouts[publicKey]!,
      extraKeys: [],
      calls: {},
      refusals: [],
      log: '',
      exits: [{ code: 0, signal: null, requested: true, round: 2 }],
      notices: [
        {
          round: 0,
          level: 'log',
          action: 'Open it in a browser on this machine',
          message: `Your mining page, with its controls and settings: http://127.0.0.1:8080/?token=${'5d'.repeat(16)} (open it on this machine, and keep the address to yourself)`,
        },
      ],
      audits: audits(index),
    })),
  };
}
