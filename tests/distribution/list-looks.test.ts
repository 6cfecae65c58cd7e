import { expect } from 'chai';
import { createLog } from '../../src/process/log';
import {
  KeeperUnderTest,
  LISTED,
  percent,
  ROUND,
  ROUND_MS,
  SELF,
  WINDOW_MS,
} from '../fixtures/list-chain';

/** The moment that the secret draws in round 7: 86 + 6 x 0.2444 percent. */
const LATE = 87;
const LAST = 95;

// When a list-keeper looks at lists, whatever the clock and the chain do (docs/PROTOCOL.md section 8).
describe('looks at lists', () => {
  let test: KeeperUnderTest;
  const make = (options = {}): KeeperUnderTest => (test = new KeeperUnderTest(options));
  beforeEach(() => make());
  afterEach(() => test.stop());

  const starts: [number, number[]][] = [
    // The chain's clock lags by a slot at most.
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
      await test.run();
      const [first] = looks;
      const isLate = part > LATE;
      expect(test.votesOn('Node2')).to.deep.equal(first ? [['Node2', false, first]] : []);
      expect(test.votesOn('Node1').map(([, isValid, at]) => [isValid, at])).to.deep.equal(
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
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', true, 89]]);
  });

  it('looks as usual when the seed is found at 70 %', async () => {
    test.hasSeed = false;
    test.ledger.name('Node1', test.right);
    test.ledger.name('Node2', test.falseFor('Node2'));
    test.start();
    await test.untilAudit(70);
    test.hasSeed = true;
    await test.untilAudit(110);
    expect(test.votesOn('Node2')).to.deep.equal([['Node2', false, 75]]);
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
  });

  it('waits for its view to catch up where it has just started and nobody agrees', async () => {
    // Started at 44 %, while the chain doesn't show it the round's last submitter.
    const whole = test.ledger.submissionsOf.get(LISTED)!;
    const right = test.right;
    test.ledger.name('Node1', right);
    test.ledger.name('Node2', test.falseFor('Node2'));
    const { Node2, ...lagging } = whole;
    expect(Node2).to.be.a('string');
    test.ledger.submissionsOf.set(LISTED, lagging);
    test.clock.sleep(WINDOW_MS * 1.44);
    await test.run(46);
    test.ledger.submissionsOf.set(LISTED, whole);
    await test.untilAudit(60);
    // Half of the window is 12 s after it read the round, which is too soon.
    expect(test.ledger.votes).to.deep.equal([]);
    await test.untilAudit(110);
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', true, LATE]]);
    expect(test.votesOn('Node2')).to.deep.equal([['Node2', false, 75]]);
  });

  it('waits no longer at the last look', async () => {
    test.ledger.name('Node1', test.falseFor('Node1'));
    test.clock.sleep(WINDOW_MS * 1.94);
    await test.run();
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, LAST]]);
  });

  it('judges one that was named after the window had opened', async () => {
    test.start();
    await test.untilAudit(60);
    test.ledger.name('Node1', test.falseFor('Node1'));
    await test.untilAudit(80);
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, 75]]);
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
    await test.run(94.9);
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
    await test.run(6);
    const order = test.ledger.of('contents').map(({ args }) => args[0] as string);
    expect(order.slice(0, 2)).to.have.members(['Maker17', 'Maker31']);
    expect(order.slice(2)).not.to.deep.equal([...order.slice(2)].sort());
    const other = make({ secret: Buffer.alloc(32, 9) });
    for (let i = 0; i < 40; i++) other.ledger.name(`Maker${i}`, other.right);
    await test.run(6);
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
    expect(test.votesOn('Node1')).to.deep.equal([['Node1', false, 50]]);
  });

  it('tries the last looks again', async () => {
    test.ledger.name('Node1', test.right);
    test.start();
    await test.untilAudit(80);
    test.ledger.failing.add('lists');
    await test.untilAudit(92);
    test.ledger.failing.clear();
    await test.untilAudit(110);
    const [[, isValid, at]] = test.votesOn('Node1') as [[unknown, unknown, number]];
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
    expect(test.votesOn('Node1').map(([, , at]) => at)).to.deep.equal([5, 50]);
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

  it('goes on round after round, and with those of a round whose lists were all voted out', async () => {
    test.ledger.name('Node1', test.right, LISTED, true);
    await test.clock.runUntil(0);
    test.start();
    await test.clock.runUntil(ROUND_MS - 1);
    test.ledger.outcomes.set(LISTED, 'failed');
    const next = test.ledger.name('Node2', test.falseFor('Node2'));
    await test.clock.runUntil(2 * ROUND_MS - 1);
    expect(next.votes).to.deep.equal([{ voter: SELF, isValid: false }]);
    // Lists that were voted out before are not voted on again.
    expect(test.votesOn('Node1')).to.have.length(1);
    expect(ROUND).to.equal(LISTED + 2);
  });

  it('tells of an outage whole once, counts then, and says when it is over', async () => {
    const lines: string[] = [];
    test = make({ log: createLog('info', (line) => lines.push(line)) });
    test.ledger.name('Node1', test.right);
    const down = ['windows', 'submissions', 'lists'];
    test.start();
    await test.clock.runUntil(1000);
    for (const method of down) test.ledger.failing.add(method);
    await test.clock.runUntil(3 * ROUND_MS);
    expect(lines.filter((line) => line.includes('"stack"'))).to.have.length(1);
    expect(lines.join('').length).to.be.lessThan(6000);
    test.ledger.failing.clear();
    await test.clock.runUntil(3 * ROUND_MS + WINDOW_MS);
    expect(lines.join('')).to.match(/the distribution lists are kept again: \d+ tries failed in/);
  });
});
