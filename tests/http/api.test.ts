import { expect } from 'chai';
import { WORK_SOURCE } from '../../src/consensus';
import { verifyProof } from '../../src/proof/verify';
import { decodeKey } from '../../src/work/identity';
import { roundSeed } from '../../src/work/seed';
import { eventually } from '../fixtures/until';
import { mineShares } from '../fixtures/shares';
import { StandaloneNode, SUBMITTER, TASK_ID } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 7;
const taskId = decodeKey(TASK_ID);

describeProcesses('the HTTP API of a standalone node', function () {
  this.timeout(60_000);
  let node: StandaloneNode;

  before(async () => {
    node = await StandaloneNode.start();
    expect((await node.ask(`/task/${ROUND}`, { method: 'POST' })).status).to.equal(202);
    await eventually(async () =>
      (await node.ask(`/task/${ROUND}`)).body.valid_shares > 0 ? true : undefined,
    );
  });
  after(() => node.dispose());

  describe('/task', () => {
    it('tells what to mine, with the work of the round', async () => {
      const { status, body, headers } = await node.ask(`/task/${ROUND}`);
      expect(status).to.equal(200);
      expect(headers.get('cache-control')).to.equal('no-store');
      expect(body).to.include({ round_number: ROUND });
      const seed = roundSeed(taskId, ROUND, {});
      expect(body.work).to.include({
        version: '20000000',
        version_mask: '1fffe000',
        prev: seed.toString('hex'),
        extranonce2_size: 4,
        time: (1767225600 + ROUND).toString(16),
        bits: '1700ffff',
        height: ROUND,
      });
      const target = BigInt(`0x${body.work.share_target}`);
      const targetDifficulty = Number(((0xffffn << 208n) << 40n) / target) / 2 ** 40;
      expect(body.target_difficulty).to.be.closeTo(targetDifficulty, targetDifficulty * 0.01);
    });

    it('gives each worker an extranonce1 of its own, the same one each time', async () => {
      const of = async (id: string): Promise<string> =>
        (await node.ask(`/task/${ROUND}?worker_id=${id}`)).body.work.extranonce1;
      const ids = ['rig1', 'rig2', 'a@b.c:d', 'x'.repeat(64)];
      const first = await Promise.all(ids.map(of));
      const { body } = await node.ask(`/task/${ROUND}`);
      expect(new Set([...first, body.work.extranonce1]).size).to.equal(ids.length + 1);
      expect(await Promise.all(ids.map(of))).to.deep.equal(first);
    });

    it('tells the round that runs without its number', async () => {
      const { body } = await node.ask('/task?worker_id=rig1');
      expect(body).to.have.property('round_number', ROUND);
    });

    for (const [what, route] of [
      ['a round that is no number', '/task/x'],
      ['a negative round', '/task/-1'],
      ['a fraction', '/task/1.5'],
      ['a round beyond all numbers', `/task/${'9'.repeat(400)}`],
      ['broken percent-encoding', '/task/%E0%A4%A'],
      ['an empty worker id', `/task/${ROUND}?worker_id=`],
      ['a worker id that is too long', `/task/${ROUND}?worker_id=${'x'.repeat(65)}`],
      ['a worker id with other characters', `/task/${ROUND}?worker_id=a%00b`],
      ['two worker ids', `/task/${ROUND}?worker_id=a&worker_id=b`],
      ["the node's own name as worker id", `/task/${ROUND}?worker_id=local`],
      ['an empty job', `/task/${ROUND}?after=`],
      ['a job that is too long', `/task/${ROUND}?after=${'x'.repeat(65)}`],
      ['two jobs', '/task?after=a&after=b'],
    ] as const) {
      it(`refuses ${what}`, async () => {
        expect((await node.ask(route)).status).to.equal(400);
      });
    }

    it('knows no round that it never mined', async () => {
      expect((await node.ask('/task/123456')).status).to.equal(404);
    });

    it('starts a round once', async () => {
      const again = await node.post(`/task/${ROUND}`, {});
      expect([again.status, again.body.status]).to.deep.equal([200, 'running']);
    });

    it('does not change the seed of a round that runs', async () => {
      const { status } = await node.post(`/task/${ROUND}`, { submissions: { [SUBMITTER]: 'EA' } });
      expect(status).to.equal(409);
    });

    it('names the field that is wrong in a start', async () => {
      const submissions = { [SUBMITTER]: 5 };
      const { status, body } = await node.post('/task/8', { submissions });
      expect(status).to.equal(400);
      expect(body.issues[0]!.path).to.equal(`submissions.${SUBMITTER}`);
      expect((await node.post('/task/8', { submissions: { 'no key': '' } })).status).to.equal(400);
    });
  });

  describe('/submission', () => {
    it('gives the proof of the node, which auditors accept', async () => {
      const { body } = await eventually(async () => {
        const answer = await node.ask(`/submission/${ROUND}`);
        return answer.status === 200 ? answer : undefined;
      });
      const of = { taskId, round: ROUND, seed: roundSeed(taskId, ROUND, {}) };
      const verdict = verifyProof(body.proof, decodeKey(SUBMITTER), of);
      expect(verdict).to.deep.equal({
        valid: true,
        source: WORK_SOURCE.koii,
        shares: body.shares,
        hashes: BigInt(body.estimated_hashes),
      });
      expect(body).to.include({ round_number: ROUND, submitter: SUBMITTER });

      const submission = { proof: body.proof, round_number: ROUND, submitter: SUBMITTER };
      expect((await node.post('/audit', { submission })).body).to.equal(true);
      const copied = { ...submission, submitter: TASK_ID };
      expect((await node.post('/audit', { submission: copied })).body).to.equal(false);
      const nonsense = { ...submission, proof: 'x'.repeat(600) };
      expect((await node.post('/audit', { submission: nonsense })).body).to.equal(false);
    });

    it('knows no proof of other rounds', async () => {
      expect((await node.ask('/submission/123456')).status).to.equal(404);
      expect((await node.ask('/submission/x')).status).to.equal(400);
    });
  });

  describe('/audit', () => {
    it('abstains from a round whose seed it can not know', async () => {
      const submission = { proof: 'EA', round_number: 99, submitter: SUBMITTER };
      expect((await node.post('/audit', { submission })).status).to.equal(503);
    });

    for (const field of ['proof', 'round_number', 'submitter']) {
      it(`names a missing ${field}`, async () => {
        const submission = { proof: 'EA', round_number: 7, submitter: SUBMITTER };
        const { status, body } = await node.post('/audit', {
          submission: { ...submission, [field]: undefined },
        });
        expect(status).to.equal(400);
        expect(body.issues).to.have.length(1);
        expect(body.issues[0]!.path).to.equal(`submission.${field}`);
      });
    }

    it('lists the newest shares first, as many as asked for, of the round asked for', async () => {
      const { body } = await node.ask('/audit?limit=500');
      const times = body.recent_shares.map(({ timestamp }) => timestamp);
      expect(times).to.deep.equal([...times].sort().reverse());
      const { total_shares, valid_shares, invalid_shares } = body.statistics;
      expect(total_shares).to.equal(valid_shares + invalid_shares);
      expect((await node.ask('/audit?limit=1')).body.recent_shares).to.have.length(1);
      expect((await node.ask('/audit?round=6')).body.recent_shares).to.deep.equal([]);
      for (const query of ['limit=0', 'limit=501', 'limit=x', 'round=-1', 'limit=1&limit=2']) {
        expect((await node.ask(`/audit?${query}`)).status, query).to.equal(400);
      }
    });
  });

  describe('/healthz', () => {
    for (const method of ['GET', 'POST']) {
      it(`answers ${method}`, async () => {
        const { status, body } = await node.ask('/healthz', { method });
        expect([status, body.status]).to.deep.equal([200, 'healthy']);
        expect(body.mining).to.deep.equal({ state: 'mining', schedule: null, until: null });
      });
    }
  });

  describe('/metrics', () => {
    it('tells Prometheus what the API tells', async () => {
      const { status, headers, body } = await node.ask('/metrics');
      expect(status).to.equal(200);
      expect(headers.get('content-type')).to.include('version=0.0.4');
      const value = (series: string): number =>
        Number(
          (body as unknown as string)
            .split('\n')
            .find((line) => line.startsWith(`${series} `))
            ?.split(' ')[1],
        );
      const { body: task } = await node.ask(`/task/${ROUND}`);
      expect(value('orca_shares_valid_total')).to.be.within(1, task.valid_shares);
      expect(value('orca_round_number')).to.equal(ROUND);
      expect(value('orca_mining')).to.equal(1);
      expect(value('orca_audits_total{verdict="abstained"}')).to.equal(1);
      expect(value('orca_audits_total{verdict="invalid"}')).to.equal(2);
      expect(value('orca_node_call_failures_total{method="getRound"}')).to.equal(0);
      expect(body).to.match(/orca_hashrate_hashes_per_second\{thread="0",backend="[\w-]+"\} \d/);
      expect(body).to.match(
        /orca_http_request_duration_seconds_count\{method="GET",route="\/task\/:roundNumber",status="404"\} \d/,
      );
      expect(body).not.to.include('/123456');
    });
  });

  it('answers a path it does not have in the shape of all errors', async () => {
    for (const route of ['/nope', '/task/7/8', '/.env', '/submission']) {
      expect((await node.ask(route)).body.error, route).to.equal('not_found');
    }
  });

  it('tells which methods a path has', async () => {
    const cases = [
      ['PUT', '/task/7', 'GET, HEAD, POST'],
      ['DELETE', '/submission/7', 'GET, HEAD, POST'],
      ['PATCH', '/audit', 'GET, HEAD, POST'],
      ['DELETE', '/healthz', 'GET, HEAD, POST'],
      ['POST', '/metrics', 'GET, HEAD'],
      ['POST', '/task', 'GET, HEAD'],
    ];
    for (const [method, route, allow] of cases) {
      const { status, headers } = await node.ask(route!, { method: method! });
      expect(status, route).to.equal(405);
      expect(headers.get('allow')).to.equal(allow);
    }
    const options = await fetch(`${node.url}/audit`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).to.deep.equal([204, 'GET, HEAD, POST']);
  });

  it("sets helmet's headers and does not tell what it runs on", async () => {
    const { headers } = await node.ask('/healthz');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('content-security-policy')).to.be.a('string');
    expect(headers.get('x-powered-by')).to.equal(null);
  });

  describe('a round that is over', () => {
    it('ends a round when the next is started, and gives what is final with an ETag', async () => {
      const { body: before } = await node.ask(`/task/${ROUND}?worker_id=rig1`);
      const [late] = mineShares(before.work, 1);
      const submissions = { [SUBMITTER]: 'EAAB', [TASK_ID]: '' };
      expect((await node.post('/task/8', { submissions })).status).to.equal(202);
      const { body: next } = await node.ask('/task/8');
      expect(next.work.prev).to.equal(roundSeed(taskId, 8, submissions).toString('hex'));

      const over = await node.ask(`/task/${ROUND}`);
      expect(over.body).to.have.property('valid_shares').that.is.above(0);
      expect(over.body).not.to.have.property('work');
      expect((await node.post(`/submission/${ROUND}`, late)).body).to.include({
        accepted: false,
        reason: 'round_over',
      });
      expect((await node.post(`/task/${ROUND}`, {})).status).to.equal(409);

      for (const route of [`/task/${ROUND}`, `/submission/${ROUND}`]) {
        const { headers } = await node.ask(route);
        expect(headers.get('cache-control')).to.equal('no-cache');
        const etag = headers.get('etag')!;
        // Otherwise fetch adds a cache-control that asks for the whole answer.
        const conditional = { 'if-none-match': etag, 'cache-control': 'max-age=0' };
        const same = await node.ask(route, { headers: conditional });
        expect(same.status).to.equal(304);
      }
    });
  });
});
