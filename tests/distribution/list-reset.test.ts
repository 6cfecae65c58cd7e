import { expect } from 'chai';
import type { OwnList } from '../../src/distribution/own-lists';
import {
  KeeperUnderTest,
  LISTED,
  ROUND,
  ROUND_MS,
  SELF,
  submissionsOf,
  WINDOW_MS,
} from '../fixtures/list-chain';

/** How far below the round that runs the network is reset to. */
const REWOUND = 6;
const LISTED_ANEW = LISTED - REWOUND;

// What a list-keeper does when the numbers of rounds begin anew.
describe('lists after a reset of the network', () => {
  let test: KeeperUnderTest;
  let computed: number[];
  beforeEach(() => {
    computed = [];
    const events = { computed: ({ round }: OwnList) => void computed.push(round) };
    test = new KeeperUnderTest({ submitters: 3, events });
    // Other submitters than on the chain before.
    test.ledger.submissionsOf.set(LISTED_ANEW, submissionsOf(2));
  });
  afterEach(() => test.stop());

  /** Votes on others' lists from a time on: maker and vote. */
  const votesSince = (ms: number): unknown[][] =>
    test.ledger
      .of('vote')
      .filter(({ at, args: [maker] }) => at >= ms && maker !== SELF)
      .map(({ args }) => args);

  it('are made and judged in the round that is reset, after two looks at the clock of the chain', async () => {
    test.start();
    await test.clock.runUntil(WINDOW_MS / 10);
    test.ledger.rewound = REWOUND;
    test.ledger.name('Node1', { [SELF]: 1000, Node1: 0 }, LISTED_ANEW);
    await test.clock.runUntil(2 * WINDOW_MS);
    expect(computed).to.deep.equal([LISTED, LISTED_ANEW]);
    expect(test.votesOn('Node1').map(([, vote]) => vote)).to.deep.equal([false]);
    expect(test.ledger.of('handIn').map(({ args }) => args[0])).to.deep.equal([
      LISTED,
      LISTED_ANEW,
    ]);
  });

  it('are those of the new rounds that have the numbers of old ones', async () => {
    test.start();
    await test.clock.runUntil(ROUND_MS - 1);
    test.ledger.rewound = 3;
    // Round 9 is 7 now, followed by 8 and 9: in 9, the list of the new round 7 is due.
    test.ledger.submissionsOf.set(LISTED, submissionsOf(5));
    test.ledger.listsOf.clear();
    await test.clock.runUntil(2.99 * ROUND_MS);
    expect(computed).to.deep.equal([LISTED, LISTED - 2, LISTED - 1]);
    const since = 3 * ROUND_MS;
    await test.clock.runUntil(since + 100);
    test.ledger.name('Node1', test.right);
    test.ledger.name('Node2', test.falseFor('Node2'));
    await test.clock.runUntil(since + 2 * WINDOW_MS);
    expect(computed.slice(3)).to.deep.equal([LISTED]);
    expect(test.ledger.of('handIn').at(-1)!.args).to.deep.equal([LISTED, test.right]);
    expect(votesSince(since)).to.have.deep.members([
      ['Node1', true],
      ['Node2', false],
    ]);
  });

  it('stay what they are where one answer of the node is nonsense, or its view lags by a round', async () => {
    const windows = test.ledger.windows.bind(test.ledger);
    let looks = 0;
    test.ledger.windows = async () => {
      const right = await windows();
      if (++looks % 4 === 0) return { ...right, round: -83 };
      return looks % 4 === 2 ? { ...right, round: ROUND - 1 } : right;
    };
    test.start();
    await test.clock.runUntil(WINDOW_MS);
    test.ledger.name('Node1', test.right);
    await test.clock.runUntil(2 * WINDOW_MS);
    expect(looks).to.be.greaterThan(8);
    expect(computed).to.deep.equal([LISTED]);
    expect(test.votesOn('Node1').map(([, vote]) => vote)).to.deep.equal([true]);
  });

  it('are kept again in a round that only seemed to be reset', async () => {
    test.start();
    await test.clock.runUntil(WINDOW_MS / 10);
    test.ledger.rewound = REWOUND;
    // Two looks, and the third shows the truth.
    const before = test.ledger.of('windows').length;
    const windows = test.ledger.windows.bind(test.ledger);
    test.ledger.windows = () => {
      if (test.ledger.of('windows').length >= before + 2) test.ledger.rewound = 0;
      return windows();
    };
    await test.clock.runUntil(WINDOW_MS);
    test.ledger.name('Node1', test.falseFor('Node1'));
    await test.clock.runUntil(2 * WINDOW_MS);
    expect(test.votesOn('Node1').map(([, vote]) => vote)).to.deep.equal([false]);
  });

  it('begin anew when the task says that it was reset', async () => {
    test.start();
    await test.clock.runUntil(WINDOW_MS / 10);
    test.ledger.submissionsOf.set(LISTED, submissionsOf(2));
    test.keeper.forgetRounds();
    await test.clock.runUntil(WINDOW_MS);
    test.ledger.name('Node1', test.right);
    await test.clock.runUntil(2 * WINDOW_MS);
    expect(computed).to.deep.equal([LISTED, LISTED]);
    expect(test.votesOn('Node1').map(([, vote]) => vote)).to.deep.equal([true]);
  });
});
