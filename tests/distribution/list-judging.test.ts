import { expect } from 'chai';
import { draw, LIST_SWITCHES } from '../../src/distribution/list-rules';
import {
  KeeperUnderTest,
  LISTED,
  percent,
  ROUND,
  ROUND_MS,
  SELF,
  WINDOW_MS,
} from '../fixtures/list-chain';

/** The moment of round 7 by the secret: 86 + 6 x 0.2444 percent. */
const LATE = 87;
const LAST = 95;

// How a list-keeper judges the lists of others (docs/PROTOCOL.md section 8).
describe('judging lists', () => {
  let test: KeeperUnderTest;
  const make = (options = {}): KeeperUnderTest => (test = new KeeperUnderTest(options));
  beforeEach(() => make());
  afterEach(() => test.stop());

  const run = async (part = 110): Promise<void> => {
    test.start();
    await test.untilAudit(part);
  };
  const votesOn = (maker: string) => test.ledger.votes.filter(([of]) => of === maker);
  const readsOf = (account: string) =>
    test.ledger.of('contents').filter((c) => c.args[0] === account);

  it('votes for an equal one at the first of the last two looks, and not before', async () => {
    test.ledger.name('Node1', test.right);
    await run();
    expect(votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
    expect(readsOf('Node1').map(({ at }) => percent(at))).to.deep.equal([5, 50, 75, LATE]);
  });

  for (const [what, isValid, count] of [
    ['one against', false, 1],
    ['many against', false, 9],
    ['a thousand for', true, 1000],
  ] as const) {
    it(`votes for an equal one with ${what}, at the same look`, async () => {
      const list = test.ledger.name('Node1', test.right);
      list.votes = Array.from({ length: count }, (_, i) => ({ voter: `v${i}`, isValid }));
      await run();
      expect(votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
    });
  }

  it('votes against one that differs at the first look, once', async () => {
    test.ledger.name('Node1', test.right);
    test.ledger.name('Node2', test.falseFor('Node2'));
    await run();
    expect(votesOn('Node2')).to.deep.equal([['Node2', false, 5]]);
  });

  it('votes against one that differs at the last look too', async () => {
    const list = test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(80);
    test.ledger.accounts.set(list.account, JSON.stringify(test.falseFor('Node1')));
    await test.untilAudit(110);
    expect(votesOn('Node1')).to.deep.equal([['Node1', false, LATE]]);
  });

  it('votes for its own list as well; that the ledger refuses it is no error', async () => {
    test.ledger.takesOwnVotes = false;
    await run();
    expect(votesOn(SELF)).to.have.length.within(1, 2);
    for (const [, isValid] of votesOn(SELF)) expect(isValid).to.equal(true);
  });

  for (const [what, text] of [
    ['is not there', undefined],
    ['is no JSON', 'null and void'],
  ] as const) {
    it(`reads again what ${what}, and votes against it in the end`, async () => {
      const list = test.ledger.name('Node1', text ?? '');
      if (text === undefined) test.ledger.accounts.delete(list.account);
      await run();
      expect(votesOn('Node1')).to.deep.equal([['Node1', false, LATE]]);
      expect(readsOf('Node1')).to.have.length(4);
    });
  }

  it('counts in the end what was read before, where it can not be read then', async () => {
    const list = test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(60);
    test.ledger.accounts.delete(list.account);
    await test.untilAudit(110);
    expect(votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
  });

  it('does not count what was read of another account', async () => {
    const list = test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(60);
    list.account = 'nothing is there';
    await test.untilAudit(110);
    expect(votesOn('Node1')).to.deep.equal([['Node1', false, LATE]]);
  });

  it('keeps to a vote against, though the list becomes right', async () => {
    const list = test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.showsVotes = false;
    test.start();
    await test.untilAudit(20);
    test.ledger.accounts.set(list.account, JSON.stringify(test.right));
    await test.untilAudit(110);
    expect(votesOn('Node1').map(([, isValid]) => isValid)).to.not.include(true);
  });

  it('judges the account that the ledger names, not the one of the maker', async () => {
    for (const [maker, own, named] of [
      ['Node1', test.right, test.falseFor('Node1')],
      ['Node2', test.falseFor('Node2'), test.right],
    ] as const) {
      test.ledger.name(maker, own).account = `of ${maker}`;
      test.ledger.accounts.set(`of ${maker}`, JSON.stringify(named));
    }
    await run();
    expect(votesOn('Node1')).to.deep.equal([['Node1', false, 5]]);
    expect(votesOn('Node2')).to.deep.equal([['Node2', true, LATE]]);
    expect(readsOf('Node1').concat(readsOf('Node2'))).to.deep.equal([]);
  });

  it('judges another account when another is named', async () => {
    const list = test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(60);
    list.account = 'another';
    test.ledger.accounts.set('another', JSON.stringify(test.falseFor('Node1')));
    await test.untilAudit(110);
    expect(votesOn('Node1')).to.deep.equal([['Node1', false, 75]]);
  });

  it('casts a vote again that the ledger does not show after 6 % of the window, and once more at the end', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.showsVotes = false;
    await run();
    expect(votesOn('Node1').map(([, , at]) => at)).to.deep.equal([5, 50, 75, LATE, LAST]);
    make();
    test.ledger.name('Node1', test.right);
    test.ledger.showsVotes = false;
    await run();
    expect(votesOn('Node1').map(([, , at]) => at)).to.deep.equal([LATE, LAST]);
  });

  it('casts none where the ledger shows one of its own, as after a restart', async () => {
    test.ledger.name('Node1', test.right).votes.push({ voter: SELF, isValid: false });
    test.ledger.name('Node2', test.falseFor('Node2')).votes.push({ voter: SELF, isValid: true });
    await run();
    expect(votesOn('Node1').concat(votesOn('Node2'))).to.deep.equal([]);
    expect(readsOf('Node1')).to.deep.equal([]);
  });

  const starts: [number, number[]][] = [
    // The clock of slots lags by one at most.
    [60, [60, 75, LATE, LAST]],
    [93, [93, LAST]],
    [97, [97]],
    [101, []],
  ];
  for (const [part, looks] of starts) {
    it(`looks at once when it starts at ${part} %`, async () => {
      test.ledger.name('Node1', test.right);
      test.ledger.name('Node2', test.falseFor('Node2'));
      test.clock.sleep(WINDOW_MS + (WINDOW_MS * part) / 100);
      await run();
      const [first] = looks;
      const isLate = part > LATE;
      expect(votesOn('Node2')).to.deep.equal(first ? [['Node2', false, first]] : []);
      expect(votesOn('Node1').map(([, isValid, at]) => [isValid, at])).to.deep.equal(
        first ? [[true, isLate ? first : LATE]] : [],
      );
      const seen = test.ledger.of('lists').filter(({ args }) => args[0] === LISTED);
      expect(seen.map(({ at }) => percent(at))).to.deep.equal(looks);
    });
  }

  it('goes on where it is when the machine slept', async () => {
    test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(10);
    test.clock.sleep(WINDOW_MS * 0.79);
    await test.untilAudit(110);
    expect(votesOn('Node1')).to.deep.equal([['Node1', true, 89]]);
  });

  it('votes on nothing without a list of its own, and makes none', async () => {
    test.hasSeed = false;
    test.ledger.name('Node1', test.falseFor('Node1'));
    await run();
    expect(test.ledger.votes).to.deep.equal([]);
    expect(test.ledger.of('handIn')).to.deep.equal([]);
  });

  it('looks as usual when the seed is found at 70 %', async () => {
    test.hasSeed = false;
    test.ledger.name('Node1', test.right);
    test.ledger.name('Node2', test.falseFor('Node2'));
    test.start();
    await test.untilAudit(70);
    test.hasSeed = true;
    await test.untilAudit(110);
    expect(votesOn('Node2')).to.deep.equal([['Node2', false, 75]]);
    expect(votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
  });

  it('reads the submissions again before its first vote against, where nobody agrees', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.name('Node2', test.falseFor('Node2'));
    await run();
    const reads = test.ledger.of('submissions').map(({ at }) => percent(at));
    expect(reads.filter((at) => at >= 0)).to.deep.equal([5]);
    expect(test.judged).to.deep.equal([LISTED]);
    expect(votesOn('Node1')).to.deep.equal([['Node1', false, 5]]);
    expect(votesOn('Node2')).to.deep.equal([['Node2', false, 5]]);
  });

  it('does not where another agrees', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.name('Node2', test.right);
    await run();
    expect(test.ledger.of('submissions').filter(({ at }) => percent(at) >= 0)).to.deep.equal([]);
  });

  it('makes its list anew where its view had lagged, and judges by that', async () => {
    const whole = test.ledger.submissionsOf.get(LISTED)!;
    const right = test.right;
    const { Node2, ...lagging } = whole;
    expect(Node2).to.be.a('string');
    test.ledger.submissionsOf.set(LISTED, lagging);
    test.start();
    await test.clock.runUntil(WINDOW_MS - 1);
    test.ledger.submissionsOf.set(LISTED, whole);
    test.ledger.name('Node1', right);
    test.ledger.name('Node2', test.falseFor('Node2'));
    await test.untilAudit(110);
    expect(votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
    expect(votesOn('Node2')).to.deep.equal([['Node2', false, 5]]);
    expect(test.judged).to.deep.equal([LISTED, LISTED]);
    // Its own, made on the view that lagged, is wrong by now.
    expect(votesOn(SELF)).to.deep.equal([[SELF, false, 5]]);
  });

  it('judges one that was named after the window had opened', async () => {
    test.start();
    await test.untilAudit(60);
    test.ledger.name('Node1', test.falseFor('Node1'));
    await test.untilAudit(80);
    expect(votesOn('Node1')).to.deep.equal([['Node1', false, 75]]);
  });

  it('never votes before the audit window', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.start();
    await test.clock.runUntil(WINDOW_MS);
    expect(test.ledger.votes).to.deep.equal([]);
  });

  it('reads eight lists at a time, and has voted on 300 before 95 %', async () => {
    test.ledger.readMs = 150;
    for (let i = 0; i < 300; i++) test.ledger.name(`Maker${i}`, test.right);
    let atATime = 0;
    let most = 0;
    const read = test.ledger.contents.bind(test.ledger);
    test.ledger.contents = async (account) => {
      most = Math.max(most, ++atATime);
      return read(account).finally(() => atATime--);
    };
    await run(94.9);
    expect(most).to.equal(8);
    expect(new Set(test.ledger.votes.map(([maker]) => maker)).size).to.equal(301);
    // One round, however many lists are judged.
    expect(test.judged).to.deep.equal([LISTED]);
  });

  it('reads those under audit first, then in an order of its own', async () => {
    for (let i = 0; i < 40; i++) test.ledger.name(`Maker${i}`, test.right);
    for (const i of [17, 31]) {
      test.ledger.listsOf.get(LISTED)!.get(`Maker${i}`)!.votes.push({ voter: 'v', isValid: false });
    }
    await run(6);
    const order = test.ledger.of('contents').map(({ args }) => args[0] as string);
    expect(order.slice(0, 2)).to.have.members(['Maker17', 'Maker31']);
    expect(order.slice(2)).not.to.deep.equal([...order.slice(2)].sort());
    const other = make({ secret: Buffer.alloc(32, 9) });
    for (let i = 0; i < 40; i++) other.ledger.name(`Maker${i}`, other.right);
    await run(6);
    const otherOrder = other.ledger.of('contents').map(({ args }) => args[0]);
    expect(otherOrder.slice(0, 10)).not.to.deep.equal(order.slice(2, 12));
  });

  it('leaves out a look at which the chain does not answer, and holds the next', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.start();
    await test.untilAudit(1);
    test.ledger.failing.add('lists');
    await test.untilAudit(40);
    test.ledger.failing.clear();
    await test.untilAudit(110);
    expect(votesOn('Node1')).to.deep.equal([['Node1', false, 50]]);
  });

  it('tries the last looks again', async () => {
    test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(80);
    test.ledger.failing.add('lists');
    await test.untilAudit(92);
    test.ledger.failing.clear();
    await test.untilAudit(110);
    const [[, isValid, at]] = votesOn('Node1') as [[unknown, unknown, number]];
    expect(isValid).to.equal(true);
    expect(at).to.be.within(92, LAST);
  });

  it('keeps a vote that failed for the next look', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.failing.add('vote');
    test.start();
    await test.untilAudit(20);
    test.ledger.failing.clear();
    await test.untilAudit(110);
    expect(votesOn('Node1').map(([, , at]) => at)).to.deep.equal([5, 50]);
  });

  it('finds the windows where slots last longer than the node says', async () => {
    test.ledger.stretch = 1.5;
    test.ledger.name('Node1', test.right);
    test.start();
    await test.clock.runUntil(1.5 * WINDOW_MS * 2.1);
    const [, isValid, at] = test.ledger.of('vote').map((c) => [...c.args, c.at] as const)[0]!;
    expect(isValid).to.equal(true);
    const part = (at! as number) / (1.5 * WINDOW_MS) - 1;
    expect(part).to.be.within(0.87, 0.89);
  });

  it('finds them where slots are shorter, too', async () => {
    test.ledger.stretch = 0.75;
    test.ledger.name('Node1', test.right);
    test.start();
    await test.clock.runUntil(0.75 * WINDOW_MS * 2.1);
    const part = test.ledger.of('vote')[0]!.at / (0.75 * WINDOW_MS) - 1;
    expect(part).to.be.within(0.87, 0.92);
  });

  it('votes against any list of a round without submissions', async () => {
    test.ledger.submissionsOf.set(LISTED, {});
    test.ledger.name('Thief', { Thief: 1000 });
    await run();
    expect(votesOn('Thief')).to.deep.equal([['Thief', false, 5]]);
  });

  it('goes on round after round, and with those of a round whose lists were all voted out', async () => {
    test.ledger.name('Node1', test.right, LISTED, true);
    await test.clock.runUntil(0);
    test.start();
    await test.clock.runUntil(ROUND_MS - 1);
    test.ledger.outcomes.set(LISTED, 'failed');
    const next = test.ledger.name('Node2', test.falseFor('Node2'));
    await test.clock.runUntil(2 * ROUND_MS - 1);
    expect(next.votes).to.deep.equal([{ voter: SELF, isValid: false }]);
    // What was voted out before is not voted on again.
    expect(votesOn('Node1')).to.have.length(1);
    expect(ROUND).to.equal(LISTED + 2);
  });

  describe('where a vote for can not be the first', () => {
    it('opens audits on right lists when its place says so, and votes for none of them', async () => {
      make({
        submitters: 40,
        switches: { ...LIST_SWITCHES, opensAudits: true },
        secret: firstOf(40),
      });
      test.ledger.name('Node1', test.right);
      test.ledger.name('Node2', test.right).votes.push({ voter: 'v', isValid: false });
      await run();
      expect(votesOn('Node1').map(([, isValid]) => isValid)).to.deep.equal([false]);
      expect(votesOn('Node1')[0]![2]).to.equal(80);
      expect(votesOn('Node2').map(([, isValid]) => isValid)).to.deep.equal([true]);
    });

    it('opens none at another place', async () => {
      make({ submitters: 40, switches: { ...LIST_SWITCHES, opensAudits: true } });
      test.ledger.name('Node1', test.right);
      await run();
      expect(votesOn('Node1').map(([, isValid]) => isValid)).to.deep.equal([true]);
    });
  });

  it('votes for right lists at the first look where they are final', async () => {
    make({ switches: { ...LIST_SWITCHES, listsAreFinal: true } });
    test.ledger.name('Node1', test.right);
    await run();
    expect(votesOn('Node1')).to.deep.equal([['Node1', true, 5]]);
  });
});

/** A secret that draws place 0 in the round. */
function firstOf(submitters: number): Buffer {
  for (let i = 0; ; i++) {
    const secret = Buffer.alloc(32);
    secret.writeUInt32LE(i);
    if (draw(secret, LISTED, submitters).place === 0) return secret;
  }
}
