import { expect } from 'chai';
import type { OwnList } from '../../src/distribution/own-lists';
import { Recounts } from '../../src/distribution/recounts';
import type { NetworkAnswer } from '../../src/http/routes/network';
import { createLog } from '../../src/process/log';
import { FakeClock } from '../fixtures/fake-clock';
import { FakeLedger, LISTED, ROUND, ROUND_MS } from '../fixtures/list-chain';
import { SidePort } from '../fixtures/side-port';
import { identity } from '../fixtures/template';
import { vectors } from '../fixtures/proofs';

const VALID = identity.publicKey;
const CHEATER = vectors[1]!.submitter;
const VOTER = vectors[2]!.submitter;
const SHARED = 3_100_000_000;

const own: OwnList = {
  round: LISTED,
  bounty: BigInt(SHARED),
  amounts: { [VALID]: SHARED, [CHEATER]: 0 },
  submissions: { [VALID]: 'good', [CHEATER]: 'bad' },
  readAt: 0,
  verdicts: new Map([
    [VALID, { valid: true, source: 0, shares: 28, hashes: 12_000_000n }],
    [CHEATER, { valid: false, reason: 'share 3 is above the floor' }],
  ]),
};

describe('GET /network', function () {
  this.timeout(30_000);
  let clock: FakeClock;
  let ledger: FakeLedger;
  let recounts: Recounts;
  let side: SidePort;

  before(async () => {
    const network = {
      recounts: {
        of: (round: number) => recounts.of(round),
        get known() {
          return recounts.known;
        },
      },
      recent: (limit: number) => recounts.recent(limit),
    };
    side = await SidePort.open({ network });
  });
  after(() => side.close());
  beforeEach(() => {
    clock = new FakeClock();
    ledger = new FakeLedger(clock);
    const ownList = (): Promise<OwnList> => Promise.reject(new Error('no seed'));
    recounts = new Recounts({ ledger, clock, log: createLog('silent'), ownList });
    recounts.add(own);
  });

  /** Each answer is held to docs/openapi.yaml. */
  async function ask(query = ''): Promise<NetworkAnswer> {
    const { status, body } = await side.ask(`/network${query}`);
    expect(status, JSON.stringify(body)).to.equal(200);
    return body as unknown as NetworkAnswer;
  }

  async function refusal(query: string): Promise<[number, string]> {
    const { status, body } = await side.ask(`/network${query}`);
    return [status, String((body as unknown as { message: string }).message)];
  }

  function vote(maker: string, isValid: boolean): void {
    ledger.listsOf.get(LISTED)!.get(maker)!.votes.push({ voter: VOTER, isValid });
  }

  it('tells why each submitter was paid or not, and which list stood', async () => {
    ledger.name(VALID, own.amounts);
    ledger.name(CHEATER, { [VALID]: 100_000_000, [CHEATER]: 12_500_000_000 });
    vote(VALID, true);
    vote(CHEATER, false);
    ledger.outcomes.set(LISTED, 'paid');
    const { submitters, lists, ...rest } = await ask();
    expect(rest).to.deep.include({
      round_number: LISTED,
      outcome: 'paid',
      settled: true,
      bounty_roe: String(SHARED),
      lists_in_all: 2,
      self: VALID,
      rounds: [LISTED],
    });
    expect(submitters.map(({ why, standing_roe }) => [why, standing_roe])).to.deep.equal([
      [
        'Paid 3.1000 tokens: its proof of 12.0 M hashes is valid, and the list that stands pays what this node counts.',
        String(SHARED),
      ],
      ['Not paid: its proof is invalid: share 3 is above the floor.', '0'],
    ]);
    const [stood, out] = lists;
    expect(stood).to.include({ maker: VALID, compares: 'equal', stands: true, votes_for: 1 });
    expect(out).to.include({ maker: CHEATER, compares: 'differs', stands: false, differing: 2 });
    expect(out!.votes).to.deep.equal([{ voter: VOTER, for: false }]);
    expect(out!.differences[0]).to.deep.equal({
      submitter: CHEATER,
      theirs_roe: '12500000000',
      ours_roe: '0',
    });
    const key = `${CHEATER.slice(0, 4)}…${CHEATER.slice(-4)}`;
    expect(out!.why).to.equal(
      `Voted out with 0 votes for and 1 against it: it pays ${key} 12.5000 tokens instead of nothing, and 1 more key otherwise.`,
    );
  });

  it('tells what is due while a round is open, and why nobody was paid', async () => {
    const why = async (): Promise<string> => (await ask(`?round=${LISTED}`)).submitters[0]!.why;
    expect(await why()).to.match(
      /^Not paid yet: .* 3\.1000 tokens are due; the round is open until/,
    );
    recounts.add(own);
    ledger.outcomes.set(LISTED, 'failed');
    ledger.name(CHEATER, {});
    vote(CHEATER, false);
    expect(await why()).to.match(/^Not paid: .* are due, but all lists so far were voted out\.$/);
    recounts.add(own);
    ledger.outcomes.set(LISTED, 'paid');
    ledger.listsOf.clear();
    expect(await why()).to.match(/^Not known: .* can't tell by which list/);
  });

  it('tells that nobody was paid because nobody handed in a list', async () => {
    ledger.submissionsOf.set(LISTED, own.submissions);
    const ending = new AbortController();
    void recounts.run(ending.signal);
    await clock.runUntil(3 * ROUND_MS);
    ending.abort();
    const { outcome, settled, submitters } = await ask(`?round=${LISTED}`);
    expect({ outcome, settled }).to.deep.equal({ outcome: 'failed', settled: true });
    expect(submitters.map(({ why }) => why)).to.deep.equal([
      "Not paid: its proof of 12.0 M hashes is valid, and by this node's count 3.1000 tokens are due, but no list was handed in.",
      'Nothing is due: its proof is invalid: share 3 is above the floor.',
    ]);
  });

  it('tells of a payout that differs from its own count', async () => {
    ledger.name(CHEATER, { [CHEATER]: SHARED });
    ledger.outcomes.set(LISTED, 'paid');
    expect((await ask()).submitters.map(({ why }) => why)).to.deep.equal([
      "Not paid: its proof of 12.0 M hashes is valid, and by this node's count 3.1000 tokens are due, but the list that stands pays otherwise.",
      "Paid 3.1000 tokens: its proof is invalid: share 3 is above the floor, and by this node's count nothing is due, but the list that stands pays otherwise.",
    ]);
  });

  it('gives for one submitter what npm run verify takes, and the line that runs it', async () => {
    ledger.submissionsOf.set(LISTED - 2, { [CHEATER]: 'before' });
    const { submitters, verify, command } = await ask(`?round=${LISTED}&submitter=${VALID}`);
    expect(submitters.map(({ submitter }) => submitter)).to.deep.equal([VALID]);
    expect(verify).to.include({ round: LISTED, submitter: VALID, proof: 'good' });
    expect(verify!.submissionsOfRoundMinus2).to.deep.equal({ [CHEATER]: 'before' });
    expect(command).to.equal(
      `npm run verify -- --from "${side.url}/network?round=${LISTED}&submitter=${VALID}"`,
    );
  });

  it('says what it can not show, and why', async () => {
    expect(await refusal('?round=abc')).to.deep.include(400);
    expect(await refusal('?submitter=abc')).to.deep.include(400);
    const [early, why] = await refusal(`?round=${ROUND}`);
    expect([early, why]).to.deep.equal([
      404,
      `round ${ROUND} isn't listed before round ${ROUND + 2}, and round ${ROUND} runs`,
    ]);
    expect((await refusal('?round=1'))[1]).to.match(/^round 1 is forgotten/);
    expect(await refusal(`?round=${LISTED}&submitter=${VOTER}`)).to.deep.equal([
      404,
      `${VOTER} submitted nothing in round ${LISTED}`,
    ]);
    // Its list can't be made.
    expect(await refusal(`?round=${LISTED - 1}`)).to.deep.include(503);
    recounts.forgetRounds();
    expect(await refusal('')).to.deep.include(404);
  });

  it('cuts what others wrote, and lists a hundred of a thousand lists with fifty votes each', async () => {
    for (let i = 0; i < 1000; i++) {
      const list = ledger.name(`maker${i}${'<b>'.repeat(100)}`, { ['k'.repeat(9999)]: i });
      for (let j = 0; j < 60; j++) list.votes.push({ voter: `v${j}`, isValid: true });
    }
    const { lists, lists_in_all } = await ask();
    expect([lists.length, lists_in_all]).to.deep.equal([100, 1000]);
    expect(lists[0]!.votes).to.have.length(50);
    expect(JSON.stringify(lists).length).to.be.below(1_000_000);
  });

  it('has nothing to show without a chain', async () => {
    const alone = await SidePort.open();
    try {
      const { status, body } = await alone.ask('/network');
      expect([status, (body as unknown as { message: string }).message]).to.deep.equal([
        404,
        'this node runs without a chain that has rounds to show',
      ]);
    } finally {
      await alone.close();
    }
  });
});
