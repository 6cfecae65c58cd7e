import { expect } from 'chai';
import { measurePeer, parseRate, parseRates, threadsOf } from '../../bench/peer';

describe('the rate in a line of a miner', () => {
  const lines: [string, number | undefined][] = [
    ['12.3 MH/s', 12.3],
    ['Total: 850 kH/s', 0.85],
    ['[2024-05-01 10:00:00] CPU #0: 1234.56 kH/s', 1.23456],
    ['[2024-05-01 10:00:00] Total: 33.40 MH/s', 33.4],
    ['speed 1.5 GH/s', 1500],
    ['0.002TH/s', 2000],
    ['hashrate: 500 hash/s', 0.0005],
    ['2,500,000 hashes/s', 2.5],
    ['\u001b[32mTotal: 41.0 Mh/s\u001b[0m', 41],
    ['12.3 MB/s', undefined],
    ['accepted: 1/1 (100%)', undefined],
    ['', undefined],
  ];
  for (const [line, rate] of lines) {
    it(`is ${rate ?? 'none'} in ${JSON.stringify(line)}`, () => {
      const parsed = parseRate(line);
      if (rate === undefined) expect(parsed).to.equal(undefined);
      else expect(parsed).to.be.closeTo(rate, rate * 1e-9);
    });
  }
});

describe('the rates in the output of a miner', () => {
  it('are all there are, in order', () => {
    expect(parseRates('1 MH/s\nnoise\r\n3 MH/s\n2 MH/s')).to.deep.equal([1, 3, 2]);
  });

  it('are the totals alone where there are totals', () => {
    expect(parseRates('CPU #0: 1 MH/s\nCPU #1: 2 MH/s\nTotal: 3 MH/s')).to.deep.equal([3]);
  });
});

describe('the threads of a command', () => {
  const commands: [string, number][] = [
    ['cpuminer -a sha256d --benchmark', 1],
    ['cpuminer -t 4 --benchmark', 4],
    ['cpuminer -t2', 2],
    ['cpuminer --threads=8', 8],
    ['cpuminer --threads 3', 3],
    ['cpuminer --time-limit 9', 1],
  ];
  for (const [command, threads] of commands) {
    it(`are ${threads} of "${command}"`, () => expect(threadsOf(command)).to.equal(threads));
  }
});

describe('measurePeer', () => {
  it('takes the rates a command prints, on either stream', async () => {
    const peer = await measurePeer('echo 2 MH/s; echo 4 MH/s >&2; echo 3 MH/s', 10);
    expect(peer.rateMHps).to.deep.equal({ median: 3, min: 2, max: 4 });
    expect(peer.threads).to.equal(1);
  });

  it('ends a command that does not end, with its children', async function () {
    this.timeout(15_000);
    const peer = await measurePeer('echo 5 MH/s; sleep 60 & sleep 60', 1);
    expect(peer.rateMHps.median).to.equal(5);
  });

  it('says what a command printed that told no rate', async () => {
    const error = await measurePeer('echo no such option', 10).catch((e: unknown) => e);
    expect(String(error)).to.include('no such option');
  });
});
