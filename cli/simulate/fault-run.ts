import type { RunReport } from '../../simulator/index';
import { rolesOf } from './cheater-report';
import type { PlannedNode } from './cheaters';
import { isValid } from './fair-list';

/** A run with faults, judged by what must hold under faults alone. */
export function judgeUnderFaults<R extends RunReport>(report: R, plan: readonly PlannedNode[]): R {
  const failures = brokenByFaults(report, rolesOf(plan, report).honest);
  return { ...report, succeeded: failures.length === 0, failures };
}

/**
 * What must hold for honest nodes whatever happens to them and to their RPC. A round that goes unpaid, because its
 * list-maker was away in the one moment in which its SDK asked, is not among it.
 * @returns a sentence for each thing that did not hold
 */
export function brokenByFaults(report: RunReport, honest: ReadonlySet<string>): string[] {
  const nodes = report.nodes.filter(({ publicKey }) => honest.has(publicKey));
  const names = new Map(report.nodes.map(({ publicKey, name }) => [publicKey, name]));
  return [
    ...nodes.flatMap(({ name, exits }) =>
      exits
        .filter(({ requested, code }) => !requested && code !== 0)
        .map(({ code, signal, round }) => `${name} ended with ${code ?? signal} in round ${round}`),
    ),
    ...nodes
      .filter(({ stakeAfter, stakeBefore }) => stakeAfter < stakeBefore)
      .map(({ name }) => `${name} is honest and lost stake`),
    ...report.rounds.flatMap((round) => {
      const valid = new Map(round.submissions.map((each) => [each.publicKey, isValid(each)]));
      const invalid = [...valid]
        .filter(([key, is]) => honest.has(key) && is === false)
        .map(([key]) => `round ${round.round}: ${names.get(key)} is honest, its proof invalid`);
      const slander = round.auditVotes
        .filter(
          ({ voter, candidate, isValid: vote }) =>
            honest.has(voter) && !vote && valid.get(candidate),
        )
        .map(
          ({ voter, candidate }) =>
            `round ${round.round}: ${names.get(voter)} is honest and voted ${names.get(candidate)} down`,
        );
      return [...invalid, ...slander];
    }),
  ];
}
