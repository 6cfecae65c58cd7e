import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { faultOf, NoAnswer, RpcClient, RpcError } from '../../src/bitcoin-node/rpc';
import { parseRpcUrl } from '../../src/bitcoin-node/rpc-url';
import { FakeCore } from '../fixtures/fake-core';

const PASSWORD = 'hunter2/äö';

describe('RPC with a Bitcoin node', () => {
  let core: FakeCore;
  beforeEach(async () => {
    core = await FakeCore.start({ password: PASSWORD });
  });
  afterEach(() => core.stop());

  const { signal } = new AbortController();
  const clientOf = (url = core.url, cookieFile?: string) =>
    new RpcClient(parseRpcUrl(url), cookieFile);
  const ask = (client = clientOf(), timeoutMs = 10_000, method = 'getbestblockhash') =>
    client.call(method, [], { signal, timeoutMs });
  /** What a call fails with. */
  const failureOf = async (call: Promise<unknown>): Promise<Error> => {
    const failure = await call.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(Error);
    return failure as Error;
  };

  it('gives the result', async () => {
    expect(await ask()).to.equal(core.tip.hash);
  });

  it('reads errors from the body of HTTP 500, of 404, and of 200 as bcoin sends them', async () => {
    for (const [status, code, message, fault] of [
      [500, -9, 'Bitcoin Core is not connected!', 'it has no peers'],
      [500, -10, 'Bitcoin Core is in initial sync', 'it is still downloading the chain'],
      [500, -28, 'Loading block index…', 'it is warming up'],
      [404, -32601, 'Method not found', 'it answers with error -32601: Method not found'],
      [200, -5, 'Block\nnot found', 'it answers with error -5: Block?not found'],
    ] as const) {
      core.script('*', { error: { code, message }, status });
      const failure = await failureOf(ask());
      expect(failure).to.be.instanceOf(RpcError).with.property('code', code);
      expect(faultOf(failure)).to.equal(fault);
    }
  });

  it('says in plain words why there is no answer', async () => {
    const busy = { status: 503, text: 'Work queue depth exceeded' };
    for (const [scripted, fault] of [
      [busy, 'it has too much to do (HTTP 503)'],
      [{ status: 500, text: '' }, 'HTTP 500'],
      [{ status: 500, text: '{"error":null}' }, 'HTTP 500'],
      [{ status: 403, text: '' }, 'it lets nobody here ask that (HTTP 403)'],
      [{ status: 200, text: '<html>' }, "what answers isn't a Bitcoin node"],
      [{ status: 200, text: '[1]' }, "what answers isn't a Bitcoin node"],
    ] as const) {
      core.script('*', scripted);
      const failure = await failureOf(ask());
      expect(failure).to.be.instanceOf(NoAnswer);
      expect(faultOf(failure)).to.equal(fault);
    }
    core.script('*', 'hang');
    expect(faultOf(await failureOf(ask(clientOf(), 50)))).to.equal('no answer in 0.05 s');
    const { url } = core;
    await core.stop();
    expect(faultOf(await failureOf(ask(clientOf(url))))).to.equal('connection refused');
  });

  it('takes answers of up to 16 MiB', async () => {
    const long = 'x'.repeat(15 * 2 ** 20);
    core.script('*', { result: long });
    expect(await ask()).to.equal(long);
    core.script('*', { result: long + long });
    expect(faultOf(await failureOf(ask()))).to.equal('its answer is above 16 MiB');
  });

  it('ends when aborted, before and while it waits', async () => {
    const ending = new AbortController();
    core.script('*', 'hang');
    const call = clientOf().call('getbestblockhash', [], { signal: ending.signal });
    ending.abort();
    expect(await failureOf(call)).to.be.instanceOf(NoAnswer);
    const late = clientOf().call('getbestblockhash', [], { signal: ending.signal });
    expect(await failureOf(late)).to.be.instanceOf(NoAnswer);
  });

  it('goes on when the node closed the connection that was kept', async () => {
    const client = clientOf();
    await ask(client);
    const { url, port } = core;
    await core.stop();
    core = await FakeCore.start({ password: PASSWORD, port });
    expect(core.url).to.equal(url);
    expect(await ask(client)).to.equal(core.tip.hash);
  });

  it('makes no call wait for others that hang', async () => {
    const client = clientOf();
    core.script('waitfornewblock', 'hang');
    for (let i = 0; i < 5; i++) void ask(client, 500, 'waitfornewblock').catch(() => undefined);
    expect(await ask(client, 400)).to.equal(core.tip.hash);
  });

  describe('with a cookie file', () => {
    let folder: string;
    let cookieFile: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'cookie-'));
      cookieFile = path.join(folder, '.cookie');
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('reads it again when the node was started anew', async () => {
      await writeFile(cookieFile, `user:${PASSWORD}\n`);
      const client = clientOf(`http://${core.name}`, cookieFile);
      expect(await ask(client)).to.equal(core.tip.hash);
      core.user = '__cookie__';
      core.password = 'c0ffee';
      expect(faultOf(await failureOf(ask(client)))).to.equal('wrong user or password');
      await writeFile(cookieFile, '__cookie__:c0ffee');
      expect(await ask(client)).to.equal(core.tip.hash);
    });

    it('says when there is none', async () => {
      const failure = await failureOf(ask(clientOf(`http://${core.name}`, cookieFile)));
      expect(faultOf(failure)).to.equal("its cookie file can't be read: ENOENT");
    });

    it('says when neither it nor the URL has a password', async () => {
      const failure = await failureOf(ask(clientOf(`http://${core.name}`)));
      expect(faultOf(failure)).to.equal('it asks for user and password');
    });

    it('prefers what the URL says', async () => {
      await writeFile(cookieFile, 'user:wrong');
      expect(await ask(clientOf(core.url, cookieFile))).to.equal(core.tip.hash);
    });
  });

  it('has user and password in none of its errors', async () => {
    const { url, name } = core;
    const wrong = clientOf(url.replace('user:', 'user:wrong'));
    const failures = [await failureOf(ask(wrong)), await failureOf(ask(clientOf(), 1, 'wait'))];
    await core.stop();
    failures.push(await failureOf(ask(clientOf(url))));
    failures.push(await failureOf(ask(clientOf(url.replace('http:', 'https:')))));
    for (const failure of failures) {
      const shown = inspect(failure, { depth: 9, showHidden: true });
      expect(shown).not.to.match(/hunter2|authorization|Basic /);
    }
    expect(failures.map(faultOf)[0]).to.equal('wrong user or password');
    expect(clientOf(url).name).to.equal(name);
  });
});
