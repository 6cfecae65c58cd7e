import { expect } from 'chai';
import { Round } from '../../src/rounds/round';
import { targetOf } from '../../src/stratum/difficulty';
import { HandedJobs } from '../../src/stratum/handed-jobs';
import { begunRound, identity, vector } from '../rounds/vector';
import { roundWithGround, usedUp } from './ground';

const EXTRANONCE1 = 0x02;

describe('the jobs handed to a connection', () => {
  let round: Round;
  let jobs: HandedJobs;
  beforeEach(() => {
    round = roundWithGround();
    jobs = jobsOf();
  });
  function jobsOf(): HandedJobs {
    let id = 0;
    return new HandedJobs(EXTRANONCE1, () => `job ${++id}`);
  }
  const make = (difficulty: number, nowMs: number) => {
    // Its ground was leased ahead.
    round.stored(round.toRecord(), round.shares);
    return jobs.make(round, difficulty, nowMs)!;
  };

  it('are on what the round is mined on, at the target of their difficulty', () => {
    const job = make(8, 5);
    expect(job).to.deep.equal({
      id: 'job 1',
      round: vector.round,
      segment: 0,
      template: round.templates[0],
      prefix: job.prefix,
      target: targetOf(8),
      difficulty: 8,
      hardestTarget: targetOf(8),
      sentAtMs: 5,
    });
    expect(jobs.find('job 1')).to.equal(job);
    expect(jobs.newest).to.equal(job);
  });

  it('have ground of their own, with the second byte of the connection', () => {
    const prefixes = Array.from({ length: 50 }, () => make(1, 0).prefix);
    expect(new Set(prefixes)).to.have.property('size', 50);
    for (const prefix of prefixes) expect(prefix & 0xff).to.equal(EXTRANONCE1);
  });

  it('are none without ground, nor before the first segment', () => {
    expect(jobs.make(begunRound(), 1, 0)).to.equal(undefined);
    const withoutSegment = Round.begin(identity, 5, Buffer.alloc(32));
    withoutSegment.stored(withoutSegment.toRecord(), []);
    expect(jobs.make(withoutSegment, 1, 0)).to.equal(undefined);
    expect(jobs.make(usedUp(round, EXTRANONCE1), 1, 0)).to.equal(undefined);
    expect(jobs.newest).to.equal(undefined);
  });

  it('are judged by the easiest of the last 120 s', () => {
    const easy = make(4, 0);
    const hard = make(64, 55_000);
    expect(jobs.targetFor(hard, 120_000)).to.equal(targetOf(4));
    expect(jobs.targetFor(hard, 120_001)).to.equal(targetOf(64));
    // Its own is what it was sent with, however long ago.
    expect(jobs.targetFor(easy, 500_000)).to.equal(targetOf(4));
    const easier = make(1, 60_000);
    expect(jobs.targetFor(hard, 180_000)).to.equal(targetOf(1));
    expect(jobs.targetFor(hard, 180_001)).to.equal(targetOf(64));
    expect(jobs.targetFor(easier, 900_000)).to.equal(targetOf(1));
  });

  it('are worth the highest difficulty that they were sent with, and take the easiest', () => {
    const job = make(64, 0);
    jobs.sentAgain(job, 16, 1_000);
    expect(job).to.include({ difficulty: 64, hardestTarget: targetOf(64), target: targetOf(16) });
    jobs.sentAgain(job, 256, 200_000);
    expect(job).to.include({ difficulty: 256, hardestTarget: targetOf(256), target: targetOf(16) });
    expect(job.sentAtMs).to.equal(200_000);
    expect(jobs.targetFor(job, 900_000)).to.equal(targetOf(16));
  });

  it('count as sent when they were sent last', () => {
    const easy = make(4, 0);
    jobs.sentAgain(easy, 4, 100_000);
    const hard = make(64, 110_000);
    expect(jobs.targetFor(hard, 220_000)).to.equal(targetOf(4));
    expect(jobs.targetFor(hard, 220_001)).to.equal(targetOf(64));
  });

  it('are remembered up to 128, the newest', () => {
    const made = Array.from({ length: 130 }, () => make(1, 0));
    const known = made.map(({ id }) => jobs.find(id) !== undefined);
    expect(known.slice(0, 2)).to.deep.equal([false, false]);
    expect(known.slice(2)).to.not.include(false);
  });

  it('are unknown where they only keep a miner quiet', () => {
    const quiet = jobs.makeQuiet(round, 8, 0)!;
    expect(quiet).to.include({ round: vector.round, template: round.templates[0] });
    expect(jobs.find(quiet.id)).to.equal(undefined);
    expect(jobs.newest).to.equal(undefined);
    const job = make(8, 0);
    const later = jobs.makeQuiet(undefined, 8, 0)!;
    expect(later).to.include({ template: job.template, prefix: job.prefix });
    expect(later.id).to.not.equal(job.id);
    expect(jobs.find(later.id)).to.equal(undefined);
    expect(jobsOf().makeQuiet(undefined, 8, 0)).to.equal(undefined);
  });
});
