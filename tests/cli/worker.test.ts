import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ApiError, sendError } from '../../src/http/errors';
import { eventually } from '../fixtures/network';
import { StandaloneNode, startProgram } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

describeProcesses('npm run worker', function () {
  this.timeout(60_000);
  let node: StandaloneNode | undefined;
  const workers: ReturnType<typeof startProgram>[] = [];

  const work = (...args: string[]) => {
    const worker = startProgram('cli/worker.ts', args, {});
    workers.push(worker);
    return worker;
  };
  afterEach(async () => {
    for (const worker of workers.splice(0)) worker.kill('SIGKILL');
    await node?.dispose();
    node = undefined;
  });

  it('mines for a node, through its absence and into the next round, and ends at Ctrl-C', async () => {
    node = await StandaloneNode.start();
    const { url } = node;
    const sharesOf = async (round: number): Promise<number> => {
      const { recent_shares } = (await node!.ask(`/audit?limit=500&round=${round}`)).body;
      return recent_shares.filter(({ worker_id }) => worker_id === 'rig1').length;
    };
    const worker = work('--url', `${url}/`, '--id', 'rig1', '--threads', '2');
    // It waits for a round, and joins it when it starts.
    await node.post('/task/4', {});
    await eventually(async () => ((await sharesOf(4)) >= 3 ? true : undefined));

    await node.kill('SIGKILL');
    await eventually(() => (worker.output().includes('the node is away') ? true : undefined));
    await node.run();
    const before = await sharesOf(4);
    await eventually(() => (worker.output().includes('the node is back') ? true : undefined));
    await eventually(async () => ((await sharesOf(4)) > before ? true : undefined));

    await node.post('/task/5', {});
    await eventually(async () => ((await sharesOf(5)) >= 3 ? true : undefined));
    const { statistics } = (await node.ask('/audit')).body;
    expect(statistics.invalid_shares).to.equal(0);

    const exit = once(worker, 'exit');
    const askedAt = performance.now();
    worker.kill('SIGINT');
    expect((await exit)[0]).to.equal(0);
    // Two seconds are promised; the rest is for a busy machine.
    expect(performance.now() - askedAt).to.be.below(4000);
    expect(worker.output()).to.match(/\d+ accepted, \d+ rejected\n$/);
    expect(worker.output()).to.include('mining round 5');
  });

  it('ends at Ctrl-C while it waits for a node that is not there', async () => {
    const worker = work('--url', 'http://127.0.0.1:1', '--id', 'rig1');
    await eventually(() => (worker.output().includes('the node is away') ? true : undefined));
    const exit = once(worker, 'exit');
    worker.kill('SIGINT');
    expect((await exit)[0]).to.equal(0);
  });

  it('says why the node turns it away, and goes on asking', async () => {
    const door = http.createServer((_request, response) => {
      sendError(response, new ApiError(403, 'this Host is not a name of this node'));
    });
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    const { port } = door.address() as AddressInfo;
    const worker = work('--url', `http://127.0.0.1:${port}`, '--id', 'rig1');
    const reason = /the node is away.*403: this Host is not a name of this node/;
    await eventually(() => (reason.test(worker.output()) ? true : undefined));
    await once(door, 'request');
    door.closeAllConnections();
    door.close();
  });

  it('refuses options it can not use', async () => {
    const cases = [
      ['--id', 'rig1', '--url', 'ftp://node'],
      ['--id', 'a b'],
      ['--id', 'local'],
      ['--id', 'rig1', '--threads', '0'],
      ['--threads', '1'],
    ];
    await Promise.all(
      cases.map(async (args) => {
        const worker = work(...args);
        expect((await once(worker, 'exit'))[0], args.join(' ')).to.equal(1);
        expect(worker.output()).to.match(/^error: /);
      }),
    );
  });
});
