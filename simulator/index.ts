/** A Koii network on one machine: real task processes over one simulated ledger. See docs/SIMULATOR.md. */
export {
  ConfigError,
  parseTaskConfig,
  readTaskConfig,
  ROE_PER_TOKEN,
  type TaskConfig,
} from './config';
export { OUTSIDE, type Entry as BlockEntry } from './bitcoin/chain';
export { BitcoinFaults, randomPlan, type BitcoinFault, type BitcoinPlan } from './bitcoin/faults';
export { BitcoinNodes } from './bitcoin/nodes';
export { bitcoinReport, type BitcoinReport, type BlockReport } from './bitcoin/report';
export { Faults } from './faults';
export type { InspectedRound, InspectedSubmission, Inspector, ReportFields } from './inspector';
export { deriveKeyPair } from './keys';
export type { Amounts } from './funds';
export { Ledger } from './ledger';
export { LedgerError } from './ledger-error';
export {
  LEDGER_DEFAULTS,
  LEDGER_NAMES,
  parseLedgerOptions,
  type LedgerOptions,
} from './ledger-options';
export type { Method, Methods } from './methods';
export { startNetwork, type Network } from './network';
export type { NetworkEvent, NetworkOptions } from './network-options';
export type { Notice, NoticeLevel } from './notices';
export type { NodeProcess, NodeState, ProcessExit, RoundEvent } from './node-process';
export { freePorts, whyNotFree } from './ports';
export type { ListOutcome } from './distribution-lists';
export type {
  KeyReport,
  ListReport,
  NodeReport,
  RoundReport,
  RunReport,
  SubmissionReport,
  VoteReport,
} from './report';
export type { Phase, PhaseName } from './schedule';
export { taskIdOf, type SimulatedNode } from './simulated-node';
