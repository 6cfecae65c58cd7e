import type { TaskConfig } from '../../simulator';
import { K2_SLOT_MS } from '../../simulator/clock';
import { LIST_RULES } from '../../src/distribution/list-rules';
import { count, ROE_PER_TOKEN } from '../../src/format';
import { pass, warn, type Finding } from './finding';

/** What K2 keeps of a submission, about. */
const SUBMISSION_BYTES = 560;
/** What an account of K2 costs, paid once. */
const RENT_ROE_PER_BYTE = 6960;
const BYTES_PER_MB = 1e6;
/** For how many honest nodes awake the price of a majority is told (docs/SECURITY.md has others). */
const HONEST_NODES = 10;

type Deployment = TaskConfig & { readonly spaceMb: number };

/** What a deployment costs and carries, of a config-task.yml that can be used. @param spaceMb its space */
export function checkCosts(config: TaskConfig, spaceMb: number): Finding[] {
  const deployment = { ...config, spaceMb };
  return [
    bountyLasts(deployment),
    rentOf(deployment),
    majorityOf(deployment),
    submittersOf(deployment),
  ];
}

function bountyLasts(config: Deployment): Finding {
  const { totalBounty, bountyPerRound, roundTime } = config;
  const rounds = Math.floor(totalBounty / bountyPerRound);
  const hours = (rounds * roundTime * K2_SLOT_MS) / 3_600_000;
  const lasts = `${amount(totalBounty, config)} last ${count(rounds, 'round')}, ${hoursOf(hours)}`;
  return pass('bounty', `${lasts}; then it is to be filled up (create-task-cli, Fund Task)`);
}

function rentOf(config: Deployment): Finding {
  const roe = config.spaceMb * BYTES_PER_MB * RENT_ROE_PER_BYTE;
  const bounty = amount(config.totalBounty, config);
  const sum =
    config.taskType === 'KOII'
      ? `${koii(config.totalBounty + roe)} with the bounty of ${bounty}`
      : `and the bounty of ${bounty}`;
  return pass(
    'rent',
    `${koii(roe)} for ${config.spaceMb} MB of space, ${sum}; the wallet that pays needs that and the fees of some transactions`,
  );
}

/** Votes may count by node: one more key than honest nodes awake decides which list is paid. */
function majorityOf(config: Deployment): Finding {
  const { minimumStake, bountyPerRound, totalBounty } = config;
  const keys = HONEST_NODES + 1;
  const stake = keys * minimumStake;
  const price = `${keys} keys outvote ${HONEST_NODES} honest nodes, for stakes of ${koii(stake)}, which come back`;
  if (config.taskType !== 'KOII') {
    return warn(
      'majority',
      `${price}, against ${amount(bountyPerRound, config)} a round`,
      'Compare the two by what the token is worth (docs/SECURITY.md)',
    );
  }
  const rounds = Math.ceil(stake / bountyPerRound);
  if (stake >= totalBounty) {
    return pass(
      'majority',
      `${price}: as much as the whole bounty of ${koii(totalBounty)} or more`,
    );
  }
  return warn(
    'majority',
    `${price}; bounties of ${koii(bountyPerRound)} are worth as much after ${count(rounds, 'round')}`,
    `Keep the bounty small and fill it up often, run nodes of your own, or set minimum_stake_amount to ${tokensOf(Math.ceil(totalBounty / keys / 1e8) * 1e8)} (docs/SECURITY.md has the arithmetic)`,
  );
}

/** How many submitters a round carries: what space holds, and what a list can be put on chain for in its window. */
export function carried(config: TaskConfig, spaceMb: number): { space: number; list: number } {
  const windowMs = config.submissionWindow * K2_SLOT_MS;
  const bytes = SUBMISSION_BYTES * config.allowedFailedDistributions;
  return {
    space: Math.floor((spaceMb * BYTES_PER_MB) / bytes),
    list: Math.floor((windowMs * (1 - LIST_RULES.sparePart)) / LIST_RULES.msPerSubmitter),
  };
}

function submittersOf(config: Deployment): Finding {
  const { space, list } = carried(config, config.spaceMb);
  const found = `space holds about ${count(space, 'submitter')} a round, a list carries about ${list}`;
  return space >= list
    ? pass('submitters', found)
    : warn(
        'submitters',
        `${found}: what K2 does with one submission more than space holds is not known`,
        `Raise space, or expect at most ${count(space, 'node')}`,
      );
}

/** "13.6 hours" */
function hoursOf(hours: number): string {
  return hours < 72 ? `${hours.toFixed(1)} hours` : `${(hours / 24).toFixed(1)} days`;
}

function tokensOf(roe: number): string {
  return String(Number((roe / ROE_PER_TOKEN).toPrecision(6)));
}

function koii(roe: number): string {
  return `${tokensOf(roe)} KOII`;
}

function amount(roe: number, { taskType }: Pick<TaskConfig, 'taskType'>): string {
  return taskType === 'KOII' ? koii(roe) : `${tokensOf(roe)} tokens`;
}
