import { expect } from 'chai';
import { breaches, isUnfit, judgeAttackedNode, type AttackedNode } from '../../../cli/soak/verdict';
import type { Mined } from '../../../cli/soak/mined';
import type { WaitsSummary } from '../../../cli/soak/waits';

const MAX_WAIT_MS = 250;
const quick: WaitsSummary = {
  name: '/healthz',
  answered: 6000,
  failed: {},
  medianMs: 2,
  p999Ms: 40,
  mostMs: 60,
  pendingMs: 0,
};
const goodMined: Mined = {
  acknowledged: 600,
  inProofs: 400,
  late: 3,
  missing: 0,
  leastShown: 0.5,
  refused: {},
  forgotten: {},
  stolen: {},
};
const good: AttackedNode = {
  rounds: [0, 1].map((round) => ({ round, submitted: true, valid: true })),
  side: [quick],
  public: [quick],
  lagMs: 50,
  queuedMs: 9,
  ownPauseMs: 5,
  ownPausesMs: 9,
  peakMB: 200,
  descriptors: 300,
  logMB: 0.1,
  unfitLines: 0,
  ends: 0,
  lastCode: 0,
  calls: 110,
  otherCalls: 100,
  forbidden: 0,
  mined: goodMined,
};
const breachesOf = (changed: Partial<AttackedNode>): string[] =>
  breaches(judgeAttackedNode({ ...good, ...changed }, MAX_WAIT_MS));

describe('what a node under attack must endure', () => {
  it('holds where nothing is amiss', () => {
    expect(breachesOf({})).to.deep.equal([]);
  });

  for (const [what, changed] of Object.entries<Partial<AttackedNode>>({
    'a round without a proof': { rounds: [{ round: 3, submitted: false, valid: false }] },
    'a proof that is invalid': { rounds: [{ round: 3, submitted: true, valid: false }] },
    'no round at all': { rounds: [] },
    'a long wait': { side: [quick, { ...quick, mostMs: 251 }] },
    'a question that still waits': { side: [{ ...quick, pendingMs: 251 }] },
    'a question without an answer': { side: [{ ...quick, failed: { ECONNRESET: 1 } }] },
    'a side port that was never asked': { side: [{ ...quick, answered: 0 }] },
    'much memory': { peakMB: 251 },
    'as many descriptors as there are': { descriptors: 1024 },
    'a long log': { logMB: 1.1 },
    'a stack trace in the log': { unfitLines: 1 },
    'a process that ended': { ends: 1 },
    'one that had to be killed': { lastCode: null },
    'a node asked for what strangers ask': { calls: 300 },
    'an answer to a page': { forbidden: 1 },
    'no share acknowledged': { mined: { ...goodMined, acknowledged: 0 } },
    'a share missing in a proof': { mined: { ...goodMined, missing: 1 } },
    'a share forgotten': { mined: { ...goodMined, forgotten: { 'no answer': 1 } } },
    'a rig refused': { mined: { ...goodMined, refused: { 'status 429': 1 } } },
    'a share stolen': { mined: { ...goodMined, stolen: { 'status 201': 1 } } },
    'forged shares in place of real ones': { mined: { ...goodMined, leastShown: 0.49 } },
  })) {
    it(`does not hold with ${what}`, () => {
      expect(breachesOf(changed)).to.have.length(1);
    });
  }

  it('names the rounds that were missed', () => {
    const rounds = [0, 1, 2].map((round) => ({ round, submitted: round === 1, valid: true }));
    expect(breachesOf({ rounds })[0]).to.match(/^rounds submitted: 1 of 3, not 0, 2, where /);
  });

  it('leaves waits on the public port to who reads the table', () => {
    expect(breachesOf({ public: [{ ...quick, mostMs: 9000, failed: { 'no answer': 3 } }] }))
      .to //
    .be.empty;
  });
});

describe('a line that is not fit for a log', () => {
  for (const line of [
    'GET /\x1b]0;owned\x07',
    'a \x9b31m',
    '    at parse (/home/me/task/main.js:10:20)',
    '    at /home/me/main.js:1:2',
    '    at async Promise.all (node:internal/process/task_queues:95:5)',
  ]) {
    it(JSON.stringify(line), () => expect(isUnfit(line)).to.equal(true));
  }
  it('is not any other', () => {
    expect(isUnfit('[2026-01-01 10:00:00] INFO: mining at 10:00:00, \u20ac and a\ttab'))
      .to //
      .equal(false);
  });
});
