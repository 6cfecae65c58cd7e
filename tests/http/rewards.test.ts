import { expect } from 'chai';
import type { RewardRow } from '../../src/history/rewards';
import { tokensOf } from '../../src/http/routes/rewards';
import { MemoryStore } from '../fixtures/memory-store';
import { reward } from '../fixtures/rewards';
import { SidePort } from '../fixtures/side-port';

const HEADER =
  'round_number,time,outcome,paid_tokens,paid_roe,listed_tokens,listed_roe,bounty_tokens,bounty_roe,' +
  'proven_hashes,network_hashes,proofs,valid_proofs,round_seconds,invalid_because';

describe('GET /rewards', function () {
  this.timeout(30_000);
  let store: MemoryStore;
  let side: SidePort;
  beforeEach(async () => {
    store = new MemoryStore();
    side = await SidePort.open({ store });
  });
  afterEach(() => side.close());

  /** Each answer is held to docs/openapi.yaml. */
  async function rewards(query = ''): Promise<Record<string, unknown>[]> {
    const { status, headers, body } = await side.ask(`/rewards${query}`);
    expect(status).to.equal(200);
    expect(headers.get('cache-control')).to.equal('no-store');
    return (body as unknown as { rewards: Record<string, unknown>[] }).rewards;
  }

  function csv(query = '', accept = 'text/csv'): Promise<Response> {
    return fetch(`${side.url}/rewards${query}`, { headers: { accept } });
  }

  function timeOf(round: number): string {
    const rows = side.node.history.rewards.recent(99);
    return new Date(rows.find((row) => row.round === round)!.at).toISOString();
  }

  it('is empty where no list was ever made, as of a node without a chain', async () => {
    expect(await rewards()).to.deep.equal([]);
    expect(await (await csv()).text()).to.equal(`${HEADER}\r\n`);
  });

  it('has a row a round, oldest first, and null for what is not known', async () => {
    const { history } = side.node;
    history.rewarded(reward(7, 1_000_000_000));
    history.rewarded(reward(8, 0, { hashes: null, roundMs: null, reason: 'no "proof", at all' }));
    history.rewards.settled(7, 'paid', 1_000_000_001n);
    const [paid, open] = await rewards();
    expect(paid).to.deep.equal({
      round_number: 7,
      time: timeOf(7),
      outcome: 'paid',
      paid_tokens: '1.000000001',
      paid_roe: '1000000001',
      listed_tokens: '1',
      listed_roe: '1000000000',
      bounty_tokens: '3',
      bounty_roe: '3000000000',
      proven_hashes: '1000000000000',
      network_hashes: '3000000000000',
      proofs: 3,
      valid_proofs: 3,
      round_seconds: 480,
      invalid_because: null,
    });
    expect(open).to.include({ round_number: 8, outcome: 'open', paid_roe: null });
    expect(open).to.include({ proven_hashes: null, round_seconds: null, paid_tokens: null });
  });

  it('is CSV by Accept or by the query, with a name for the file, quotes where needed, and nothing for null', async () => {
    side.node.history.rewarded(
      reward(8, 0, { hashes: null, roundMs: null, reason: 'no "proof", at all' }),
    );
    const row = `8,${timeOf(8)},open,,,0,0,3,3000000000,,3000000000000,3,3,,"no ""proof"", at all"`;
    for (const response of [await csv(), await csv('?format=csv', '*/*')]) {
      expect(response.headers.get('content-type')).to.match(/^text\/csv; charset=utf-8/);
      expect(response.headers.get('content-disposition')).to.equal(
        'attachment; filename="orca-rewards.csv"',
      );
      expect(await response.text()).to.equal(`${HEADER}\r\n${row}\r\n`);
    }
    const json = await csv('?format=json');
    expect(json.headers.get('content-type')).to.match(/^application\/json/);
    expect(await json.json())
      .to.have.property('rewards')
      .with.length(1);
  });

  it('is JSON for who takes anything, or nothing that there is', async () => {
    for (const accept of ['*/*', 'text/html,*/*;q=0.8', 'image/png']) {
      const { headers } = await csv('', accept);
      expect(headers.get('content-type'), accept).to.match(/^application\/json/);
    }
  });

  it('takes the rounds of some days', async () => {
    side.node.history.rewarded(reward(7, 5));
    const today = new Date().toISOString().slice(0, 10);
    expect(await rewards(`?from=${today}&to=${today}`)).to.have.length(1);
    expect(await rewards('?from=2020-01-01&to=2020-12-31')).to.deep.equal([]);
    expect(await rewards('?from=2200-01-01')).to.deep.equal([]);
    for (const wrong of ['from=2026-13-01', 'to=yesterday', 'from=2026-1-1', 'format=xml']) {
      const { status, body } = await side.ask(`/rewards?${wrong}`);
      expect(status, wrong).to.equal(400);
      expect(body.message).to.include(wrong.split('=')[0]!);
    }
  });

  it('has the whole year, and the same in both forms', async () => {
    const now = Date.now();
    const rows = side.node.history.rewards;
    side.node.history.rewarded(reward(7, 5));
    await rows.written();
    const [[key, today]] = [...store.values].filter(([key]) => key.startsWith('rewards:')) as [
      [string, string],
    ];
    const { day, rows: tuples } = JSON.parse(today) as { day: number; rows: number[][] };
    for (let back = 10; back < 360; back += 10) {
      const moved = [7, now - back * 86_400_000, ...tuples[0]!.slice(2)];
      const record = { day: Math.floor(moved[1]! / 86_400_000), rows: [moved] };
      store.values.set(`rewards:${record.day % 367}`, JSON.stringify(record));
    }
    expect(key).to.equal(`rewards:${day % 367}`);
    const all = await rewards();
    expect(all).to.have.length(36);
    const times = all.map(({ time }) => String(time));
    expect([...times].sort()).to.deep.equal(times);
    const lines = (await (await csv()).text()).trimEnd().split('\r\n').slice(1);
    expect(lines.map((line) => line.split(',')[1])).to.deep.equal(times);
  });

  it('answers 500 when the store fails before anything was sent', async () => {
    Object.defineProperty(side.node.history.rewards, 'days', {
      value: (): AsyncGenerator<RewardRow[]> => {
        throw new Error('EIO');
      },
    });
    expect((await side.ask('/rewards')).status).to.equal(500);
  });

  it('takes nothing but GET and HEAD', async () => {
    const head = await fetch(`${side.url}/rewards`, { method: 'HEAD' });
    expect([head.status, await head.text()]).to.deep.equal([200, '']);
    const { status, headers } = await fetch(`${side.url}/rewards`, { method: 'POST' });
    expect([status, headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
  });
});

describe('an amount in tokens', () => {
  it('is exact', () => {
    const amounts = {
      '0': '0',
      '1': '0.000000001',
      '-1': '-0.000000001',
      '1000000000': '1',
      '1500000000': '1.5',
      '9007199254740993': '9007199.254740993',
    };
    for (const [roe, tokens] of Object.entries(amounts)) expect(tokensOf(roe)).to.equal(tokens);
  });
});
