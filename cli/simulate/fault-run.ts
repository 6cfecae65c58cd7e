import type { Faults, RunReport, VoteReport } from '../../simulator';
import { rolesOf } from './cheater-report';
import type { PlannedNode } from './cheaters';
import { isRightList, isValid } from './fair-list';
import { namesOf } from './invariants';

/** Judges a run with faults only by what must hold despite them. */
export function judgeUnderFaults<R extends RunReport>(
  report: R,
  plan: readonly PlannedNode[],
  faults: Pick<Faults, 'hadWrongView'>,
): R {
  const failures = brokenByFaults(report, rolesOf(plan, report).honest, faults.hadWrongView);
  return { ...report, succeeded: failures.length === 0, failures };
}

/**
 * What must hold for honest nodes whatever happens to them and their RPC: none ends unless asked to, loses stake, or
 * votes against a valid proof or, with a right view of the chain, a right list. Allowed are an invalid proof, if a node
 * mined on a seed from a lagging view, and an unpaid round, if too few nodes were awake.
 * @param hadWrongView whether a node, by key, was shown a stale or partial chain while a round ran
 * @returns a sentence for each requirement that did not hold
 */
export function brokenByFaults(
  report: RunReport,
  honest: ReadonlySet<string>,
  hadWrongView: Faults['hadWrongView'],
): string[] {
  const nodes = report.nodes.filter(({ publicKey }) => honest.has(publicKey));
  const name = namesOf(report);
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
      const against = ({ voter, isValid: vote }: VoteReport): boolean => honest.has(voter) && !vote;
      const told =
        (what: string) =>
        ({ voter, candidate }: VoteReport) =>
          `round ${round.round}: ${name(voter)} is honest and voted ${what}${name(candidate)} down`;
      const right = round.distributionLists.filter((list) => isRightList(report, round, list));
      return [
        ...round.auditVotes
          .filter((vote) => against(vote) && valid.get(vote.candidate))
          .map(told('')),
        ...right.flatMap(({ auditVotes, submittedInRound }) =>
          auditVotes
            .filter((vote) => against(vote) && !hadWrongView(vote.voter, submittedInRound))
            .map(told('the right list of ')),
        ),
      ];
    }),
  ];
}
