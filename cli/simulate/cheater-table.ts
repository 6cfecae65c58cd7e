import Table from 'cli-table3';
import type { ListOutcome } from '../../simulator';
import { count, tokens } from '../../src/format';
import type { CheaterReport } from './cheater-report';
import { costSentence, type Cost } from './cost';

/** A table of the cheaters, at most 80 columns wide, and below it what they cost the honest nodes. */
export function renderCheaters(cheaters: readonly CheaterReport[], cost: Cost): string {
  const table = new Table({
    head: ['Cheater', 'Tried', 'What came of it', 'Due', 'Earned'],
    colWidths: [11, 19, 26, 9, 9],
    colAligns: ['left', 'left', 'left', 'right', 'right'],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const cheater of cheaters) {
    table.push([
      cheater.name,
      cheater.lie,
      outcome(cheater).join('\n'),
      tokens(cheater.due),
      tokens(cheater.earned),
    ]);
  }
  return `${table.toString()}\n${costSentence(cost)}`;
}

/** A line for each kind of thing it did. */
export function outcome(cheater: CheaterReport): string[] {
  const lines = [
    ...invalidProofs(cheater),
    ...validProofs(cheater),
    ...votes(cheater),
    ...vetoes(cheater),
    ...lists(cheater),
    ...refusals(cheater),
    ...(cheater.lost > 0 ? [`lost ${tokens(cheater.lost)} of stake`] : []),
  ];
  return lines.length === 0 ? ['submitted nothing, got nothing'] : lines;
}

function invalidProofs({ submissions }: CheaterReport): string[] {
  const invalid = submissions.filter(({ valid }) => !valid);
  if (invalid.length === 0) return [];
  const paid = invalid.filter(({ paid }) => paid > 0).length;
  const voters = new Set(invalid.flatMap(({ votesAgainst }) => votesAgainst)).size;
  const makers = new Set(invalid.flatMap(({ listMaker }) => listMaker ?? [])).size;
  return [
    `${count(invalid.length, 'invalid proof')}: ${paid === 0 ? 'none' : paid} paid`,
    `found by ${count(voters, 'auditor')}, ${count(makers, 'list-maker')}`,
  ];
}

function validProofs({ submissions, relativePay }: CheaterReport): string[] {
  const valid = submissions.filter(({ valid }) => valid);
  if (valid.length === 0) return [];
  const paid = valid.filter(({ paid }) => paid > 0).length;
  return [
    `${count(valid.length, 'valid proof')}: ${paid} paid`,
    ...(relativePay === null ? [] : [`${relativePay.toFixed(2)} of honest pay per hash`]),
  ];
}

function votes({ falseVotes }: CheaterReport): string[] {
  return [false, true].flatMap((isValid) => {
    const cast = falseVotes.filter((vote) => vote.isValid === isValid);
    if (cast.length === 0) return [];
    const prevailed = cast.filter((vote) => vote.prevailed).length;
    const paid = cast.filter((vote) => vote.paid > 0).length;
    const what = isValid ? 'for invalid proofs' : 'against valid proofs';
    return [`${count(cast.length, 'vote')} ${what}: ${prevailed} prevailed, ${paid} paid`];
  });
}

function vetoes({ vetoes }: CheaterReport): string[] {
  if (vetoes.length === 0) return [];
  const fallen = vetoes.filter(({ outcome }) => outcome === 'voted out').length;
  return [`${count(vetoes.length, 'vote')} against right lists: ${fallen} fell`];
}

const OUTCOMES: readonly [ListOutcome, string][] = [
  ['voted out', 'voted out'],
  ['accepted', 'PAID'],
  ['not used', 'stood unused'],
  ['not payable', 'not payable'],
  ['pending', 'open'],
];

function lists({ dishonestLists }: CheaterReport): string[] {
  if (dishonestLists.length === 0) return [];
  const came = OUTCOMES.flatMap(([outcome, what]) => {
    const found = dishonestLists.filter((list) => list.outcome === outcome).length;
    return found === 0 ? [] : [`${found} ${what}`];
  });
  return [`${count(dishonestLists.length, 'false list')}: ${came.join(', ')}`];
}

/** Calls that put something on chain; a late vote may be refused to an honest node as well. */
const TRANSACTIONS = [
  'checkSubmissionAndUpdateRound',
  'submitRaw',
  'uploadDistributionList',
  'writeAccount',
  'nameList',
  'distributionListSubmissionOnChain',
];

function refusals({ refusals }: CheaterReport): string[] {
  const refused = refusals.filter(({ method }) => TRANSACTIONS.includes(method)).length;
  return refused === 0 ? [] : [`${count(refused, 'transaction')} refused by the ledger`];
}
