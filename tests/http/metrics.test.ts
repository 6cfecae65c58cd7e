import { expect } from 'chai';
import { serveDashboard, type Served } from '../dashboard/served';
import { eventually } from '../fixtures/until';
import { StratumClient } from '../fixtures/stratum-client';
import { seed } from '../fixtures/template';

describe('the metrics of the process over HTTP', function () {
  this.timeout(30_000);
  let served: Served;
  before(async () => {
    served = await serveDashboard();
    await served.node.miner.begin(3, seed, Infinity);
  });
  after(() => served.close());

  async function scrape(): Promise<(name: string) => number> {
    const text = await (await fetch(`${served.url}/metrics`)).text();
    return (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }
  const cpu = async (): Promise<number> => (await scrape())('orca_cpu_usage_percent');

  it('tell the CPU in percent and the memory in MB, beside their base units', async () => {
    const value = await eventually(async () => {
      const scraped = await scrape();
      return scraped('orca_cpu_usage_percent') > 0 ? scraped : undefined;
    });
    const percent = value('orca_cpu_usage_percent');
    expect(percent).to.be.closeTo(100 * value('orca_cpu_usage_ratio'), 1e-6);
    const megabytes = value('orca_memory_usage_megabytes');
    expect(megabytes).to.be.within(20, 2000);
    expect(megabytes).to.be.closeTo(value('orca_memory_usage_bytes') / 1e6, 10);
  });

  it('tell the best difficulty of the round and ever', async () => {
    const { miner, bests } = served.node;
    await eventually(() => (miner.lastRound?.shares.length ?? 0) > 0);
    // Found in an earlier round, and better than any that can be found here.
    bests.note({ workerId: 'rig1', hashValue: 0xffffn << 160n, round: 1 });
    const value = await scrape();
    expect(value('orca_best_share_ever_difficulty')).to.equal(2 ** 48);
    expect(value('orca_best_share_difficulty')).to.be.within(2 ** -16, 2 ** 20);
  });

  it('tell how many Stratum connections are open', async () => {
    const { stratum, settings } = served.node;
    await stratum.open({ ...settings.current, STRATUM_HOST: '127.0.0.1', STRATUM_PORT: 13_430 });
    const connections = async (): Promise<number> => (await scrape())('orca_stratum_connections');
    expect(await connections()).to.equal(0);
    const miner = await StratumClient.connect(stratum.address!.port);
    await eventually(async () => (await connections()) === 1);
    miner.close();
    await eventually(async () => (await connections()) === 0);
    expect(stratum.size).to.equal(0);
    await stratum.close();
  });

  it('tell of no worker but "other" while there is none', async () => {
    const text = await (await fetch(`${served.url}/metrics`)).text();
    const names = [...text.matchAll(/worker="([^"]*)"/g)].map(([, name]) => name);
    expect(new Set(names)).to.deep.equal(new Set(['other']));
  });

  it('tell the same to one who scrapes rarely and one who scrapes all the time', async () => {
    await eventually(async () => (await cpu()) > 0);
    /** Unless the node's own timer, every 5 s, ran in between. */
    const agree = await eventually(async () => {
      const rare = await cpu();
      const eager: number[] = [];
      for (let i = 0; i < 10; i++) eager.push(await cpu());
      return rare === (await cpu()) ? [rare, ...eager] : undefined;
    });
    expect(new Set(agree).size).to.equal(1);
  });
});
