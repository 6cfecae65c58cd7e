import Table from 'cli-table3';

import type { CheaterReport } from './cheater-report';
import { count, tokens } from './format';

/** The cheaters at a glance, at most 80 columns wide. */
export function renderCheaters(cheaters: readonly CheaterReport[]): string {
  const table = new Table({
    head: ['Cheater', 'Tried', 'What came of it', 'Lost', 'Earned'],
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
      tokens(cheater.lost),
      tokens(cheater.earned),
    ]);
  }
  return table.toString();
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
  ];
  return lines.length === 0 ? ['submitted nothing, got nothing'] : lines;
}

function invalidProofs({ submissions }: CheaterReport): string[] {
  const invalid = submissions.filter(({ valid }) => !valid);
  if (invalid.length === 0) return [];
  const paid = invalid.filter(({ paid }) => paid > 0).length;
  const slashed = invalid.filter(({ paid }) => paid < 0).length;
  const unaudited = invalid.filter(
    ({ votesAgainst, votesFor }) => votesAgainst.length + votesFor.length === 0,
  ).length;
  const voters = new Set(invalid.flatMap(({ votesAgainst }) => votesAgainst)).size;
  const makers = new Set(invalid.flatMap(({ listMaker }) => listMaker ?? [])).size;
  return [
    `${count(invalid.length, 'invalid proof')}: ${paid === 0 ? 'none' : paid} paid, ${slashed} slashed`,
    `found by ${count(voters, 'auditor')}, ${count(makers, 'list-maker')}`,
    // The SDK audits five random submissions a node: unaudited means unpaid, but not slashed.
    ...(unaudited > 0 ? [`${unaudited} not audited: no slash`] : []),
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

function lists({ dishonestLists, kind }: CheaterReport): string[] {
  if (dishonestLists.length === 0) {
    return kind === 'greedy' || kind === 'omit' || kind === 'overpay'
      ? ['not selected, no list taken']
      : [];
  }
  const out = dishonestLists.filter(({ outcome }) => outcome === 'voted out').length;
  const selected = dishonestLists.filter((list) => list.selected).length;
  return [
    `${count(dishonestLists.length, 'false list')}, ${selected} as the selected maker: ${out} voted out`,
  ];
}

/** What puts something on chain; a vote that comes too late may be refused to an honest node as well. */
const TRANSACTIONS = [
  'checkSubmissionAndUpdateRound',
  'uploadDistributionList',
  'distributionListSubmissionOnChain',
];

function refusals({ refusals }: CheaterReport): string[] {
  const refused = refusals.filter(({ method }) => TRANSACTIONS.includes(method)).length;
  return refused === 0 ? [] : [`${count(refused, 'transaction')} refused by the ledger`];
}
