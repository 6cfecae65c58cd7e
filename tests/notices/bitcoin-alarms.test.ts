import { expect } from 'chai';
import { BitcoinAlarms, type WatchedBitcoin } from '../../src/notices/bitcoin-alarms';
import { plainText, type NoticeText } from '../../src/notices/notice';

type Block = ReturnType<WatchedBitcoin['blocks']['list']>[number];
type Answer = Block['answers'][number];

const LOOK_MS = 10_000;

function block(state: Block['state'], number = 1, answers: Answer[] = []): Block {
  const hash = String(number).padStart(64, '0');
  return { hash, height: 900_000 + number, valueSat: 312_500_000, state, answers };
}

describe('BitcoinAlarms', () => {
  /** The calls made that change anything: the event, then the kind of call or the key. */
  let told: string[];
  let texts: NoticeText[];
  let blocks: Block[];
  let bitcoin: {
    peers: { fault: string | undefined }[];
    refusal: { reason: string } | undefined;
    tip: object | undefined;
  };
  let current: { WORK_SOURCE: 'auto' | 'koii' | 'bitcoin' };
  let miner: { lastRound: { origin: { source: number } } | undefined };
  let alarms: BitcoinAlarms;

  beforeEach(() => {
    [told, texts, blocks] = [[], [], []];
    bitcoin = { peers: [{ fault: undefined }], refusal: undefined, tip: {} };
    current = { WORK_SOURCE: 'auto' };
    miner = { lastRound: { origin: { source: 1 } } };
    /** As `Notices` does: what is repeated changes nothing, and all is well that nobody was alarmed of. */
    const last = new Map<string, string>();
    const tell = (event: string, what: string, text: NoticeText): void => {
      if ((last.get(event) ?? 'well') === what) return;
      last.set(event, what);
      told.push(`${event}: ${what}`);
      texts.push(text);
    };
    alarms = new BitcoinAlarms(
      {
        blocks: { list: () => blocks },
        bitcoin,
        settings: { current },
        miner,
        notices: {
          once: (event, key, text) => tell(event, key, text),
          alarm: (event, text) => tell(event, 'alarm', text),
          well: (event, message) => tell(event, 'well', { level: 'log', message, action: '' }),
        },
      },
      LOOK_MS,
    );
  });

  /** Looks as often as the alarms do in this many seconds. */
  const pass = (seconds: number): void => {
    for (let i = 0; i < seconds / 10; i++) alarms.look();
  };

  it('say nothing while all is well', () => {
    pass(3600);
    expect(told).to.deep.equal([]);
  });

  it('tell of a block with its height, its value and who took it, once', () => {
    const refused: Answer = { node: 'a:8332', verdict: 'refused', reason: 'stale-work' };
    const accepted: Answer = { node: 'b:8332', verdict: 'accepted', reason: '' };
    blocks = [block('accepted', 1, [refused, accepted])];
    pass(60);
    expect(told).to.deep.equal([`bitcoin block: ${blocks[0]!.hash}`]);
    expect(texts[0]!.message).to.equal(
      `You found a Bitcoin block! Height 900001, worth 3.125 BTC to you, accepted by b:8332: ${blocks[0]!.hash}`,
    );
    blocks = [block('accepted', 2), ...blocks];
    pass(60);
    expect(told).to.have.length(2);
    expect(texts[1]!.message).to.include('Height 900002');
  });

  it('say of a block that it is kept beside another', () => {
    blocks = [block('inconclusive', 1, [{ node: 'a:8332', verdict: 'inconclusive', reason: '' }])];
    pass(10);
    expect(texts[0]!.message).to.include('kept by a:8332 beside a rival that may win');
  });

  it('tell of a refused block with the reason, but with nothing else that a node says', () => {
    blocks = [block('refused', 1, [{ node: 'a', verdict: 'refused', reason: 'high-hash' }])];
    pass(60);
    expect(told).to.deep.equal([`refused block: ${blocks[0]!.hash}`]);
    expect(texts[0]!.message).to.include('refused by your Bitcoin node (high-hash).');
    for (const reason of ['Visit http://evil.example now', 'a'.repeat(41), '<b>']) {
      blocks = [block('refused', texts.length + 1, [{ node: 'a', verdict: 'refused', reason }])];
      pass(10);
      expect(texts.at(-1)!.message).to.include('by your Bitcoin node. The log');
    }
    expect(texts).to.have.length(4);
  });

  it('say that a block is lost which no node has answered for', () => {
    blocks = [block('given up')];
    pass(10);
    expect(texts[0]!.message).to.include('is lost: no Bitcoin node answered');
  });

  it('give a block a minute to be answered for, then alarm, and say when it was', () => {
    blocks = [block('pending', 2), block('accepted', 1)];
    pass(50);
    expect(told).to.deep.equal([`bitcoin block: ${blocks[1]!.hash}`]);
    pass(20);
    expect(told.slice(1)).to.deep.equal(['unanswered block: alarm']);
    blocks = [block('accepted', 2), block('accepted', 1)];
    pass(10);
    expect(told.slice(2)).to.deep.equal([
      `bitcoin block: ${blocks[0]!.hash}`,
      'unanswered block: well',
    ]);
  });

  it('count the minute of each block apart', () => {
    for (let number = 1; number <= 4; number++) {
      blocks = [block('pending', number)];
      pass(50);
    }
    expect(told).to.deep.equal([]);
  });

  it('tell that the node would refuse a block, and when it would take one again', () => {
    bitcoin.refusal = { reason: 'bad-cb-amount' };
    pass(60);
    expect(told).to.deep.equal(['bitcoin work: alarm']);
    expect(texts[0]!.message).to.include('would refuse a block of yours (bad-cb-amount)');
    bitcoin.refusal = undefined;
    pass(60);
    expect(told.slice(1)).to.deep.equal(['bitcoin work: well']);
  });

  it('do not take a node that has not been asked yet for one that would take a block', () => {
    const wells: string[] = [];
    const facts = Object.assign(bitcoin, { peers: [], tip: undefined });
    const watched: WatchedBitcoin = {
      blocks: { list: () => [] },
      bitcoin: facts,
      settings: { current },
      miner,
      notices: {
        once: () => undefined,
        alarm: () => undefined,
        well: (event) => void wells.push(event),
      },
    };
    alarms = new BitcoinAlarms(watched, LOOK_MS);
    pass(60);
    // The first tip, and for a moment no answer.
    bitcoin.tip = {};
    pass(20);
    expect(wells).not.to.include('bitcoin work');
    pass(10);
    expect(wells).to.include('bitcoin work');
  });

  it('tell that no Bitcoin node has been fit for five minutes, and when one is', () => {
    bitcoin.peers = [{ fault: 'connection refused' }, { fault: 'still loads blocks' }];
    pass(290);
    expect(told).to.deep.equal([]);
    pass(60);
    expect(told).to.deep.equal(['bitcoin node: alarm']);
    bitcoin.peers[1]!.fault = undefined;
    pass(10);
    expect(told.slice(1)).to.deep.equal(['bitcoin node: well']);
  });

  it('take no notice of a node that comes and goes while another stays', () => {
    bitcoin.peers = [{ fault: 'connection refused' }, { fault: undefined }];
    pass(3600);
    expect(told).to.deep.equal([]);
  });

  it('say that it is away also where bitcoin was chosen and never mined, and nothing where koii is', () => {
    bitcoin.peers = [{ fault: 'connection refused' }];
    miner.lastRound = { origin: { source: 0 } };
    pass(3600);
    current.WORK_SOURCE = 'koii';
    miner.lastRound = { origin: { source: 1 } };
    pass(3600);
    expect(told).to.deep.equal([]);
    current.WORK_SOURCE = 'bitcoin';
    pass(300);
    expect(told).to.deep.equal(['bitcoin node: alarm']);
  });

  it('go on missing a node after the rounds have fallen back on koii', () => {
    pass(10);
    miner.lastRound = { origin: { source: 0 } };
    bitcoin.peers = [{ fault: 'connection refused' }];
    pass(300);
    expect(told).to.deep.equal(['bitcoin node: alarm']);
  });

  it('say nothing where no Bitcoin node is set', () => {
    bitcoin = Object.assign(bitcoin, { peers: [], tip: undefined });
    current.WORK_SOURCE = 'bitcoin';
    pass(3600);
    expect(told).to.deep.equal([]);
  });

  it('say all in each message, none of which is too long to be shown', () => {
    const node = `${'a'.repeat(60)}:65535`;
    const large = { height: 2 ** 31 - 1, valueSat: 312_512_345 };
    const reason = 'bad-witness-merkle-match';
    bitcoin.refusal = { reason };
    bitcoin.peers = [{ fault: 'away' }];
    blocks = [
      { ...block('pending', 1), ...large },
      { ...block('inconclusive', 2, [{ node, verdict: 'inconclusive', reason }]), ...large },
      { ...block('refused', 3, [{ node, verdict: 'refused', reason }]), ...large },
    ];
    pass(300);
    blocks = [{ ...block('given up', 4), ...large }];
    pass(10);
    expect(texts.length).to.be.at.least(6);
    for (const { message, action, level } of texts) {
      expect(plainText(message)).to.equal(message);
      expect(plainText(action)).to.equal(action);
      if (level === 'error') expect(action).not.to.equal('');
    }
  });
});
