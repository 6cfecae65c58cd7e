import { expect } from 'chai';
import { NoStratumError } from '../../src/stratum/messages';
import { Flood, InvalidRun } from '../../src/stratum/offences';

describe('a flood of Stratum submits', () => {
  const noted = (count: number): Flood => {
    const flood = new Flood();
    for (let i = 0; i < count; i++) flood.note();
    return flood;
  };

  it('has the difficulty rise above 200 in a second', () => {
    expect(noted(200).tick()).to.equal(0);
    const flood = noted(201);
    expect(flood.tick()).to.equal(201);
    expect(flood.tick()).to.equal(0);
  });

  it('ends the connection above 2,000 in a second', () => {
    const flood = noted(2_000);
    expect(() => flood.note()).to.throw(NoStratumError, 'it floods this node');
    flood.tick();
    expect(() => flood.note()).not.to.throw();
  });
});

describe('a run of invalid Stratum shares', () => {
  /** What is said of invalid shares at these seconds. */
  const saidAt = (run: InvalidRun, ...seconds: number[]): boolean[] =>
    seconds.map((at) => run.note(at * 1000));

  it('gets its miner a new job once, after 60 s', () => {
    const run = new InvalidRun();
    expect(saidAt(run, 0, 1, 2, 3, 59.9)).to.deep.equal([false, false, false, false, false]);
    expect(saidAt(run, 60, 61, 179.9)).to.deep.equal([true, false, false]);
  });

  it('ends the connection after 180 s', () => {
    const run = new InvalidRun();
    saidAt(run, 0, 1, 2, 3);
    expect(() => run.note(180_000)).to.throw(NoStratumError, 'its shares are invalid');
  });

  it('is over with an accepted share, and needs five invalid ones', () => {
    const run = new InvalidRun();
    saidAt(run, 0, 1, 2, 3, 60);
    run.over();
    expect(saidAt(run, 179, 200, 300, 400)).to.deep.equal([false, false, false, false]);
    expect(() => run.note(500_000)).to.throw(NoStratumError);
  });
});
