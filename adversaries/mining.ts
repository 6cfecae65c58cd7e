import { WORK_SOURCE, type WorkSourceId } from '../src/consensus';
import { SHORT_MS } from '../src/koii/calls';
import { Round } from '../src/rounds/round';
import { taskContext } from '../src/task/context';
import { KOII_WORK, type Work } from '../src/work/source';
import { madeUpSiblings, mineTemplates, type BitcoinWork, type Mined } from './bitcoin-work';
import { proofOf } from './forgery';

// How cheaters mine: work source koii with the node's own miner, bitcoin by themselves.

/** The work source of a round, alternating every two rounds, so that what a kind alternates is tried on both. */
export function turnOf(round: number): WorkSourceId {
  return Math.floor(round / 2) % 2 === 0 ? WORK_SOURCE.koii : WORK_SOURCE.bitcoin;
}

/** What was mined of source bitcoin, by round. */
const minedTemplates = new Map<number, Promise<Mined>>();

/** Mines a round for MINING_SECONDS, or about as long as a full proof takes. @param seed the one it believes in */
export async function mine(
  round: number,
  seed: Buffer,
  work: Work = turnOf(round) === WORK_SOURCE.koii ? KOII_WORK : madeUpSiblings(),
): Promise<void> {
  const { settings, miner } = await taskContext();
  const forMs = settings.current.MINING_SECONDS * 1000;
  if (work.source === WORK_SOURCE.koii) return miner.mine(round, seed, forMs);
  const mining = mineBitcoin(round, seed, work, forMs);
  minedTemplates.set(round, mining);
  await mining;
}

/** Counts its hashes in place of the node's own, so that GET /task/:roundNumber reports them. */
async function mineBitcoin(
  round: number,
  seed: Buffer,
  work: BitcoinWork,
  forMs: number,
): Promise<Mined> {
  const { miner, roundStore } = await taskContext();
  const { taskId, submitter } = miner.identity;
  const found = await mineTemplates(work, { taskId, round, seed }, submitter, forMs);
  const record = Round.begin(miner.identity, round, seed);
  record.addHashes(found.hashes);
  record.close();
  await roundStore.save(record);
  return found;
}

/** What was mined in a round, of either source; undefined if nothing was. */
export async function mined(round: number): Promise<Mined | undefined> {
  const templates = minedTemplates.get(round);
  if (templates) return templates;
  const { miner } = await taskContext();
  const closed = await miner.close(round);
  return (
    closed && {
      work: KOII_WORK,
      templates: closed.templates.filter((each) => each !== undefined),
      shares: closed.shares,
    }
  );
}

/** The proof of all that was mined, whatever seed it was mined on; undefined without a share. */
export async function unconfirmedProof(round: number): Promise<string | undefined> {
  const found = await mined(round);
  return found && found.shares.length > 0 ? proofOf(found.work, found.shares) : undefined;
}

/** The seed of a round, as the chain shows it. */
export async function seedOf(round: number): Promise<Buffer> {
  const { patience, seeds } = await taskContext();
  return patience.patiently(`the seed of round ${round}`, () => seeds.of(round), {
    forMs: SHORT_MS,
  });
}
