import path from 'node:path';
import { proofsOf } from '../audit/auditor';
import { ListKeeper } from '../distribution/list-keeper';
import { loadListSecret } from '../distribution/lots';
import { makeList } from '../distribution/own-lists';
import type { Payouts } from '../distribution/payouts';
import { Recounts } from '../distribution/recounts';
import { Account, loadIdentity } from '../koii/account';
import { limitAnswers, MAX_ANSWER_BYTES } from '../koii/answer-limit';
import { nodeCallFailures, Patience, SHORT_MS } from '../koii/calls';
import {
  roundLengthMs,
  roundTimes,
  roundThatRuns,
  chain,
  newerTask,
  submissionsOf,
} from '../koii/chain';
import { ledger } from '../koii/ledger';
import { showInNode } from '../koii/notices';
import { RECORD_FILE } from '../koii/recorder';
import { IS_SHARED_REHEARSAL, REHEARSAL, rehearsalLine, silentLedger } from '../koii/rehearsal';
import { localTestMode, recorder } from '../koii/sdk';
import { openStore, storePath } from '../koii/store';
import { type MiningNode, createNode } from '../node';
import { Alarms } from '../notices/alarms';
import { Notices } from '../notices/notices';
import { openWebhooks, tellAll } from '../notices/outlets';
import type { Webhooks } from '../notices/webhooks';
import { monotonicClock as clock } from '../process/clock';
import { stop } from '../process/exit';
import { createLog, sparingly, type Log } from '../process/log';
import type { Verdict } from '../proof/verify';
import { FinalProofs } from '../rounds/final-proof';
import { RoundRunner, type RoundChain } from '../rounds/round-runner';
import { loadConfig } from '../settings/schema';
import { Settings } from '../settings/settings';
import { SETTINGS_FILE } from '../settings/stored-settings';
import { ended, listed } from './rewards';

// Wires the node to Koii, once in a process, for the lifecycle functions to call.

/** What the lifecycle functions share. */
export interface TaskContext extends MiningNode {
  lists: ListKeeper;
  recounts: Recounts;
  /** The list of a round in the SDK's local test mode: nobody else makes lists there, and nobody votes on them. */
  localList: (round: number, bounty: bigint) => Promise<Payouts>;
  alarms: Alarms;
  webhooks: Webhooks;
  patience: Patience;
  runner: RoundRunner;
  finalProofs: FinalProofs;
  /** Asks the node where the store is. */
  locateStore: () => Promise<string>;
}

let context: Promise<TaskContext> | undefined;

/** The node that the lifecycle functions of this process share, made by the first call. */
export function taskContext(): Promise<TaskContext> {
  context ??= createContext();
  return context;
}

async function createContext(): Promise<TaskContext> {
  const log = createLog(loadConfig(process.env).LOG_LEVEL);
  if (REHEARSAL) log.warn(rehearsalLine(REHEARSAL));
  limitAnswers(MAX_ANSWER_BYTES, tellOfRefusals(log));
  const patience = new Patience({ log });
  const short = { forMs: SHORT_MS };
  const locateStore = (): Promise<string> =>
    patience.patiently('where the store is', storePath, short);
  const identity = await patience.patiently('whom to mine for', loadIdentity, short);
  // Exit code 0, since only after that does the node start the task again.
  const store = await openStore(log, locateStore, () => process.exit(0));
  // In the local test mode nothing is stored.
  const storeFile = localTestMode ? undefined : await locateStore();
  if (storeFile !== undefined) recorder?.writeTo(`${storeFile}${RECORD_FILE}`);
  const settings = await openSettings(storeFile, log);
  const node = await createNode({
    settings,
    log,
    identity,
    store,
    chain,
    sdk: 'koii',
    nodeCallFailures,
    isRehearsal: REHEARSAL !== undefined,
    addonFolder: storeFile && path.dirname(storeFile),
  });
  const self = identity.publicKey;
  const account = new Account(self, log, stop);
  const shown = await Notices.open({ store, log, show: showInNode });
  const urls = (): string => settings.current.NOTIFY_URL;
  const { webhooks, teller } = await openWebhooks({ store, log, self, urls });
  const notices = tellAll([shown, teller]);
  const alarms = new Alarms({ ...node, notices, self, newerTask });
  const recounts = new Recounts({
    ledger,
    clock,
    log,
    ownList: (round, untilMs) => lists.ownList(round, untilMs),
    unsettled: () => node.history.rewards.open,
  });
  const lists: ListKeeper = new ListKeeper({
    ledger: IS_SHARED_REHEARSAL ? silentLedger(ledger, log) : ledger,
    clock,
    self,
    log,
    secret: await loadListSecret(store, log),
    judge: (round, submissions, untilMs) =>
      node.auditor.auditAll(round, proofsOf(submissions), untilMs - clock.now()),
    events: {
      computed(own) {
        recounts.add(own);
        void listed({ ...node, alarms }, self, own, roundLengthMs);
      },
      ...(!IS_SHARED_REHEARSAL && {
        made: () => node.metrics.listMade(),
        voted: (isValid: boolean) => node.metrics.listVoted(isValid),
      }),
    },
  });
  recounts.onSettled((recount) => ended({ ...node, alarms }, self, recount));
  const runner = createRunner(node, patience, account, alarms);
  const finalProofs = createFinalProofs(node, patience, account);
  const localList = localListMaker(node);
  const context = {
    ...node,
    lists,
    recounts,
    localList,
    alarms,
    webhooks,
    patience,
    runner,
    finalProofs,
    locateStore,
  };
  node.seeds.onRewind = (current) => forgetRounds(context, current);
  return context;
}

function tellOfRefusals(log: Log): () => void {
  const limit = `${MAX_ANSWER_BYTES / 2 ** 20} MiB`;
  return sparingly((times) => log.warn(`answers above ${limit} refused: ${times}`));
}

/** Call it once the store is this process's own. */
async function openSettings(storeFile: string | undefined, log: Log): Promise<Settings> {
  if (storeFile === undefined) return Settings.of(process.env);
  const settings = await Settings.open(process.env, `${storeFile}${SETTINGS_FILE}`, log);
  log.level = settings.current.LOG_LEVEL;
  return settings;
}

/** How long a round is mined in the local test mode, unless its owner says otherwise. */
const LOCAL_TEST_SECONDS = 10;

const roundChain: RoundChain = {
  current: roundThatRuns,
  times: (round) => roundTimes(round, () => clock.now()),
};

/** In the SDK's local test mode, whatever round is announced runs until its time is over. */
const localChain: RoundChain = {
  current: (expected = 0) => Promise.resolve(expected),
  times: () => Promise.resolve(undefined),
};

/** Mines the rounds that the node announces. */
function createRunner(
  { log, miner, roundStore, seeds, settings }: MiningNode,
  { patiently }: Patience,
  account: Account,
  alarms: Alarms,
): RoundRunner {
  return new RoundRunner({
    clock,
    log,
    miner,
    patiently,
    seeds,
    chain: localTestMode ? localChain : roundChain,
    budgetMs() {
      const { MINING_SECONDS } = settings.current;
      return 1000 * (MINING_SECONDS || (localTestMode ? LOCAL_TEST_SECONDS : Infinity));
    },
    isBegun: async (round) => (await roundStore.inPlaceOf(round)) === round,
    mayMine: () => account.isKeptAsFarAsKnown(),
    mustCome: (coming) => alarms.mustCome(coming),
  });
}

function createFinalProofs(
  { log, miner, seeds }: MiningNode,
  { patiently }: Patience,
  account: Account,
): FinalProofs {
  return new FinalProofs({
    log,
    miner,
    patiently,
    seeds,
    // In the local test mode a round is over when its proof is asked for.
    current: localTestMode ? (round) => Promise.resolve(round + 1) : roundThatRuns,
    isKept: () => account.isKept(),
  });
}

function localListMaker({ auditor }: MiningNode): TaskContext['localList'] {
  return async (round, bounty) => {
    const submissions = await submissionsOf(round);
    const judge = (): Promise<Verdict[]> => auditor.auditAll(round, proofsOf(submissions));
    return (await makeList(submissions, bounty, judge)).amounts;
  };
}

/** Drops what is stored by round number, after a reset of the network: the numbers now mean other rounds. */
function forgetRounds(context: TaskContext, current: number): void {
  const { lists, recounts, alarms, history, shares } = context;
  lists.forgetRounds();
  recounts.forgetRounds();
  alarms.forgetRounds();
  history.forgetRounds(current);
  shares.forgetRestored();
}
