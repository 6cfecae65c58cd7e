import { setTimeout as sleep } from 'node:timers/promises';
import bs58 from 'bs58';
import type { Request, Router } from 'express';
import { z } from 'zod';
import { payoutAddressOf } from '../../bitcoin/address';
import type { CountedRound } from '../../distribution/kept-round';
import type { NetworkRound } from '../../distribution/network-round';
import { NoSuchRoundError, type Recounts } from '../../distribution/recounts';
import type { MiningNode } from '../../node';
import { ApiError, parse } from '../errors';
import { roundAnswer, verifyAnswer, type RoundAnswer, type VerifyAnswer } from '../network-answer';
import { account, roundInPath } from '../requests';
import { addResource, answer, sendJson, type Mount } from '../resource';

/** Counting a round takes the node's calls, which may take long. */
const ANSWER_MS = 10_000;
/** Rounds of the picture, which is a day's worth at eight minutes each. */
const RECENT_ROUNDS = 180;

const query = z.object({ round: roundInPath.optional(), submitter: account.optional() });

/** The parts that know of the network. */
export interface NetworkParts {
  recounts: Pick<Recounts, 'of' | 'known'>;
  /** The newest rounds first, for the picture. */
  recent: (limit: number) => readonly NetworkRound[];
}

export interface NetworkAnswer extends RoundAnswer {
  /** This node's key. */
  self: string;
  /** The rounds that can be asked for at once, the newest first. */
  rounds: number[];
  /** What all nodes together proved in the last rounds, the newest first. */
  recent: {
    round_number: number;
    at: string;
    proofs: number;
    valid: number;
    hashes: string;
    /** null where the length of a round isn't known. */
    hash_rate: number | null;
  }[];
  /** With ?submitter=: what `npm run verify` takes; null where the seed's submissions are no longer known. */
  verify?: VerifyAnswer | null;
  /** With ?submitter=: the command line that proves the verdict. */
  command?: string | null;
}

/** /network: a round as this node counts it from the chain. Only on the side port. */
export function addNetwork(
  router: Router,
  { miner, rules, log }: Pick<MiningNode, 'miner' | 'rules' | 'log'>,
  { limits }: Pick<Mount, 'limits'>,
  parts?: NetworkParts,
): void {
  const get = answer(async (request, response) => {
    if (!parts) throw new ApiError(404, 'this node runs without a chain that has rounds to show');
    const { round, submitter } = parse(query, request.query);
    const { recounts, recent } = parts;
    const [newest] = recounts.known;
    const asked = round ?? newest;
    if (asked === undefined) {
      throw new ApiError(
        404,
        'this node has made no list since it started: a round takes two more',
      );
    }
    const counted = await countedIn(recounts, asked).catch((error: unknown) => {
      if (error instanceof NoSuchRoundError) throw new ApiError(404, error.message);
      log.debug({ error }, `round ${asked} can't be counted now`);
      throw new ApiError(503, `round ${asked} can't be counted now, ask again`);
    });
    if (submitter !== undefined && !Object.hasOwn(counted.recount.own.submissions, submitter)) {
      throw new ApiError(404, `${submitter} submitted nothing in round ${asked}`);
    }
    const { publicKey, taskId } = miner.identity;
    const body: NetworkAnswer = {
      ...roundAnswer(counted, submitter),
      self: publicKey,
      rounds: recounts.known,
      recent: recent(RECENT_ROUNDS).map(recentAnswer),
    };
    if (submitter !== undefined) {
      body.verify = verifyAnswer(counted, bs58.encode(taskId), submitter);
      body.command = body.verify && commandFor(request, asked, submitter, rules);
    }
    sendJson(response, body);
  });
  addResource(router, '/network', { get: [limits.general, get] });
}

/** @throws when it takes too long; it is counted on for the next who asks */
async function countedIn(recounts: NetworkParts['recounts'], round: number): Promise<CountedRound> {
  const late = new AbortController();
  const tooLate = sleep(ANSWER_MS, undefined, { ref: false, signal: late.signal }).then(() => {
    throw new Error(`not counted within ${ANSWER_MS} ms`);
  });
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([recounts.of(round), tooLate]);
  } finally {
    late.abort();
  }
}

function recentAnswer(row: NetworkRound): NetworkAnswer['recent'][number] {
  const { round, at, proofs, valid, networkHashes, roundMs } = row;
  return {
    round_number: round,
    at: new Date(at).toISOString(),
    proofs,
    valid,
    hashes: networkHashes,
    hash_rate: roundMs === null ? null : Math.round(Number(networkHashes) / (roundMs / 1000)),
  };
}

/** In double quotes, which every shell takes. */
function commandFor(
  { protocol, headers }: Request,
  round: number,
  submitter: string,
  { network, taskPayout }: MiningNode['rules'],
): string {
  const host = /^[\w.:[\]-]+$/.test(headers.host ?? '') ? headers.host : '127.0.0.1';
  const options = [
    ...(network === 'main' ? [] : [`--bitcoin-network ${network}`]),
    ...(taskPayout
      ? [
          `--task-payout ${payoutAddressOf(Buffer.from(taskPayout.program, 'hex'), network)}:${taskPayout.percent}`,
        ]
      : []),
  ];
  const from = `--from "${protocol}://${host}/network?round=${round}&submitter=${submitter}"`;
  return ['npm run verify --', from, ...options].join(' ');
}
