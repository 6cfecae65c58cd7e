import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { RemoteMiner } from '../../../cli/worker/remote-miner';
import type { ShareBody } from '../../../cli/worker/share-body';
import { FLOOR } from '../../../src/consensus';
import { ApiError, sendError } from '../../../src/http/errors';
import { openDoor, type Door } from '../../fixtures/door';
import { taskAnswer } from '../../fixtures/task-answer';
import { until } from '../../fixtures/until';

/** Longer than a request for the next job waits. */
const LONGEST_ASK_MS = 60_000;

/** A scripted node: it holds requests for the next job until there is one. */
class Script {
  readonly asked: (string | undefined)[] = [];
  readonly shares: ShareBody[] = [];
  answer: object = taskAnswer(4);
  /** The reason for which a share is rejected; undefined to accept it. */
  reasonOf: (share: ShareBody) => string | undefined = () => undefined;
  isAway = false;
  /** Whether it answers at once instead of holding requests. */
  isHasty = false;

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://node');
    if (this.isAway) return sendError(response, new ApiError(503, 'away'));
    if (request.method === 'POST') {
      const share = JSON.parse(await text(request)) as ShareBody;
      const reason = this.reasonOf(share);
      this.shares.push(share);
      response.writeHead(reason === undefined ? 201 : 409);
      return void response.end(JSON.stringify({ accepted: reason === undefined, reason }));
    }
    expect(pathname).to.equal('/task');
    const after = searchParams.get('after') ?? undefined;
    this.asked.push(after);
    const isDue = (): boolean => this.isHasty || this.isAway || after !== this.jobId;
    await until(() => isDue() || response.destroyed, LONGEST_ASK_MS);
    response.end(JSON.stringify(this.answer));
  }

  private get jobId(): string {
    return (this.answer as ReturnType<typeof taskAnswer>).work.job_id;
  }
}

describe("a worker's mining", function () {
  this.timeout(30_000);
  let script: Script;
  let door: Door;
  let end: AbortController;
  let ended: Promise<void>;
  let notes: string[];

  beforeEach(async () => {
    script = new Script();
    notes = [];
    door = await openDoor((request, response) => void script.handle(request, response));
    end = new AbortController();
    const miner = new RemoteMiner({
      url: door.url,
      id: 'rig1',
      threads: 1,
      backend: 'auto',
      note: (line) => notes.push(line),
    });
    ended = miner.run(end.signal);
  });
  afterEach(async () => {
    end.abort();
    await ended;
    door.close();
  });

  const searches = (): number => notes.filter((line) => line.startsWith('mining round')).length;
  const named = (jobId: string): number =>
    script.shares.filter(({ job_id }) => job_id === jobId).length;

  it('names the job in its shares, and hears of the next by the request that waits', async () => {
    await until(() => named('job-of-4') > 0 && script.asked.length > 1);
    expect(script.asked).to.deep.equal([undefined, 'job-of-4']);
    script.answer = taskAnswer(5);
    await until(() => named('job-of-5') > 0 && script.asked.length > 2);
    expect(script.asked.slice(2)).to.deep.equal(['job-of-5']);
    expect(searches()).to.equal(2);
  });

  it('goes on with another block in the same round at once', async () => {
    await until(() => named('job-of-4') > 0);
    const { work, ...round } = taskAnswer(4, { jobId: 'job-of-tip' });
    const height = 2 ** 31 - 1;
    script.answer = { ...round, work: { ...work, height, prev: 'ab'.repeat(32) } };
    await until(() => named('job-of-tip') > 0);
    const share = script.shares.find(({ job_id }) => job_id === 'job-of-tip');
    expect(share).to.include({ block_height: height });
    expect(notes).to.include(`round 4 goes on with the block at height ${height}`);
    expect(searches()).to.equal(1);
  });

  it('goes on where it is when only the target is another', async () => {
    await until(() => named('job-of-4') > 0);
    const target = FLOOR / 4n;
    script.answer = taskAnswer(4, { jobId: 'harder', target });
    await until(() => named('harder') >= 3);
    for (const { hash, job_id } of script.shares) {
      const meets = BigInt(`0x${hash}`) <= target;
      if (job_id === 'harder') expect(meets).to.equal(true);
    }
    expect(searches()).to.equal(1);
    const rolled = script.shares.map(({ extranonce2, nonce }) => extranonce2 + nonce);
    expect(new Set(rolled).size).to.equal(rolled.length);
  });

  it('asks again at once, and for an answer at once, when its job is unknown', async () => {
    script.reasonOf = ({ job_id }) => (job_id === 'job-of-4' ? 'stale' : undefined);
    // A request for the next job gets no answer, as there is none; only one that doesn't wait is answered.
    await until(() => named('job-of-4') > 0);
    await until(() => script.asked.length >= 3);
    expect(script.asked.slice(0, 3)).to.deep.equal([undefined, 'job-of-4', undefined]);
    expect(notes).to.include('share rejected: stale');
    script.answer = taskAnswer(4, { jobId: 'known' });
    await until(() => named('known') > 0);
  });

  it('asks for an answer at once when the node is back', async () => {
    await until(() => script.asked.length === 2);
    script.isAway = true;
    await until(() => notes.some((line) => line.startsWith('the node is away')));
    script.isAway = false;
    await until(() => notes.includes('the node is back'));
    expect(script.asked.slice(2)).to.include(undefined);
    expect(script.asked[2]).to.equal(undefined);
  });

  it('asks a node that answers at once, whatever it is asked, a few times a second', async () => {
    script.isHasty = true;
    await until(() => script.asked.length > 2);
    const before = script.asked.length;
    const startedAt = performance.now();
    // A time in which to count the miner's requests.
    await sleep(2000);
    const perSecond = ((script.asked.length - before) * 1000) / (performance.now() - startedAt);
    expect(perSecond).to.be.above(0).and.below(6);
  });
});
