export interface Submitter {
  publicKey: string;
  /** 1 if nobody raised an audit, else the sum of +1 and -1. */
  votes: number;
  /** In ROE. */
  stake: number;
}

/** ROE by public key; a negative amount is taken from the stake. */
export type DistributionList = Record<string, number>;

/** The six functions a task is made of. */
export interface UserFunctions {
  setup: () => Promise<void>;
  task: (roundNumber: number) => Promise<unknown>;
  submission: (roundNumber: number) => Promise<string | void>;
  audit: (submission: string, roundNumber: number, submitterKey: string) => Promise<boolean | void>;
  distribution: (
    submitters: Submitter[],
    bounty: number,
    roundNumber: number,
  ) => Promise<DistributionList>;
  routes: () => Promise<void>;
}
