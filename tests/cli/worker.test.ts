import { once } from 'node:events';
import { expect } from 'chai';
import { ApiError, sendError } from '../../src/http/errors';
import { openDoor } from '../fixtures/door';
import { eventually } from '../fixtures/until';
import { StandaloneNode, startProgram } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';
import { freePort } from '../sdk-stand-in/http';

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
    await eventually(async () => (await sharesOf(4)) >= 3);

    await node.kill('SIGKILL');
    await eventually(() => worker.output().includes('the node is away'));
    await node.run();
    const before = await sharesOf(4);
    await eventually(() => worker.output().includes('the node is back'));
    await eventually(async () => (await sharesOf(4)) > before);

    await node.post('/task/5', {});
    await eventually(async () => (await sharesOf(5)) >= 3);
    const { statistics } = (await node.ask('/audit')).body;
    expect(statistics.invalid_shares).to.equal(0);

    const exit = once(worker, 'exit');
    const askedAt = performance.now();
    worker.kill('SIGINT');
    expect((await exit)[0]).to.equal(0);
    // Two seconds are promised; the rest allows for a busy machine.
    expect(performance.now() - askedAt).to.be.below(4000);
    expect(worker.output()).to.match(
      /mined for [^:]+: [1-9]\S* [kM]?H\/s on average, [1-9]\S* [kMG] hashes; [1-9]\d* shares accepted, \d+ rejected\n$/,
    );
    expect(worker.output()).to.include('mining round 5');
  });

  it('ends at Ctrl-C while it waits for a node that is not there', async () => {
    const worker = work('--url', `http://127.0.0.1:${await freePort()}`, '--id', 'rig1');
    await eventually(() => worker.output().includes('the node is away'));
    const exit = once(worker, 'exit');
    worker.kill('SIGINT');
    expect((await exit)[0]).to.equal(0);
  });

  it('ends with what is wrong where there is no node, or one that turns it away', async () => {
    const door = await openDoor((_request, response) => {
      sendError(response, new ApiError(403, 'this Host is not a name of this node'));
    });
    const worker = work('--url', door.url, '--id', 'rig1');
    expect((await once(worker, 'exit'))[0]).to.equal(1);
    expect(worker.output()).to.equal(
      `mined nothing: no hash was done\n${door.url} answers 403: this Host is not a name of this node\n`,
    );
    door.close();
  });

  it('refuses options it can not use', async () => {
    const cases = [
      ['--id', 'rig1', '--url', 'ftp://node'],
      ['--id', 'rig1', '--url', 'http://me:secret@127.0.0.1:8080'],
      ['--id', 'a b'],
      ['--id', 'local'],
      ['--id', 'rig1', '--threads', '0'],
      ['--threads', '1'],
    ];
    await Promise.all(
      cases.map(async (args) => {
        const worker = work(...args);
        expect((await once(worker, 'exit'))[0], args.join(' ')).to.equal(1);
        expect(worker.output())
          .to.match(/^error: /)
          .and.not.to.include('secret');
      }),
    );
  });
});
