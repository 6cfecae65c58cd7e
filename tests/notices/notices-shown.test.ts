import { expect } from 'chai';
import fc from 'fast-check';
import { HOUR, MINUTE, NEW_TASK, FakeNode, STOPPED, WELL } from './fake-node';

describe('Notices and the place that shows them', () => {
  let node: FakeNode;
  beforeEach(() => (node = new FakeNode()));

  describe('where they are shown', () => {
    it('fails: tries again after 1, 2, 4 … minutes, and tells what is so by then', async () => {
      let tries = 0;
      node.show = () => (tries++, Promise.reject(new Error('the node is away')));
      const notices = await node.open();
      notices.alarm('mining', STOPPED);
      notices.alarm('store', STOPPED);
      await node.clock.pass(7 * MINUTE);
      expect(tries).to.equal(4);
      notices.well('mining', WELL);
      notices.once('newer task', 'a', NEW_TASK);
      await node.clock.pass(MINUTE);
      expect(tries).to.equal(4);
      node.show = () => Promise.resolve();
      await node.clock.pass(HOUR);
      // An alarm that was over before it could be shown is in the next summary.
      expect(node.events).to.deep.equal(['newer task', 'store']);
      notices.alarm('mining', STOPPED);
      await node.clock.pass(0);
      expect(node.messages[2]).to.equal('Mining has stopped. (1 more time since 12:00)');
    });

    it('fails: nothing is missing from the sum later', async () => {
      const notices = await node.open();
      for (let i = 0; i < 3; i++) {
        notices.alarm('mining', STOPPED);
        await node.clock.pass(MINUTE);
        notices.well('mining', WELL);
        await node.clock.pass(MINUTE);
      }
      node.show = () => Promise.reject(new Error('the node is away'));
      notices.alarm('mining', STOPPED);
      await node.clock.pass(HOUR);
      expect(node.shown).to.have.length(2);
      node.show = () => Promise.resolve();
      await node.clock.pass(HOUR);
      expect(node.messages[2]).to.equal('Mining has stopped. (2 more times since 12:02)');
    });

    it('is slow: one at a time, the newest of each event, and a "well again" for what was told', async () => {
      const ends: (() => void)[] = [];
      node.show = () => new Promise((resolve) => ends.push(resolve));
      const notices = await node.open();
      notices.alarm('mining', STOPPED);
      for (const port of [1, 2, 3]) {
        notices.once('address', String(port), { ...NEW_TASK, message: String(port) });
      }
      notices.well('mining', WELL);
      await node.clock.pass(MINUTE);
      expect(ends).to.have.length(1);
      for (let i = 0; i < 3; i++) {
        ends[i]!();
        await node.clock.pass(0);
      }
      expect(node.messages).to.have.members([
        'Mining has stopped.',
        'Mining goes on again, after 1 second.',
        '3',
      ]);
      expect(node.messages.indexOf('Mining has stopped.')).to.equal(0);
    });

    it('fails where the alarm ended and came again meanwhile: the one that lasts is told', async () => {
      const fails: ((error: Error) => void)[] = [];
      node.show = () => new Promise((_resolve, reject) => fails.push(reject));
      const notices = await node.open();
      notices.alarm('mining', STOPPED);
      notices.well('mining', WELL);
      notices.alarm('mining', STOPPED);
      fails[0]!(new Error('no answer'));
      node.show = () => Promise.resolve();
      await node.clock.pass(2 * MINUTE);
      expect(node.messages).to.deep.equal(['Mining has stopped. (1 more time since 12:00)']);
      notices.well('mining', WELL);
      await node.clock.pass(0);
      expect(node.messages[1]).to.equal('Mining goes on again, after 2 minutes.');
    });
  });

  it('shows one line of plain text of bounded length, whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 600 }),
        fc.array(
          fc.constantFrom(
            '\u0000',
            '\n',
            '\u001b[31m',
            '\u0085',
            '\u2028',
            '\u202e',
            '\u2066',
            '\ud800',
            'é😀',
          ),
        ),
        async (text, hostile) => {
          node = new FakeNode();
          const message = hostile.join(text);
          const notices = await node.open();
          notices.alarm('store', { ...STOPPED, message, action: message });
          notices.well('store', message);
          await node.clock.pass(0);
          expect(node.shown).to.have.length(2);
          for (const { message, action } of node.shown) {
            for (const line of [message, action]) {
              expect([...line].length).to.be.at.most(300);
              expect(line).not.to.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
            }
          }
        },
      ),
    );
  });
});
