import { expect } from 'chai';
import type { BitcoinChain } from '../../../simulator/bitcoin/chain';
import { parseBlock } from '../../../simulator/bitcoin/block';
import type { Judgement } from '../../../simulator/bitcoin/methods';
import { BitcoinRpc, type OutageKind } from '../../../simulator/bitcoin/rpc';
import { freePorts } from '../../../simulator';
import { easyChain, mine, NOW, segmentOn, templateOn } from './mined';

describe("the RPC of the simulator's Bitcoin", () => {
  let chain: BitcoinChain;
  let rpc: BitcoinRpc;
  let submitted: Judgement[];
  let proposed: Judgement[];

  beforeEach(async () => {
    chain = easyChain();
    [submitted, proposed] = [[], []];
    rpc = await BitcoinRpc.open({
      chain,
      name: 'node-1',
      port: (await freePorts(1))[0]!,
      user: 'user',
      password: 'secret',
      onSubmit: (judgement) => submitted.push(judgement),
      onProposal: (judgement) => proposed.push(judgement),
    });
  });

  afterEach(() => rpc.close());

  function post(body: string, password = 'secret'): Promise<Response> {
    const { origin } = new URL(rpc.url);
    const authorization = `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
    return fetch(origin, { method: 'POST', headers: { authorization }, body });
  }

  async function call(method: string, ...params: unknown[]) {
    const response = await post(JSON.stringify({ jsonrpc: '1.0', id: 7, method, params }));
    return { status: response.status, body: (await response.json()) as Answer };
  }

  async function resultOf(method: string, ...params: unknown[]): Promise<unknown> {
    const { status, body } = await call(method, ...params);
    expect(body.error).to.equal(null);
    expect(status).to.equal(200);
    return body.result;
  }

  interface Answer {
    result: unknown;
    error: { code: number; message: string } | null;
    id: unknown;
  }

  it('tells the tip in each of the ways in which miners ask', async () => {
    chain.mineOutside();
    const { hash } = chain.tip.block;
    expect(await resultOf('getbestblockhash')).to.equal(hash);
    expect(await resultOf('getblockcount')).to.equal(1);
    expect(await resultOf('getblockhash', 1)).to.equal(hash);
    expect(await resultOf('getblockchaininfo')).to.include({
      chain: 'regtest',
      blocks: 1,
      headers: 1,
      bestblockhash: hash,
      initialblockdownload: false,
    });
    expect(await resultOf('getblockheader', hash)).to.include({
      hash,
      height: 1,
      confirmations: 1,
      bits: '207fffff',
      mediantime: chain.tip.medianTime,
      previousblockhash: chain.at(0)!.block.hash,
    });
    const { bytes } = chain.tip.block;
    expect(await resultOf('getblockheader', hash, false)).to.equal(bytes.toString('hex', 0, 80));
    expect(await resultOf('getblock', hash, 0)).to.equal(bytes.toString('hex'));
    expect(await resultOf('getblock', hash)).to.have.deep.property('tx', [
      chain.tip.block.transactions[0]!.txid,
    ]);
    expect(await resultOf('getmininginfo')).to.have.deep.nested.property('next.height', 2);
  });

  it('gives a template that a block can be made of', async () => {
    chain.mineOutside();
    const template = (await resultOf('getblocktemplate', { rules: ['segwit'] })) as object;
    expect(template).to.include({
      previousblockhash: chain.tip.block.hash,
      height: 2,
      bits: '207fffff',
      curtime: NOW + 1,
      mintime: chain.tip.medianTime + 1,
      coinbasevalue: 5_000_000_000,
    });
  });

  it('judges a proposal, and takes a block', async () => {
    const hex = mine(templateOn(segmentOn(chain))).toString('hex');
    const proposal = { mode: 'proposal', data: hex, rules: ['segwit'] };
    expect(await resultOf('getblocktemplate', proposal)).to.equal(null);
    expect(await resultOf('submitblock', hex)).to.equal(null);
    expect(await resultOf('submitblock', hex)).to.equal('duplicate');
    expect(await resultOf('getblocktemplate', proposal)).to.equal('duplicate');
    expect(chain.tip.foundBy).to.equal('node-1');
    const block = parseBlock(Buffer.from(hex, 'hex'));
    expect(submitted).to.deep.equal([
      { block, reason: null },
      { block, reason: 'duplicate' },
    ]);
    expect(proposed.map(({ reason }) => reason)).to.deep.equal([null, 'duplicate']);
  });

  it('answers a waiting call when the tip changes, or when its time is over', async () => {
    const { hash } = chain.tip.block;
    const waiting = [
      resultOf('waitfornewblock', 20_000),
      resultOf('waitfornewblock', 20_000, hash),
      resultOf('getblocktemplate', { rules: ['segwit'], longpollid: `${hash}0` }),
    ];
    // They all wait by the time that this is answered: requests are handled in their order.
    expect(await resultOf('waitfornewblock', 1)).to.deep.equal({ hash, height: 0 });
    const tip = chain.mineOutside().block.hash;
    expect(await Promise.all(waiting)).to.have.nested.property('[0].hash', tip);
    expect(await waiting[1]).to.deep.equal({ hash: tip, height: 1 });
    expect(await waiting[2]).to.include({ previousblockhash: tip });
    expect(await resultOf('waitfornewblock', 0, hash), 'it knows an older one').to.deep.equal({
      hash: tip,
      height: 1,
    });
  });

  const mistakes: [string, unknown, number, number][] = [
    ['no JSON', 'x', 500, -32700],
    ['an array', [], 400, -32600],
    ['a number as the version', { jsonrpc: 2, method: 'getblockcount' }, 400, -32600],
    ['a method that there is none', { method: 'getpeers' }, 404, -32601],
    ['a block that is none', { method: 'submitblock', params: ['00'] }, 500, -22],
    ['a hash of no block', { method: 'getblockheader', params: ['ab'.repeat(32)] }, 500, -5],
    ['a hash that is none', { method: 'getblockheader', params: ['ab'] }, 500, -8],
    ['a height above the tip', { method: 'getblockhash', params: [5] }, 500, -8],
    ['a template without segwit', { method: 'getblocktemplate', params: [{}] }, 500, -8],
  ];
  for (const [name, request, status, code] of mistakes) {
    it(`answers ${status} with ${code} to ${name}`, async () => {
      const response = await post(typeof request === 'string' ? request : JSON.stringify(request));
      expect(response.status).to.equal(status);
      expect(await response.json()).to.have.nested.property('error.code', code);
    });
  }

  it('answers errors with 200 to version 2.0', async () => {
    const request = { jsonrpc: '2.0', id: 'a', method: 'getblockhash', params: [-1] };
    const response = await post(JSON.stringify(request));
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal({
      jsonrpc: '2.0',
      id: 'a',
      error: { code: -8, message: 'Block height out of range' },
    });
  });

  it('answers 401 without a body to a wrong password', async () => {
    const response = await post('{"method":"getblockcount"}', 'Secret');
    expect(response.status).to.equal(401);
    expect(await response.text()).to.equal('');
  });

  const outages: [OutageKind, number | undefined, string][] = [
    ['refused', undefined, ''],
    ['503', 503, 'Work queue depth exceeded'],
    ['warming up', 500, '"code":-28'],
  ];
  for (const [kind, status, text] of outages) {
    it(`is away (${kind}) until it is told that that is over`, async () => {
      let end = (): void => undefined;
      const back = rpc.beAway(kind, new Promise<void>((resolve) => (end = resolve)));
      const response = await post('{"method":"getblockcount"}').catch(() => undefined);
      expect(response?.status).to.equal(status);
      expect((await response?.text()) ?? '').to.include(text);
      end();
      await back;
      expect(await resultOf('getblockcount')).to.equal(0);
    });
  }

  it('is silent until it is told that that is over', async () => {
    let end = (): void => undefined;
    const back = rpc.beAway('silence', new Promise<void>((resolve) => (end = resolve)));
    const signal = AbortSignal.timeout(100);
    const given = await fetch(new URL(rpc.url).origin, { signal }).catch(
      ({ name }) => name as string,
    );
    expect(given).to.equal('TimeoutError');
    const answer = resultOf('getblockcount');
    end();
    await back;
    expect(await answer).to.equal(0);
  });
});
