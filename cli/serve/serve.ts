import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Router } from 'express';
import type { Auditor } from '../../src/audit/auditor';
import { createDashboard } from '../../src/dashboard/dashboard';
import { originOf, reachableName } from '../../src/http/addresses';
import { createApi } from '../../src/http/api';
import { CONTROL_TOKEN_FILE, openControlToken, tellAddress } from '../../src/http/control-token';
import { listen } from '../../src/http/server';
import { nodeCallFailures } from '../../src/koii/calls';
import { createNode, stopNode, type MiningNode } from '../../src/node';
import { Alarms } from '../../src/notices/alarms';
import { openWebhooks } from '../../src/notices/outlets';
import { startWatchdog } from '../../src/process/event-loop';
import { saveAtTheEnd, stop } from '../../src/process/exit';
import { createLog, type Log } from '../../src/process/log';
import { ConfigError, loadConfig, settingsFor } from '../../src/settings/schema';
import { Settings } from '../../src/settings/settings';
import { SETTINGS_FILE } from '../../src/settings/stored-settings';
import { LockHeldError, StoreLock } from '../../src/store/lock';
import { LockedStore } from '../../src/store/store';
import { compileAddon } from '../compile-addon';
import { loadEnvironment } from './environment';
import { FileStore } from './file-store';
import { parseOptions } from './options';
import { OwnRounds } from './own-rounds';
import { GivenSubmissions, StandaloneRounds } from './standalone-rounds';
import { makeStateFolder, stateFault } from './state-folder';

const ENDING = ['SIGTERM', 'SIGINT'] as const;

async function main(): Promise<void> {
  const { rounds: roundSeconds, compile, rules } = parseOptions();
  const table = settingsFor(rules.network);
  const log = createLog(loadConfig(process.env, table).LOG_LEVEL);
  const { identity, stateDir, directory } = loadEnvironment(process.env);
  if (compile) await compileFirst(log);
  startWatchdog((message) => log.warn(message));
  const store = await openStore(directory, log).catch((error: unknown) => {
    throw stateFault(stateDir, error);
  });
  const settings = await Settings.open(
    process.env,
    path.join(directory, SETTINGS_FILE),
    log,
    table,
  );
  const config = settings.current;
  log.level = config.LOG_LEVEL;
  const chain = new GivenSubmissions();
  const node = await createNode({
    settings,
    log,
    identity,
    store,
    chain,
    rules,
    sdk: 'none',
    nodeCallFailures,
  });
  saveAtTheEnd(log, () => stopNode(node));
  for (const signal of ENDING) process.once(signal, () => stop(signal));
  log.info(`state in ${directory}`);
  const self = identity.publicKey;
  const urls = (): string => settings.current.NOTIFY_URL;
  const { webhooks, teller: notices } = await openWebhooks({ store, log, self, urls });
  // No task can take the place of one that runs by itself.
  const newerTask = (): Promise<undefined> => Promise.resolve(undefined);
  new Alarms({ ...node, notices, self, newerTask }).watch();

  const rounds = new StandaloneRounds(node, chain, store);
  await rounds.resume();
  const ownRounds = roundSeconds && new OwnRounds(node, rounds, roundSeconds);
  const auditor: Pick<Auditor, 'audit'> = {
    // Without a Koii node audits come through the API, so they are counted here.
    audit: (round, submitted) =>
      node.metrics.audited(
        node.history.audited(round, submitted.submitter, node.auditor.audit(round, submitted)),
      ),
  };
  const token = await openControlToken(() => path.join(directory, CONTROL_TOKEN_FILE), log);
  // No restart: nothing known here would start the process again.
  const owners = { settings, token, restart: undefined, webhooks };
  const api = createApi(
    { ...node, auditor },
    { requestsPerMinute: config.API_RATE_LIMIT, owners, rounds: ownRounds || rounds },
  );
  const server = await listen(Router().use(createDashboard(node, owners), api), config, log);
  if (!server) process.exit(1);
  tellAddress(server, token, log);
  await node.stratum.open(config);
  if (ownRounds) await ownRounds.run();
  else tellHowToStart(node, rounds, server);
}

/** Nothing is open yet, so a signal just ends it. */
async function compileFirst(log: Log): Promise<void> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  for (const signal of ENDING) process.on(signal, interrupt);
  await compileAddon({
    say: (line) => log.info(line),
    signal: interruption.signal,
    backend: process.env['MINING_BACKEND'],
  });
  for (const signal of ENDING) process.off(signal, interrupt);
  if (interruption.signal.aborted) process.exit(0);
}

/** Nothing happens until somebody starts a round, so newcomers are told how. */
function tellHowToStart(
  { miner, log }: MiningNode,
  { next }: StandaloneRounds,
  server: Server,
): void {
  const { miningRound } = miner;
  const start = `curl -X POST ${urlOf(server)}/task/${next}`;
  log.info(
    miningRound === undefined
      ? `no round runs; this starts one: ${start} (with --rounds 60 they run by themselves)`
      : `round ${miningRound} goes on; this starts the next: ${start}`,
  );
}

/** @throws LockHeldError if another process holds this directory, and what FileStore throws */
async function openStore(directory: string, log: Log): Promise<LockedStore> {
  await makeStateFolder(directory);
  // Inside the directory, which may be a container's whole volume.
  const file = path.join(directory, '.lock');
  const lock = await StoreLock.acquire(file, log, () => process.exit(0));
  return new LockedStore(await FileStore.open(directory), lock);
}

/** The address by which this machine reaches it. */
function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return originOf(reachableName(address), port);
}

main().catch((error: unknown) => {
  const isSaid = error instanceof ConfigError || error instanceof LockHeldError;
  console.error(isSaid ? error.message : error);
  process.exit(error instanceof LockHeldError ? 0 : 1);
});
