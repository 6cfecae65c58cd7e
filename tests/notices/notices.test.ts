import { expect } from 'chai';
import fc from 'fast-check';
import { DAY, HOUR, MINUTE, NEW_TASK, NOON, SECOND, FakeNode, STOPPED, WELL } from './fake-node';

describe('Notices', () => {
  let node: FakeNode;
  beforeEach(() => (node = new FakeNode()));

  it('tells an alarm once while it lasts, and once that it is over, with how long it lasted', async () => {
    const notices = await node.open();
    for (let i = 0; i < 18; i++) {
      notices.alarm('mining', STOPPED);
      await node.clock.pass(10 * SECOND);
    }
    for (let i = 0; i < 10; i++) {
      notices.well('mining', WELL);
      await node.clock.pass(10 * SECOND);
    }
    expect(node.shown).to.deep.equal([
      { ...STOPPED, event: 'mining', at: 0 },
      {
        event: 'mining',
        level: 'log',
        action: '',
        at: 3 * MINUTE,
        message: 'Mining goes on again, after 3 minutes.',
      },
    ]);
  });

  it('says nothing of what was never wrong', async () => {
    const notices = await node.open();
    notices.well('mining', WELL);
    await node.clock.pass(DAY);
    expect(node.shown).to.deep.equal([]);
    expect(node.clock.timers).to.equal(0);
  });

  it('counts how long it lasted from when it began, as far as that is known', async () => {
    const notices = await node.open();
    notices.alarm('mining', STOPPED, node.clock.now() - 2 * HOUR);
    await node.clock.pass(5 * MINUTE);
    notices.well('mining', WELL);
    await node.clock.pass(0);
    expect(node.messages[1]).to.equal('Mining goes on again, after 2 hours 5 minutes.');
  });

  it('sums up what the limit of an hour held back', async () => {
    const notices = await node.open();
    for (let i = 0; i < 10; i++) {
      notices.alarm('mining', STOPPED);
      await node.clock.pass(MINUTE);
      notices.well('mining', WELL);
      await node.clock.pass(4 * MINUTE);
    }
    expect(node.messages).to.deep.equal([
      'Mining has stopped.',
      'Mining goes on again, after 1 minute.',
    ]);
    await node.clock.pass(DAY);
    expect(node.shown).to.have.length(2);
    notices.alarm('mining', STOPPED);
    await node.clock.pass(MINUTE);
    expect(node.messages[2]).to.equal('Mining has stopped. (9 more times since 2026-03-04 12:05)');
  });

  it('tells an alarm that was held back when it may, if it still lasts', async () => {
    const notices = await node.open();
    notices.alarm('mining', STOPPED);
    await node.clock.pass(MINUTE);
    notices.well('mining', WELL);
    await node.clock.pass(MINUTE);
    notices.alarm('mining', STOPPED);
    await node.clock.pass(MINUTE);
    notices.well('mining', WELL);
    notices.alarm('mining', STOPPED);
    await node.clock.pass(57 * MINUTE - 1);
    expect(node.shown).to.have.length(2);
    await node.clock.pass(1);
    expect(node.messages[2]).to.equal('Mining has stopped. (1 more time since 12:02)');
    notices.well('mining', WELL);
    await node.clock.pass(0);
    expect(node.messages[3]).to.equal('Mining goes on again, after 57 minutes.');
  });

  it('keeps to its limits over a day of an alarm that flaps, with one "well again" for each', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            lasts: fc.integer({ min: 1, max: 90 }),
            then: fc.integer({ max: 60, min: 1 }),
          }),
          { minLength: 20, maxLength: 60 },
        ),
        fc.boolean(),
        async (flaps, isRestarted) => {
          node = new FakeNode();
          let notices = await node.open();
          for (const { lasts, then } of flaps) {
            notices.alarm('store', STOPPED);
            await node.clock.pass(lasts * MINUTE);
            if (isRestarted) notices = await node.restart();
            notices.well('store', WELL);
            await node.clock.pass(then * MINUTE);
          }
          const alarms = node.shown.filter(({ level }) => level === 'error');
          node.shown.forEach(({ level }, i) =>
            expect(level).to.equal(i % 2 === 0 ? 'error' : 'log'),
          );
          expect(node.shown).to.have.length(2 * alarms.length);
          alarms.forEach(({ at }, i) => {
            if (i >= 1) expect(at - alarms[i - 1]!.at).to.be.at.least(HOUR);
            if (i >= 6) expect(at - alarms[i - 6]!.at).to.be.at.least(DAY);
          });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('tells six times in a day at most, then waits for the first of them to be a day old', async () => {
    const notices = await node.open();
    for (let i = 0; i < 30; i++) {
      notices.alarm('mining', STOPPED);
      await node.clock.pass(30 * MINUTE);
      notices.well('mining', WELL);
      await node.clock.pass(31 * MINUTE);
    }
    const alarms = node.shown.filter(({ level }) => level === 'error').map(({ at }) => at);
    const hours = [0, 61, 122, 183, 244, 305].map((minutes) => minutes * MINUTE);
    expect(alarms.slice(0, 7)).to.deep.equal([...hours, DAY + 24 * MINUTE]);
    expect(node.shown[12]!.message).to.match(/^Mining has stopped\. \(18 more times since /);
  });

  it('limits each event by itself', async () => {
    const notices = await node.open();
    notices.alarm('mining', STOPPED);
    notices.alarm('store', STOPPED);
    notices.alarm('proof', STOPPED);
    await node.clock.pass(0);
    expect(node.events).to.have.members(['mining', 'store', 'proof']);
  });

  it('tells once what is to be told once, and again what is another', async () => {
    let notices = await node.open();
    for (const id of ['a', 'a', 'b', 'b']) {
      notices.once('newer task', id, { ...NEW_TASK, message: id });
      await node.clock.pass(2 * HOUR);
      notices = await node.restart();
      notices.once('newer task', id, { ...NEW_TASK, message: id });
      await node.clock.pass(2 * HOUR);
    }
    expect(node.messages).to.deep.equal(['a', 'b']);
  });

  it('holds back what comes again within the hour, and tells the last of it', async () => {
    const notices = await node.open();
    for (const port of [8080, 8081, 8082]) {
      notices.once('address', String(port), { ...NEW_TASK, message: String(port) });
      await node.clock.pass(MINUTE);
    }
    await node.clock.pass(HOUR);
    expect(node.messages).to.deep.equal(['8080', '8082']);
  });

  it('a clock that was put back holds nothing back for longer than the limits', async () => {
    const notices = await node.open();
    notices.alarm('mining', STOPPED);
    await node.clock.pass(MINUTE);
    notices.well('mining', WELL);
    await node.clock.pass(MINUTE);
    node.clock.set(NOON - 30 * DAY);
    notices.alarm('mining', STOPPED);
    await node.clock.pass(HOUR);
    expect(node.shown).to.have.length(3);
  });
});
