import type { RunReport } from '../../simulator';
import { cheaterReports, rolesOf, type CheaterReport } from './cheater-report';
import type { PlannedNode } from './cheaters';
import { costOf, type Cost } from './cost';
import { brokenInvariants } from './invariants';

/** The judgement of a run of this task: broken invariants are among its failures. */
interface Judgement extends Pick<RunReport, 'succeeded' | 'failures'> {
  readonly cheaters: readonly CheaterReport[];
  /** What the cheaters cost the honest nodes together. */
  readonly cost: Cost;
}

export type JudgedReport<R extends RunReport = RunReport> = R & Judgement;

/** @param plan the one by which the network was started, in the nodes' order */
export function judge<R extends RunReport>(
  report: R,
  plan: readonly PlannedNode[],
): JudgedReport<R> {
  const roles = rolesOf(plan, report);
  const failures = [...report.failures, ...brokenInvariants(report, roles)];
  return {
    ...report,
    succeeded: failures.length === 0,
    failures,
    cheaters: cheaterReports(plan, report),
    cost: costOf(report, roles.honest),
  };
}
