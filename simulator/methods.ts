import { distributionInfo, submissionInfo, taskState } from './chain-view';
import type { SlotClock } from './clock';
import type { TaskConfig } from './config';
import { checkPayable } from './distribution-lists';
import { openSigned, parsePublicKey, signJson, type KeyPair } from './keys';
import type { Ledger } from './ledger';
import { LedgerError } from './ledger-error';
import { isNoticeLevel, type NoticeLevel } from './notices';
import { callFs } from './task-files';

/** The accounts of one node. The staking key submits, votes and is paid; the main key signs data. */
export interface NodeAccounts {
  readonly main: KeyPair;
  readonly staking: KeyPair;
}

/** What a node needs to answer calls. */
export interface MethodContext {
  readonly taskId: string;
  readonly config: TaskConfig;
  readonly ledger: Ledger;
  readonly clock: SlotClock;
  readonly accounts: NodeAccounts;
  /** The task's own directory. */
  readonly directory: string;
  readonly rpcUrl: () => string;
  readonly onSetup: () => void;
  readonly onNotice: (level: NoticeLevel, message: string, action: string) => void;
}

/** A call of a task to its node. Takes and returns JSON values; the message of what it throws reaches the task. */
export type Method = (...args: unknown[]) => unknown;
export type Methods = Record<string, Method>;

/** The version a task is told it runs under: the node whose behaviour is simulated. */
const NODE_VERSION = '1.3.2';

/** Where a task in this directory is told to keep its store. */
export function storePathIn(directory: string): string {
  return `${directory}/KOIILevelDB.db`;
}

/** The methods behind POST /namespace-wrapper for one node, as published. */
export function createMethods(context: MethodContext): Methods {
  const { accounts, clock, config, directory, ledger, taskId } = context;
  const submitter = accounts.staking.publicKey;

  const state = (options: unknown) => taskState(ledger, { taskId, config }, options ?? {});

  const methods: Methods = {
    defaultTaskSetup: () => context.onSetup(),
    getTaskLevelDBPath: () => storePathIn(directory),
    getBasePath: () => directory,
    getTaskNodeVersion: () => NODE_VERSION,
    getRpcUrl: () => context.rpcUrl(),
    getNodes: () => [],

    getCurrentSlot: () => ledger.slot,
    getAverageSlotTime: () => clock.slotMs,
    getRound: () => ledger.currentRound,

    getTaskState: (options) => state(options),
    getTaskStateById: (id, options) => {
      if (id !== taskId) throw new Error(`there is no task ${String(id)} on this network`);
      return state(options);
    },
    getTaskSubmissionInfo: (round) => submissionInfo(ledger, asRound(round)),
    getTaskDistributionInfo: (round) => distributionInfo(ledger, asRound(round)),

    // The shape that JSON makes of a web3.js Keypair.
    getSubmitterAccount: () => ({
      _keypair: {
        publicKey: { ...accounts.staking.publicKeyBytes },
        secretKey: { ...accounts.staking.secretKey },
      },
    }),

    checkSubmissionAndUpdateRound: (value, round) => {
      if (typeof value !== 'string') throw new TypeError('a submission is a string');
      // The node submits only if the chain doesn't have this round's submission yet.
      if (ledger.record(asRound(round))?.submissions.has(submitter)) return;
      ledger.submit(submitter, asRound(round), value);
    },
    auditSubmission: (candidate, isValid, round) =>
      ledger.voteOnSubmission(
        submitter,
        parsePublicKey(candidate),
        asRound(round),
        asBoolean(isValid),
      ),

    uploadDistributionList: (list, round) => {
      const amounts = checkPayable(list, ledger.rules.bountyPerRound);
      for (const key of Object.keys(amounts)) parsePublicKey(key);
      ledger.writeAccount(submitter, submitter, asRound(round), JSON.stringify(amounts));
      return true;
    },
    distributionListSubmissionOnChain: (round) => {
      if (ledger.readAccount(submitter, asRound(round)) === undefined) {
        throw new LedgerError(
          `${submitter} has uploaded no distribution list of round ${String(round)}`,
        );
      }
      ledger.nameList(submitter, submitter, asRound(round));
    },
    // Honest nodes name a public key as the account; a cheater can name any text.
    getDistributionList: (account, round) => {
      const name = typeof account === 'string' ? account : parsePublicKey(account);
      const text = ledger.retains(asRound(round))
        ? ledger.readAccount(name, asRound(round))
        : undefined;
      if (text === undefined) {
        throw new Error(`${name} holds no distribution list of round ${String(round)}`);
      }
      return text;
    },
    distributionListAuditSubmission: (candidate, isValid, round) =>
      ledger.voteOnList(submitter, parsePublicKey(candidate), asRound(round), asBoolean(isValid)),
    // The ledger pays as soon as the audit window is over, whoever asks for it.
    payloadTrigger: (round) => void asRound(round),

    signData: (body) => signJson(body, accounts.main),
    verifySignedData: (signed, publicKey) => openSigned(String(signed), String(publicKey)),

    // Like the SDK's own logger in its local test mode.
    logger: (level, message, action) => {
      if (!isNoticeLevel(level)) return false;
      context.onNotice(level, String(message), String(action));
      return true;
    },
    fs: (method, ...args) => callFs(directory, String(method), ...args),
    fsStaking: (method, ...args) => callFs(directory, String(method), ...args),
    fsReadStream: (path) => callFs(directory, 'readFile', path),
  };
  return onTime(methods, context);
}

/** The same methods, each of which first advances the ledger to the clock's slot. */
export function onTime(
  methods: Methods,
  { ledger, clock }: Pick<MethodContext, 'ledger' | 'clock'>,
): Methods {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (...args: unknown[]) => {
        ledger.advance(clock.slot());
        return method(...args);
      },
    ]),
  );
}

/** @throws TypeError for an argument that is not a round number */
export function asRound(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new TypeError(`expected a round number, got ${JSON.stringify(value)}`);
  }
  return value as number;
}

function asBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw new TypeError(`expected true or false, got ${JSON.stringify(value)}`);
  }
  return value;
}
