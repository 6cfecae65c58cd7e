import { expect } from 'chai';
import { DAY, MINUTE, NEW_TASK, NOON, SECOND, FakeNode, STOPPED, WELL } from './fake-node';

describe('Notices and their record', () => {
  let node: FakeNode;
  beforeEach(() => (node = new FakeNode()));

  describe('over a restart', () => {
    it('an alarm that lasts is no new one, and gets its "well again"', async () => {
      (await node.open()).alarm('mining', STOPPED);
      await node.clock.pass(10 * MINUTE);
      const notices = await node.restart();
      notices.alarm('mining', STOPPED);
      await node.clock.pass(10 * MINUTE);
      expect(node.shown).to.have.length(1);
      notices.well('mining', WELL);
      await node.clock.pass(0);
      expect(node.messages[1]).to.equal('Mining goes on again, after 20 minutes.');
      (await node.restart()).well('mining', WELL);
      await node.clock.pass(DAY);
      expect(node.shown).to.have.length(2);
    });

    it('an alarm at each start of a task that is started in a loop is told once', async () => {
      for (let i = 0; i < 20; i++) {
        (await node.restart()).alarm('mining', STOPPED);
        await node.clock.pass(MINUTE);
      }
      expect(node.shown).to.have.length(1);
    });

    it('what was not shown before is told after it', async () => {
      node.show = () => new Promise(() => undefined);
      const first = await node.open();
      first.alarm('mining', STOPPED);
      first.once('newer task', 'a', NEW_TASK);
      await node.clock.pass(10 * SECOND);
      node.show = () => Promise.resolve();
      const second = await node.restart();
      second.alarm('mining', STOPPED);
      second.once('newer task', 'a', NEW_TASK);
      await node.clock.pass(0);
      expect(node.events).to.deep.equal(['mining', 'newer task']);
    });

    it('the record holds neither what was told nor its key', async () => {
      (await node.open()).once('address', 'http://x/?token=5ec7e7', {
        ...NEW_TASK,
        message: '5ec7e7',
      });
      await node.clock.pass(0);
      expect(node.shown).to.have.length(1);
      expect([...node.store.values.values()].join()).not.to.include('5ec7e7');
    });
  });

  for (const [what, record] of [
    ['no JSON', '{"mining":'],
    ['another kind', '[1,2]'],
    ['null', 'null'],
    ['wrong fields', JSON.stringify({ mining: { toldAt: 'x' }, store: 7, proof: null })],
    ['times beyond all bounds', JSON.stringify({ mining: { toldAt: [1e300] } })],
    ['an event nobody knows', JSON.stringify({ later: { toldAt: [] } })],
  ] as const) {
    it(`goes on without a record that is garbage: ${what}`, async () => {
      node.store.values.set('notices', record);
      const notices = await node.open();
      notices.alarm('mining', STOPPED);
      await node.clock.pass(MINUTE);
      notices.well('mining', WELL);
      await node.clock.pass(MINUTE);
      expect(node.shown).to.have.length(2);
    });
  }

  it('keeps what can be read beside what is garbage', async () => {
    const told = { toldAt: [NOON - MINUTE] };
    node.store.values.set('notices', JSON.stringify({ mining: told, store: 'garbage' }));
    const notices = await node.open();
    notices.alarm('mining', STOPPED);
    notices.alarm('store', STOPPED);
    await node.clock.pass(MINUTE);
    expect(node.events).to.deep.equal(['store']);
  });

  it('opens though the store can not be read', async () => {
    node.store.get = () => Promise.reject(new Error('EIO'));
    (await node.open()).alarm('mining', STOPPED);
    await node.clock.pass(0);
    expect(node.shown).to.have.length(1);
  });

  it('tells though the store takes no writes, keeps to its limits, and stores when it does', async () => {
    node.store.broken = true;
    const notices = await node.open();
    notices.alarm('store', STOPPED);
    await node.clock.pass(MINUTE);
    notices.well('store', WELL);
    await node.clock.pass(MINUTE);
    notices.alarm('store', STOPPED);
    await node.clock.pass(MINUTE);
    expect(node.shown).to.have.length(2);
    node.store.broken = false;
    notices.once('newer task', 'a', NEW_TASK);
    await node.clock.pass(MINUTE);
    const restarted = await node.restart();
    restarted.alarm('store', STOPPED);
    await node.clock.pass(MINUTE);
    expect(node.shown).to.have.length(3);
  });
});
