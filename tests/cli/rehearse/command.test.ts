import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import {
  fakeBundle,
  FakeDesktopNode,
  goodRounds,
  ORIGINAL,
  startLines,
} from '../../fixtures/fake-desktop-node';
import { startProgram } from '../../fixtures/standalone';
import { eventually } from '../../fixtures/until';
import { describeProcesses } from '../../runner/describe-processes';

const ID = '0000aaaa';

describeProcesses('npm run rehearse', function () {
  this.timeout(60_000);
  let node: FakeDesktopNode;
  let chain: Server;
  let rpc: string;
  /** What the sandbox's account has on the chain. */
  let account: Buffer;
  const programs: ReturnType<typeof startProgram>[] = [];
  before(async () => {
    chain = createServer((request, response) => {
      request.resume();
      const value = { data: [account.toString('base64'), 'base64'] };
      response.end(JSON.stringify({ result: { value } }));
    });
    await new Promise<void>((resolve) => chain.listen(0, '127.0.0.1', resolve));
    rpc = `http://127.0.0.1:${(chain.address() as AddressInfo).port}`;
  });
  after(() => {
    chain.close();
    chain.closeAllConnections();
  });
  beforeEach(async () => {
    node = await new FakeDesktopNode().start();
    account = Buffer.from('{"minimum_stake_amount":1900000000}');
  });
  afterEach(() => {
    for (const program of programs.splice(0)) program.kill('SIGKILL');
    node.dispose();
  });

  const run = (...args: string[]) => {
    const file = path.join(node.home, 'bundle.js');
    writeFileSync(file, fakeBundle(ID));
    // The directory is found below HOME, as on Linux.
    const options = process.platform === 'linux' ? [] : ['--node', node.directory];
    const all = [...options, '--rpc', rpc, ...args];
    const program = startProgram('cli/rehearse.ts', all, { HOME: node.home });
    programs.push(program);
    return { program, exit: once(program, 'exit') as Promise<[number | null]> };
  };
  const bundle = () => ['--bundle', path.join(node.home, 'bundle.js')];
  const left = () => readdirSync(path.dirname(node.executable)).length;

  it('asks before it does anything, and refuses where nobody can answer', async () => {
    const { program, exit } = run(...bundle());
    expect((await exit)[0]).to.equal(1);
    expect(program.output()).to.include(
      "At risk: this node's stake on the sandbox task (at least 1.9000 KOII, the least that the task takes).",
    );
    expect(program.output()).to.include('nobody can be asked here: give --yes to agree');
    expect(node.contents()).to.equal(ORIGINAL);
  });

  it('is put back after kill -9 by the next one, and after Ctrl-C by itself', async () => {
    // It starts, and no round comes.
    node.script = startLines;
    const killed = run(...bundle(), '--yes');
    await eventually(() => killed.program.output().includes('no round is mined yet'));
    killed.program.kill('SIGKILL');
    await killed.exit;
    expect(node.contents()).to.equal(fakeBundle(ID));

    const next = run(...bundle(), '--yes', '--json');
    await eventually(() => next.program.output().includes('no round is mined yet'));
    expect(next.program.output()).to.include('put back after an unfinished rehearsal');
    next.program.kill('SIGINT');
    expect((await next.exit)[0]).to.equal(130);
    expect(node.contents()).to.equal(ORIGINAL);
    expect(left()).to.equal(1);

    const restore = run('--restore');
    expect((await restore.exit)[0]).to.equal(0);
    expect(restore.program.output()).to.include('nothing to put back');
  });

  it('prints a line for each check, and no stake that the chain does not tell; status 1 with a FAIL', async () => {
    account = Buffer.from([0, 255]);
    node.script = (id, origin) => [
      ...goodRounds(id, origin),
      'the proof of round 7 is not on the chain: it earns nothing',
    ];
    const { program, exit } = run(...bundle(), '--yes');
    expect((await exit)[0]).to.equal(1);
    expect(program.output()).to.include('(its amount is in the node)');
    expect(program.output()).to.match(
      /\nPASS started: .*\nPASS page reachable: .*\nPASS seed known: .*\nFAIL proof on chain: .*\nPASS verdicts and list computed: .*\nPASS failed node calls: 0\n$/,
    );
  });
});
