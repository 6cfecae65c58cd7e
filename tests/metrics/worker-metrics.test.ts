import { expect } from 'chai';
import { Registry } from 'prom-client';
import { FLOOR } from '../../src/consensus';
import { difficultyOf } from '../../src/bitcoin/target';
import { addWorkerMetrics } from '../../src/metrics/worker-metrics';
import { MAX_WORKERS, Workers } from '../../src/workers/workers';

const ROUND = 3;

/** The value of a series, such as `orca_workers{worker="rig1"}`; undefined where there is none. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('the metrics of workers', () => {
  let nowMs: number;
  let lists: number;
  let workers: Workers;
  let bests: Map<string, bigint>;
  let registry: Registry;
  let readWorkers: () => void;

  beforeEach(() => {
    nowMs = lists = 0;
    workers = new Workers(() => nowMs);
    bests = new Map();
    registry = new Registry();
    readWorkers = addWorkerMetrics([registry], {
      workers: {
        list: (round) => {
          lists++;
          return workers.list(round);
        },
      },
      miner: { lastRound: undefined },
      bests: { ofWorker: (id) => bests.get(id) },
    });
  });

  function expose(): Promise<string> {
    readWorkers();
    return registry.metrics();
  }

  function accept(id: string, hashValue = FLOOR): void {
    workers.prove(id).accept({ round: ROUND, hashValue, hashes: 2 ** 18 });
    bests.set(id, hashValue);
  }

  it('show only "other", with nothing in it, where there are none', async () => {
    const text = await expose();
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series).to.have.length(5 + 1 + 4);
    for (const line of series) expect(line).to.match(/\{worker="other"(,reason="\w+")?\} 0$/);
  });

  it('show what a worker does', async () => {
    workers.register('rig1').works(ROUND, FLOOR / 4n);
    for (let second = 1; second <= 40; second++) {
      nowMs = 1000 * second;
      accept('rig1', FLOOR / 8n);
    }
    workers.find('rig1')!.reject('stale');
    workers.find('rig1')!.reject('low_difficulty');
    workers.find('rig1')!.reject('low_difficulty');
    nowMs += 2500;
    const text = await expose();
    const value = (name: string, labels = ''): number | undefined =>
      valueOf(text, `orca_worker_${name}{worker="rig1"${labels}}`);
    expect(value('hashrate_hashes_per_second')).to.be.within(2 ** 17, 2 ** 19);
    expect(value('difficulty')).to.equal(difficultyOf(FLOOR / 4n));
    expect(value('best_difficulty')).to.equal(difficultyOf(FLOOR / 8n));
    expect(value('share_age_seconds')).to.equal(2.5);
    expect(value('shares_accepted_total')).to.equal(40);
    const rejected = ['stale', 'duplicate', 'low_difficulty', 'invalid'].map((reason) =>
      value('shares_rejected_total', `,reason="${reason}"`),
    );
    expect(rejected).to.deep.equal([1, 0, 2, 0]);
  });

  it('show the best difficulty, the highest difficulty and the newest share of the others', async () => {
    for (let i = 0; i < 50; i++) accept(`rig${i}`);
    // Their rivals keep their series.
    await expose();
    for (const [id, divisor] of [
      ['late1', 3n],
      ['late2', 9n],
      ['late3', 5n],
    ] as const) {
      nowMs += 1000;
      workers.register(id).works(ROUND, FLOOR / divisor);
      accept(id, FLOOR / (2n * divisor));
    }
    nowMs += 1000;
    const text = await expose();
    const other = (name: string): number | undefined =>
      valueOf(text, `orca_worker_${name}{worker="other"}`);
    expect(other('difficulty')).to.equal(difficultyOf(FLOOR / 9n));
    expect(other('best_difficulty')).to.equal(difficultyOf(FLOOR / 18n));
    expect(other('share_age_seconds')).to.equal(1);
    expect(other('shares_accepted_total')).to.equal(3);
    expect(text).not.to.include('late');
  });

  it('escape names, and keep those apart that look alike', async () => {
    const names = ['a"b', 'a\\b', 'a\nb', '"} 1', 'a,reason:stale,', '__proto__', '<b>{}=,#', ' '];
    for (const name of names) accept(name);
    const text = await expose();
    for (const label of ['a\\"b', 'a\\\\b', 'a\\nb', '\\"} 1', 'a,reason:stale,', '__proto__']) {
      expect(valueOf(text, `orca_worker_shares_accepted_total{worker="${label}"}`)).to.equal(1);
    }
    const sample = /^orca_\w+\{(\w+="([^"\\\n]|\\["\\n])*",?)+\} [\d.e+-]+$/;
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).to.have.length(10 * (names.length + 1));
    for (const line of lines) expect(line).to.match(sample);
  });

  it('show no worker any more that lost its place', async () => {
    accept('rig');
    expect(await expose()).to.include('"rig"');
    nowMs = 700_000;
    for (let i = 0; i < MAX_WORKERS; i++) accept(`new${i}`);
    expect(workers.find('rig')).to.equal(undefined);
    expect(await expose()).not.to.include('"rig"');
  });

  it('read 1,024 workers once, within 50 ms', async () => {
    for (let i = 0; i < MAX_WORKERS; i++) {
      workers.register(`rig${i}`).works(ROUND, FLOOR);
      accept(`rig${i}`, FLOOR / BigInt(i + 1));
    }
    nowMs = 10_000;
    const tookMs: number[] = [];
    for (let i = 0; i < 10; i++) {
      const fromMs = performance.now();
      const text = await expose();
      tookMs.push(performance.now() - fromMs);
      expect(text.match(/^orca_worker_difficulty\{/gm)).to.have.length(51);
    }
    expect(lists).to.equal(10);
    // The quickest, for this machine may be busy.
    expect(Math.min(...tookMs)).to.be.below(50);
  });
});
