import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import express, { type Express } from 'express';
import { createApp } from '../../sdk-stand-in/namespace-wrapper/server';
import { createApi, mountPublicApi } from '../../src/http/api';
import { listen } from '../../src/http/server';
import { createNode, type MiningNode } from '../../src/node';
import { createLog } from '../../src/process/log';
import { Settings } from '../../src/settings/settings';
import { MemoryStore } from '../fixtures/memory-store';
import { compileSchema, documentedAnswers } from '../fixtures/openapi';
import { mineShares, nextId, type Work } from '../fixtures/shares';
import { identity, seed } from '../fixtures/template';

const ROUND = 3;
const log = createLog('silent');

describe('the mounts of the API', function () {
  this.timeout(30_000);
  let store: MemoryStore;
  let node: MiningNode;
  const servers: http.Server[] = [];

  const serve = async (app: Express): Promise<string> => {
    const server = http.createServer(app).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const post = (url: string, body: string, type = 'application/json') =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  const error = async (response: Response): Promise<[number, unknown]> => {
    const { error: code } = (await response.json()) as { error?: unknown };
    return [response.status, code];
  };

  before(async () => {
    store = new MemoryStore();
    node = await createNode({
      settings: Settings.of({ MINING_THREADS: '1', MINING_INTENSITY: '10' }),
      log,
      identity,
      store,
      sdk: 'koii',
      nodeCallFailures: new Map(),
      chain: { submissions: () => Promise.reject(new Error('the node is away')) },
    });
    await node.miner.begin(ROUND, seed, Infinity);
  });
  after(async () => {
    for (const server of servers) server.close();
    await node.miner.pause();
    await node.engine.close();
    node.governor.close();
  });

  describe("on the SDK's app, which strangers reach", () => {
    let url: string;
    before(async () => {
      const app = createApp();
      mountPublicApi(app, node);
      url = await serve(app);
    });

    it('serves the four public paths', async () => {
      expect((await fetch(`${url}/task/${ROUND}`)).status).to.equal(200);
      expect((await fetch(`${url}/audit`)).status).to.equal(200);
      expect((await fetch(`${url}/healthz`)).status).to.equal(200);
      expect((await fetch(`${url}/submission/99`)).status).to.equal(404);
    });

    it("takes nothing, serves no metrics, no workers, no rewards and nothing of Bitcoin, and leaves the SDK's own paths alone", async () => {
      for (const route of [`/task/${ROUND}`, `/submission/${ROUND}`, '/audit', '/healthz']) {
        const answer = await post(url + route, '{}');
        expect([answer.status, answer.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
      }
      for (const route of ['/metrics', '/workers', '/rewards', '/bitcoin', '/settings']) {
        expect((await fetch(url + route)).status).to.equal(404);
      }
      expect(await (await fetch(url)).json()).to.deep.equal({ status: 200, message: 'Running' });
    });

    it('gives no stranger a place among the workers, and moves no target', async () => {
      const { workers } = node;
      for (const name of ['worker_id', 'after']) {
        for (const path of ['/task', `/task/${ROUND}`]) {
          const answer = await fetch(`${url}${path}?${name}=rig1`);
          expect(answer.status).to.equal(400);
          expect(await answer.text()).to.include(`${name}: expected none here`);
        }
      }
      const handedBefore = workers.shared.handed.easiest(ROUND);
      expect(await (await fetch(`${url}/task/${ROUND}`)).json()).to.have.nested.property(
        'work.prev',
      );
      expect(workers.shared.handed.easiest(ROUND)).to.equal(handedBefore);
      expect(workers.list()).to.deep.equal([]);
    });

    it("tells nothing of the owner's hours", async () => {
      const health = (await (await fetch(`${url}/healthz`)).json()) as object;
      expect(health).to.have.all.keys('status', 'components', 'uptime');
    });

    it('names no worker', async () => {
      const side = await serve(express().use(createApi(node, { requestsPerMinute: 0 })));
      const { work } = (await (await fetch(`${side}/task/${ROUND}?worker_id=rig7`)).json()) as {
        work: Work;
      };
      const [share] = mineShares(work, 1);
      const named = { ...share, worker_id: 'rig7' };
      expect((await post(`${side}/submission/${ROUND}`, JSON.stringify(named))).status).to.equal(
        201,
      );
      const shown = await (await fetch(`${url}/audit`)).text();
      expect(shown).to.include(share!.hash);
      expect(shown).not.to.match(/rig7|worker_id|submission_id|local/);
      expect(await (await fetch(`${side}/audit`)).text()).to.include('rig7');
    });

    it('reads the store no more than once for each of its eight places', async () => {
      const fresh = new MemoryStore();
      let reads = 0;
      const counting = {
        get: (key: string) => {
          if (key.startsWith('round:')) reads++;
          return fresh.get(key);
        },
        set: (key: string, value: string) => fresh.set(key, value),
      };
      const other = await createNode({
        settings: Settings.of({ MINING_THREADS: '1', MINING_INTENSITY: '1' }),
        log,
        identity,
        store: counting,
        sdk: 'koii',
        nodeCallFailures: new Map(),
        chain: { submissions: () => Promise.reject(new Error('asked by a stranger')) },
      });
      const app = createApp();
      mountPublicApi(app, other);
      const at = await serve(app);
      for (let round = 0; round < 40; round++) {
        for (const route of ['task', 'submission']) {
          expect((await fetch(`${at}/${route}/${round}`)).status).to.equal(404);
        }
      }
      expect(reads).to.be.at.most(8);
      await other.engine.close();
      other.governor.close();
    });
  });

  it('load a finished round once for a request, and make it of its record once for all', async () => {
    const kept = new MemoryStore();
    const miner = async (): Promise<MiningNode> =>
      createNode({
        settings: Settings.of({ MINING_THREADS: '1', MINING_INTENSITY: '1' }),
        log,
        identity,
        store: kept,
        sdk: 'koii',
        nodeCallFailures: new Map(),
        chain: { submissions: () => Promise.reject(new Error('the node is away')) },
      });
    const first = await miner();
    await first.miner.begin(ROUND, seed, Infinity);
    await first.miner.close(ROUND);
    const other = await miner();
    let reads = 0;
    const get = kept.get.bind(kept);
    kept.get = (key) => {
      if (key === `round:${ROUND}`) reads++;
      return get(key);
    };
    const loaded: unknown[] = [];
    const load = other.roundStore.load.bind(other.roundStore);
    other.roundStore.load = async (round) => {
      const found = await load(round);
      loaded.push(found);
      return found;
    };
    const url = await serve(express().use(createApi(other, { requestsPerMinute: 0 })));
    for (let asked = 1; asked <= 5; asked++) {
      expect((await fetch(`${url}/task/${ROUND}`)).status).to.equal(200);
      expect(loaded).to.have.length(asked);
    }
    expect([reads, new Set(loaded).size]).to.deep.equal([1, 1]);
    for (const { engine, governor } of [first, other]) {
      await engine.close();
      governor.close();
    }
  });

  describe('on the side port', () => {
    it('tells that the Koii node starts the rounds', async () => {
      const app = express().use(createApi(node, { requestsPerMinute: 0 }));
      const url = await serve(app);
      expect(await error(await post(`${url}/task/4`, '{}'))).to.deep.equal([409, 'conflict']);
    });

    it('limits requests by address, shares less so and health not at all', async () => {
      const url = await serve(express().use(createApi(node, { requestsPerMinute: 3 })));
      const statuses = async (route: string, count: number): Promise<number[]> => {
        const answers: number[] = [];
        for (let i = 0; i < count; i++) {
          // A forged address doesn't help.
          const headers = { 'x-forwarded-for': `10.0.0.${i}` };
          answers.push((await fetch(url + route, { headers })).status);
        }
        return answers;
      };
      expect(await statuses('/audit', 5)).to.deep.equal([200, 200, 200, 429, 429]);
      expect(await error(await fetch(`${url}/audit`))).to.deep.equal([429, 'too_many_requests']);
      expect(await statuses('/healthz', 10)).to.deep.equal(Array<number>(10).fill(200));
    });

    it('lets malformed shares take nothing from the budget of shares', async () => {
      // 3 requests, 30 shares and 1 malformed share a minute.
      const url = await serve(express().use(createApi(node, { requestsPerMinute: 3 })));
      const submission = `${url}/submission/${ROUND}`;
      const large = `{"a":"${'x'.repeat(20_000)}"}`;
      for (let i = 0; i < 15; i++) {
        const statuses = [
          (await post(submission, '{}')).status,
          (await post(submission, '{"hash":')).status,
          (await post(submission, large)).status,
          (await post(submission, '{}', 'text/plain')).status,
        ];
        expect(statuses).to.deep.equal([i === 0 ? 400 : 429, 429, 429, 429]);
      }
      const share = { hash: '0'.repeat(64), difficulty: 1, block_height: ROUND, worker_id: 'rig1' };
      const statuses: number[] = [];
      for (let i = 0; i < 32; i++) {
        const body = JSON.stringify({ ...share, submission_id: nextId() });
        statuses.push((await post(submission, body)).status);
      }
      expect(statuses).to.deep.equal([...Array<number>(30).fill(202), 429, 429]);
      expect(await error(await post(submission, '{}'))).to.deep.equal([429, 'too_many_requests']);
    });

    it('gives no page of another origin leave to send JSON or to read', async () => {
      const url = await serve(express().use(createApi(node, { requestsPerMinute: 0 })));
      const headers = { origin: 'http://evil.example' };
      for (const method of ['OPTIONS', 'GET']) {
        const { headers: answered } = await fetch(`${url}/task/${ROUND}`, { method, headers });
        const allowed = [...answered.keys()].filter((name) => name.startsWith('access-control'));
        expect(allowed).to.deep.equal([]);
      }
    });

    it('takes the next port where one is taken', async () => {
      const api = createApi(node, { requestsPerMinute: 0 });
      const config = { API_HOST: '127.0.0.1', API_ALLOWED_HOSTS: [] };
      const first = (await listen(api, { ...config, API_PORT: 18_900 }, log))!;
      const { port } = first.address() as AddressInfo;
      const second = (await listen(api, { ...config, API_PORT: port }, log))!;
      servers.push(first, second);
      expect((second.address() as AddressInfo).port).to.be.above(port);
    });
  });

  describe('when the store takes no writes', () => {
    it('accepts no share, says so, and takes it later', async () => {
      const url = await serve(express().use(createApi(node, { requestsPerMinute: 0 })));
      const { work } = (await (await fetch(`${url}/task/${ROUND}?worker_id=rig1`)).json()) as {
        work: Work;
      };
      const [share] = mineShares(work, 1);
      const submit = () => post(`${url}/submission/${ROUND}`, JSON.stringify(share));
      store.broken = true;
      expect(await error(await submit())).to.deep.equal([503, 'unavailable']);
      const health = await fetch(`${url}/healthz`);
      expect(health.status).to.equal(503);
      expect(await health.json()).to.deep.include({ status: 'degraded' });
      expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).to.equal(200);
      const [other] = mineShares(work, 1);
      const answer = await post(`${url}/submission/${ROUND}`, JSON.stringify(other));
      expect(answer.status).to.equal(503);

      store.broken = false;
      expect((await submit()).status).to.equal(200);
      expect((await post(`${url}/submission/${ROUND}`, JSON.stringify(other))).status).to.equal(
        201,
      );
      const stored = [...store.values].filter(([key]) => key.startsWith('shares:'));
      expect(JSON.stringify(stored)).to.include(share!.submission_id);
    });

    it('does not tell an auditor what it does not know', async () => {
      const url = await serve(express().use(createApi(node, { requestsPerMinute: 0 })));
      const submitter = 'US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx';
      const submission = { proof: nextId(), round_number: 50, submitter };
      const answer = await post(`${url}/audit`, JSON.stringify({ submission }));
      expect(await error(answer)).to.deep.equal([503, 'unavailable']);
    });
  });
});

describe('docs/openapi.yaml', () => {
  it('describes every path of the API', () => {
    const http = path.join(__dirname, '../../src/http');
    const routes = readdirSync(path.join(http, 'routes')).map((name) => `routes/${name}`);
    const code = ['api.ts', ...routes]
      .map((name) => readFileSync(path.join(http, name), 'utf8'))
      .join();
    const served = [...code.matchAll(/addResource\(router, '(.+?)'/g)].map(([, template]) =>
      template!.replace(/:(\w+)/g, '{$1}'),
    );
    const paths = new Set(documentedAnswers().map(({ name }) => name.split(' ')[1]));
    expect([...paths]).to.have.members(served);
  });

  for (const { name, schemas } of documentedAnswers()) {
    it(`has a usable schema for ${name}`, () => {
      // The rewards are CSV as well.
      expect(schemas).to.have.length(name === 'GET /rewards 200' ? 2 : 1);
      for (const schema of schemas) expect(() => compileSchema(schema)).not.to.throw();
    });
  }
});
