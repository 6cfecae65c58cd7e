import { expect } from 'chai';
import {
  attackedNode,
  codeOf,
  expectClosed,
  ROUND,
  shareOf,
  submit,
} from '../fixtures/hostile-miners';
import { StratumTestNode } from '../fixtures/stratum-node';

const PASSWORD = 'open sesame';

describe('hostile miners', function () {
  this.timeout(60_000);
  const attacked = attackedNode();

  describe('names', () => {
    const ids = (): string[] => attacked.node.door.workers.list(ROUND).map(({ id }) => id);

    it('are shown as printable text', async () => {
      const names = [
        ...['\u001b[2J\u001b]0;owned\u0007', '<script>alert(1)</script>', '"} 1\norca_fake{x="'],
        ...['../../etc/passwd', '__proto__', 'constructor', '', ' \t\r\n ', '😀😀', '\ud800 half'],
        ...['Ünïcödé', '\u202egnp.exe', 'n'.repeat(256), '\\', '"', '\u0000'],
      ];
      const made = await attacked.miner();
      for (const name of names) {
        const [answer] = await made.ask({ id: 1, method: 'mining.authorize', params: [name] });
        expect(answer!.result, name).to.equal(true);
        const [refused] = await made.ask(
          submit([name, 'ffffffff', '00000000', '00000000', '00000000']),
        );
        expect(codeOf(refused!), name).to.equal(21);
      }
      for (const id of ids()) expect(id).to.match(/^[\x20-\x7e]{1,64}$/);
      const shown = ['<script>alert(1)</script>', '__proto__', 'constructor', 'unnamed', '????'];
      expect(ids()).to.include.members([...shown, '?[2J?]0;owned?', 'n'.repeat(64)]);
    });

    it('of 257 characters are refused', async () => {
      const made = await attacked.peer();
      const [answer] = await made.ask({
        id: 1,
        method: 'mining.authorize',
        params: ['n'.repeat(257)],
      });
      expect(answer!.error).to.deep.equal([
        20,
        'worker: expected a name of at most 256 characters',
        null,
      ]);
      expect(
        codeOf(
          (
            await attacked.miner().then((m) => m.ask(submit(['n'.repeat(257), '', '', '', ''])))
          )[0]!,
        ),
      ).to.equal(20);
    });

    it("of this node's own threads are somebody else's", async () => {
      const made = await attacked.client('local');
      const { job, ...rolled } = await shareOf(made);
      expect(await made.submit('local', job, rolled)).to.equal(true);
      expect(ids()).to.include('local-miner').and.not.to.include('local');
    });

    it('are 32 a connection', async () => {
      const made = await attacked.miner('first');
      const names = Array.from({ length: 40 }, (_, i) => ({
        id: i,
        method: 'mining.authorize',
        params: [`name${i}`],
      }));
      const codes = (await made.ask(...names)).map(codeOf);
      expect(codes.filter((code) => code === undefined)).to.have.length(31);
      expect(codes.filter((code) => code === 24)).to.have.length(9);
      // One that it has can be authorized again.
      expect(
        (await made.ask({ id: 1, method: 'mining.authorize', params: ['first'] }))[0]!.result,
      ).to.equal(true);
    });

    it('that were not authorized are refused', async () => {
      const made = await attacked.client('me');
      const { job, ...rolled } = await shareOf(made);
      expect(await made.submit('you', job, rolled)).to.deep.equal([24, 'Unauthorized worker']);
      expect(await made.submit('me', job, rolled)).to.equal(true);
    });

    it('of miners that call themselves anything are as harmless', async () => {
      for (const agent of ['\u001b[2J', '<b>', 'x'.repeat(3_900), 7, null, ['cpuminer'], {}]) {
        const made = await attacked.peer();
        const answers = await made.ask(
          { id: 1, method: 'mining.subscribe', params: [agent] },
          { id: 2, method: 'mining.authorize', params: ['agent', 'x'] },
        );
        expect(answers.map(({ error }) => error)).to.deep.equal([null, null]);
        const { agent: shown } = attacked.node.door.workers.find('agent')!;
        expect(shown).to.match(/^[\x20-\x7e]{0,64}$/);
      }
    });
  });

  describe('where there is a password', () => {
    let guarded: StratumTestNode;
    before(async () => {
      guarded = await StratumTestNode.open({ config: { STRATUM_PASSWORD: PASSWORD } });
      await guarded.begin(ROUND);
    });
    after(() => guarded.close());

    it('guesses are refused, and nothing is mined without it', async () => {
      const made = await attacked.peer(guarded.port);
      await made.ask({ id: 0, method: 'mining.subscribe', params: [] });
      for (const guess of [
        'open sesam',
        'open sesame!',
        'OPEN SESAME',
        'd=1',
        undefined,
        null,
        [PASSWORD],
      ]) {
        const [answer] = await made.ask({
          id: 1,
          method: 'mining.authorize',
          params: ['m', guess],
        });
        expect(answer!.error, JSON.stringify(guess)).to.deep.equal([
          24,
          'Unauthorized worker: wrong password',
          null,
        ]);
      }
      expect(made.text).not.to.include('"method"');
      expect(
        codeOf((await made.ask(submit(['m', '1', '00000000', '00000000', '00000000'])))[0]!),
      ).to.equal(24);
      const [right] = await made.ask({
        id: 1,
        method: 'mining.authorize',
        params: ['m', `d=1, ${PASSWORD} `],
      });
      expect(right!.result).to.equal(true);
    });

    it('ten wrong ones are answered, and then the connection is closed', async () => {
      const made = await attacked.peer(guarded.port);
      const guess = (id: number): unknown => ({
        id,
        method: 'mining.authorize',
        params: ['m', id],
      });
      expect(
        (await made.ask(...Array.from({ length: 10 }, (_, id) => guess(id)))).map(codeOf),
      ).to.deep.equal(Array(10).fill(24));
      made.tell(guess(10));
      await expectClosed(made);
    });

    it('one line tries 16 at most', async () => {
      const made = await attacked.peer(guarded.port);
      const items = [...Array(16).keys(), PASSWORD].join();
      const [late] = await made.ask({ id: 1, method: 'mining.authorize', params: ['m', items] });
      expect(codeOf(late!)).to.equal(24);
      const [right] = await made.ask({
        id: 1,
        method: 'mining.authorize',
        params: ['m', items.slice(2)],
      });
      expect(right!.result).to.equal(true);
    });
  });
});
