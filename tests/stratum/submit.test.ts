import { expect } from 'chai';
import { HASHES_PER_DIFFICULTY } from '../../src/stratum/difficulty';
import { StratumClient, type Found, type Notified } from '../fixtures/stratum-client';
import { EASIEST, StratumTestNode, WHOLE_MASK } from '../fixtures/stratum-node';

const ROUND = 5;
const STALE = [21, 'Job not found'];
const DUPLICATE = [22, 'Duplicate share'];
const LOW = [23, 'Low difficulty share'];
const OFF_TIME = [20, 'Time out of range'];
const OFF_MASK = [20, 'Version bits outside the mask'];

const hex8 = (value: number): string => value.toString(16).padStart(8, '0');
const later = (job: Notified, seconds: number): string =>
  hex8(Number.parseInt(job.time, 16) + seconds);

describe('shares over Stratum', () => {
  let node: StratumTestNode;
  let client: StratumClient;
  let job: Notified;
  let shares: Found[];
  beforeEach(async () => {
    node = await StratumTestNode.open();
    await node.begin(ROUND);
    client = await node.rolling('rig1');
    job = await client.job();
    shares = client.mine(job, 2, { rollsVersion: true });
  });
  afterEach(async () => {
    client.close();
    await node.close();
  });

  /** The worker's rejections by reason, and the node's shares: valid, invalid, conflicts. */
  const counts = (id = 'rig1'): [object, number[]] => {
    const { valid, invalid, conflicts } = node.door.shares.sinceStart;
    return [Object.fromEntries(node.worker(id).rejected), [valid, invalid, conflicts]];
  };

  it('are accepted in each form that miners give them', async () => {
    const [first, second] = shares as [Found, Found];
    expect(await client.submit('rig1', job, first)).to.equal(true);
    const upper = {
      extranonce2: second.extranonce2.toUpperCase(),
      time: second.time.toUpperCase(),
      nonce: second.nonce.replace(/^0+/, '').toUpperCase(),
      versionBits: second.versionBits!.toUpperCase(),
    };
    expect(await client.submit('rig1', job, upper)).to.equal(true);
    const [rolled] = client.mine(job, 1, { rollsVersion: true, timeOffset: 255, from: 7 });
    expect(await client.submit('rig1', job, rolled!)).to.equal(true);
    expect(counts()).to.deep.equal([{}, [3, 0, 0]]);
    const { accepted, provenHashes, roundBest } = node.worker('rig1');
    expect(accepted).to.equal(3);
    expect(provenHashes).to.be.closeTo(3 * job.difficulty * HASHES_PER_DIFFICULTY, 1);
    const hashes = [...shares, rolled!].map(({ hash }) => hash).sort((a, b) => (a < b ? -1 : 1));
    expect(roundBest).to.equal(hashes[0]);
    // Their hashes are those that the miner computed.
    const { lastRound } = node.door.miner;
    expect(lastRound!.shares.map(({ hashValue }) => hashValue)).to.deep.equal(hashes);
  });

  it('need no version bits, also where they are null', async () => {
    const plain = await StratumClient.mining(node.port, 'nerd', { password: EASIEST });
    const its = await plain.job();
    // Where it finds one at once: kernels are slow at one version.
    const [share] = plain.mine(its, 1, { from: 331 });
    expect(await plain.submit('nerd', its, share!)).to.equal(true);
    const again = [null, '00000000', undefined].map((versionBits) => [
      ...['nerd', its.id, share!.extranonce2, share!.time, share!.nonce],
      versionBits,
    ]);
    for (const params of again) {
      expect((await plain.request('mining.submit', params)).error).to.deep.equal([
        ...DUPLICATE,
        null,
      ]);
    }
    plain.close();
  });

  it('are refused as duplicates by their bytes, however they are written', async () => {
    const [share] = shares as [Found];
    expect(await client.submit('rig1', job, share)).to.equal(true);
    const nonce = share.nonce.replace(/^0+/, '');
    expect(nonce).to.have.length.below(8);
    for (const form of [share, { ...share, nonce }, { ...share, nonce: nonce.toUpperCase() }]) {
      expect(await client.submit('rig1', job, form)).to.deep.equal(DUPLICATE);
    }
    expect(counts()).to.deep.equal([{ duplicate: 3 }, [1, 0, 3]]);
  });

  it('are not seen before they are accepted', async () => {
    const [share] = shares as [Found];
    // Refused for its time, then right.
    expect(await client.submit('rig1', job, { ...share, time: later(job, 256) })).to.deep.equal(
      OFF_TIME,
    );
    expect(await client.submit('rig1', job, share)).to.equal(true);
  });

  it('are refused on an unknown job, and on that of another connection', async () => {
    const [share] = shares as [Found];
    for (const id of ['', '1', job.id.toUpperCase() + ' ', 'f'.repeat(300)]) {
      expect(await client.submit('rig1', { id }, share)).to.deep.equal(STALE);
    }
    const other = await node.rolling('rig2');
    await other.job();
    expect(await other.submit('rig2', job, share)).to.deep.equal(STALE);
    expect(counts('rig2')).to.deep.equal([{ stale: 1 }, [0, 0, 5]]);
    // A new connection knows none of the former's jobs.
    client.close();
    client = await node.rolling('rig1');
    expect(await client.submit('rig1', job, share)).to.deep.equal(STALE);
    expect(counts()).to.deep.equal([{ stale: 5 }, [0, 0, 6]]);
  });

  it('are refused where their hash is too high', async () => {
    const [share] = shares as [Found];
    expect(await client.submit('rig1', job, { ...share, nonce: 'ffffffff' })).to.deep.equal(LOW);
    expect(counts()).to.deep.equal([{ low_difficulty: 1 }, [0, 1, 0]]);
  });

  it('are refused out of time, outside the mask, and in another form, which is named', async () => {
    const [share] = shares as [Found];
    for (const seconds of [-1, -3600, 256, 2 ** 31]) {
      const time = hex8((Number.parseInt(job.time, 16) + seconds) >>> 0);
      expect(await client.submit('rig1', job, { ...share, time })).to.deep.equal(OFF_TIME);
    }
    for (const versionBits of ['00001000', '20000000', 'ffffffff', '1fffe001']) {
      expect(await client.submit('rig1', job, { ...share, versionBits })).to.deep.equal(OFF_MASK);
    }
    const misshapen: [string, Partial<Found>][] = [
      ['extranonce2: expected 8 hex digits', { extranonce2: '000000' }],
      ['extranonce2: expected 8 hex digits', { extranonce2: '0000000000' }],
      ['extranonce2: expected 8 hex digits', { extranonce2: '0x000000' }],
      ['time: expected 8 hex digits', { time: '6955b9' }],
      ['nonce: expected 1 to 8 hex digits', { nonce: '' }],
      ['nonce: expected 1 to 8 hex digits', { nonce: '123456789' }],
      ['nonce: expected 1 to 8 hex digits', { nonce: 7 as unknown as string }],
      ['version bits: expected 8 hex digits', { versionBits: '2000' }],
    ];
    for (const [text, wrong] of misshapen) {
      expect(await client.submit('rig1', job, { ...share, ...wrong })).to.deep.equal([20, text]);
    }
    const { error } = await client.request('mining.submit', ['rig1', 7]);
    expect(error).to.deep.equal([20, 'job: expected its id', null]);
    expect(counts()).to.deep.equal([{ invalid: 17 }, [0, 0, 0]]);
    expect(await client.submit('rig1', job, share)).to.equal(true);
  });

  it('are refused outside the mask that was asked for, and all of it where none was', async () => {
    const plain = await StratumClient.mining(node.port, 'plain', { password: EASIEST });
    const narrow = await StratumClient.mining(node.port, 'narrow', {
      password: EASIEST,
      mask: '00c00000',
    });
    const params = { extranonce2: '00000000', nonce: '0' };
    for (const [miner, name] of [
      [plain, 'plain'],
      [narrow, 'narrow'],
    ] as const) {
      const its = await miner.job();
      const rolled = { ...params, time: its.time };
      const submit = (versionBits: string) => miner.submit(name, its, { ...rolled, versionBits });
      expect(await submit('00002000')).to.deep.equal(OFF_MASK);
      expect(await submit('00800000')).to.deep.equal(name === 'plain' ? OFF_MASK : LOW);
    }
    plain.close();
    narrow.close();
  });

  it('are refused under names that are not authorized, and before mining.subscribe', async () => {
    const [share] = shares as [Found];
    expect(await client.submit('rig9', job, share)).to.deep.equal([24, 'Unauthorized worker']);
    const other = await StratumClient.connect(node.port);
    expect(await other.submit('rig1', job, share)).to.deep.equal([25, 'Not subscribed']);
    await other.subscribe('');
    expect(await other.submit('rig1', job, share)).to.deep.equal([24, 'Unauthorized worker']);
    other.close();
    expect(node.door.workers.find('rig9')).to.equal(undefined);
    expect(counts()).to.deep.equal([{}, [0, 0, 0]]);
  });

  it('count for the name that they are handed in under', async () => {
    const [first, second] = shares as [Found, Found];
    await client.ask('mining.authorize', ['rig2', 'x']);
    expect(await client.submit('rig1', job, first)).to.equal(true);
    expect(await client.submit('rig2', job, second)).to.equal(true);
    expect(await client.submit('rig2', job, first)).to.deep.equal(DUPLICATE);
    expect(node.worker('rig1')).to.include({ accepted: 1, roundBest: first.hash });
    expect(node.worker('rig2')).to.include({ accepted: 1, roundBest: second.hash });
    expect(counts()).to.deep.equal([{}, [2, 0, 1]]);
    expect(counts('rig2')[0]).to.deep.equal({ duplicate: 1 });
  });

  it('agree with the header, whether a miner sends XOR or OR of the version', async () => {
    const version = Number.parseInt(job.version, 16);
    const mask = Number.parseInt(WHOLE_MASK, 16);
    const rolledOf = ({ versionBits }: Found): number =>
      (version | Number.parseInt(versionBits!, 16)) >>> 0;
    const [first, second] = shares as [Found, Found];
    const xor = hex8((rolledOf(first) ^ version) >>> 0);
    const or = hex8((rolledOf(second) & mask) >>> 0);
    expect(await client.submit('rig1', job, { ...first, versionBits: xor })).to.equal(true);
    expect(await client.submit('rig1', job, { ...second, versionBits: or })).to.equal(true);
  });
});
