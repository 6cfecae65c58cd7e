/** A Koii network on one machine: real task processes over one simulated ledger. See docs/SIMULATOR.md. */
export {
  ConfigError,
  parseTaskConfig,
  readTaskConfig,
  ROE_PER_TOKEN,
  type TaskConfig,
} from './config';
export { Faults } from './faults';
export type { InspectedRound, InspectedSubmission, Inspector, ReportFields } from './inspector';
export { deriveKeyPair } from './keys';
export { Ledger, type Amounts } from './ledger';
export { LedgerError } from './ledger-error';
export type { Method, Methods } from './methods';
export { startNetwork, type Network, type NetworkEvent, type NetworkOptions } from './network';
export type { NodeProcess, NodeState, ProcessExit, RoundEvent } from './node-process';
export { freePorts } from './ports';
export type { ListReport, NodeReport, RoundReport, RunReport, SubmissionReport } from './report';
export type { Phase, PhaseName } from './schedule';
export { taskIdOf, type SimulatedNode } from './simulated-node';
