import { expect } from 'chai';
import { LIST_SWITCHES } from '../../src/distribution/list-rules';
import { draw } from '../../src/distribution/lots';
import { KeeperUnderTest, LISTED, percent, SELF, WINDOW_MS } from '../fixtures/list-chain';

/** The moment that the secret draws in round 7: 86 + 6 x 0.2444 percent. */
const LATE = 87;
const LAST = 95;

// How a list-keeper judges the lists of others (docs/PROTOCOL.md section 8).
describe('judging lists', () => {
  let test: KeeperUnderTest;
  const make = (options = {}): KeeperUnderTest => (test = new KeeperUnderTest(options));
  beforeEach(() => make());
  afterEach(() => test.stop());

  it('votes for an equal one at the first of the last two looks, and not before', async () => {
    test.ledger.name('Node1', test.right);
    await test.run();
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
    expect(test.readsOf('Node1')).to.deep.equal([5, 50, 75, LATE]);
  });

  for (const [what, isValid, count] of [
    ['one against', false, 1],
    ['many against', false, 9],
    ['a thousand for', true, 1000],
  ] as const) {
    it(`votes for an equal one with ${what}, at the same look`, async () => {
      const list = test.ledger.name('Node1', test.right);
      list.votes = Array.from({ length: count }, (_, i) => ({ voter: `v${i}`, isValid }));
      await test.run();
      expect(test.votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
    });
  }

  it('votes against one that differs at the first look, once', async () => {
    test.ledger.name('Node1', test.right);
    test.ledger.name('Node2', test.falseFor('Node2'));
    await test.run();
    expect(test.votesOn('Node2')).to.deep.equal([['Node2', false, 5]]);
  });

  it('votes against one that differs at the last look too', async () => {
    const list = test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(80);
    test.ledger.accounts.set(list.account, JSON.stringify(test.falseFor('Node1')));
    await test.untilAudit(110);
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, LATE]]);
  });

  it('votes for its own list as well; that the ledger refuses it is no error', async () => {
    test.ledger.takesOwnVotes = false;
    await test.run();
    expect(test.votesOn(SELF)).to.have.length.within(1, 2);
    for (const [, isValid] of test.votesOn(SELF)) expect(isValid).to.equal(true);
  });

  for (const [what, text] of [
    ['is not there', undefined],
    ['is no JSON', 'null and void'],
  ] as const) {
    it(`reads again what ${what}, and votes against it in the end`, async () => {
      const list = test.ledger.name('Node1', text ?? '');
      if (text === undefined) test.ledger.accounts.delete(list.account);
      await test.run();
      expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, LATE]]);
      expect(test.readsOf('Node1')).to.have.length(4);
    });
  }

  it('counts in the end what was read before, where it can not be read then', async () => {
    const list = test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(60);
    test.ledger.accounts.delete(list.account);
    await test.untilAudit(110);
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
  });

  it('does not count what was read of another account', async () => {
    const list = test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(60);
    list.account = 'nothing is there';
    await test.untilAudit(110);
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, LATE]]);
  });

  it('keeps to a vote against, though the list becomes right', async () => {
    const list = test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.showsVotes = false;
    test.start();
    await test.untilAudit(20);
    test.ledger.accounts.set(list.account, JSON.stringify(test.right));
    await test.untilAudit(110);
    expect(test.votesOn('Node1').map(([, isValid]) => isValid)).to.not.include(true);
  });

  it('judges the account that the ledger names, not the one of the maker', async () => {
    for (const [maker, own, named] of [
      ['Node1', test.right, test.falseFor('Node1')],
      ['Node2', test.falseFor('Node2'), test.right],
    ] as const) {
      test.ledger.name(maker, own).account = `of ${maker}`;
      test.ledger.accounts.set(`of ${maker}`, JSON.stringify(named));
    }
    await test.run();
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, 5]]);
    expect(test.votesOn('Node2')).to.deep.equal([['Node2', true, LATE]]);
    expect(test.readsOf('Node1').concat(test.readsOf('Node2'))).to.deep.equal([]);
  });

  it('judges another account when another is named', async () => {
    const list = test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(60);
    list.account = 'another';
    test.ledger.accounts.set('another', JSON.stringify(test.falseFor('Node1')));
    await test.untilAudit(110);
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, 75]]);
  });

  it('casts a vote again that the ledger does not show after 6 % of the window, and once more at the end', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.showsVotes = false;
    await test.run();
    expect(test.votesOn('Node1').map(([, , at]) => at)).to.deep.equal([5, 50, 75, LATE, LAST]);
    make();
    test.ledger.name('Node1', test.right);
    test.ledger.showsVotes = false;
    await test.run();
    expect(test.votesOn('Node1').map(([, , at]) => at)).to.deep.equal([LATE, LAST]);
  });

  it('casts none where the ledger shows one of its own, as after a restart', async () => {
    test.ledger.name('Node1', test.right).votes.push({ voter: SELF, isValid: false });
    test.ledger.name('Node2', test.falseFor('Node2')).votes.push({ voter: SELF, isValid: true });
    await test.run();
    expect(test.votesOn('Node1').concat(test.votesOn('Node2'))).to.deep.equal([]);
    expect(test.readsOf('Node1')).to.deep.equal([]);
  });

  it('votes on nothing without a list of its own, and makes none', async () => {
    test.hasSeed = false;
    test.ledger.name('Node1', test.falseFor('Node1'));
    await test.run();
    expect(test.ledger.votes).to.deep.equal([]);
    expect(test.ledger.of('handIn')).to.deep.equal([]);
  });

  it('reads the submissions again before its first vote against, where nobody agrees', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.name('Node2', test.falseFor('Node2'));
    await test.run();
    const reads = test.ledger.of('submissions').map(({ at }) => percent(at));
    expect(reads.filter((at) => at >= 0)).to.deep.equal([5]);
    expect(test.judged).to.deep.equal([LISTED]);
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, 5]]);
    expect(test.votesOn('Node2')).to.deep.equal([['Node2', false, 5]]);
  });

  it('does not where another agrees', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.ledger.name('Node2', test.right);
    await test.run();
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
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
    expect(test.votesOn('Node2')).to.deep.equal([['Node2', false, 5]]);
    expect(test.judged).to.deep.equal([LISTED, LISTED]);
    // Its own list, made from the view that lagged, is wrong by now.
    expect(test.votesOn(SELF)).to.deep.equal([[SELF, false, 5]]);
  });

  it('votes against any list of a round without submissions', async () => {
    test.ledger.submissionsOf.set(LISTED, {});
    test.ledger.name('Thief', { Thief: 1000 });
    await test.run();
    expect(test.votesOn('Thief')).to.deep.equal([['Thief', false, 5]]);
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
      await test.run();
      expect(test.votesOn('Node1').map(([, isValid]) => isValid)).to.deep.equal([false]);
      expect(test.votesOn('Node1')[0]![2]).to.equal(80);
      expect(test.votesOn('Node2').map(([, isValid]) => isValid)).to.deep.equal([true]);
    });

    it('opens none at another place', async () => {
      make({ submitters: 40, switches: { ...LIST_SWITCHES, opensAudits: true } });
      test.ledger.name('Node1', test.right);
      await test.run();
      expect(test.votesOn('Node1').map(([, isValid]) => isValid)).to.deep.equal([true]);
    });
  });

  it('votes for right lists at the first look where they are final', async () => {
    make({ switches: { ...LIST_SWITCHES, listsAreFinal: true } });
    test.ledger.name('Node1', test.right);
    await test.run();
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', true, 5]]);
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
