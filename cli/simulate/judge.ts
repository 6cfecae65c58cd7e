import type { RunReport } from '../../simulator/index';
import { cheaterReports, rolesOf, type CheaterReport } from './cheater-report';
import type { PlannedNode } from './cheaters';
import { costOf, type Cost } from './cost';
import { brokenInvariants } from './invariants';

/** A run of this task, judged: what must never happen is among its failures. */
export interface JudgedReport extends RunReport {
  readonly cheaters: readonly CheaterReport[];
  /** What the cheaters cost the honest nodes together. */
  readonly cost: Cost;
}

/** @param plan by which the network's nodes were started, in their order */
export function judge(report: RunReport, plan: readonly PlannedNode[]): JudgedReport {
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
