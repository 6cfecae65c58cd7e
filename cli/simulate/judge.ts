import type { RunReport } from '../../simulator/index';
import { cheaterReports, rolesOf, type CheaterReport } from './cheater-report';
import type { PlannedNode } from './cheaters';
import { brokenInvariants } from './invariants';

/** A run of this task, judged: what must never happen is among its failures. */
export interface JudgedReport extends RunReport {
  readonly cheaters: readonly CheaterReport[];
}

/** @param plan by which the network's nodes were started, in their order */
export function judge(report: RunReport, plan: readonly PlannedNode[]): JudgedReport {
  const failures = [...report.failures, ...brokenInvariants(report, rolesOf(plan, report))];
  return {
    ...report,
    succeeded: failures.length === 0,
    failures,
    cheaters: cheaterReports(plan, report),
  };
}
