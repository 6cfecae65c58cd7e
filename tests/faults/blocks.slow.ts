import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { payoutAddressOf } from '../../src/bitcoin/address';
import { sha256d } from '../../src/bitcoin/sha256';
import { displayHash, hashValue } from '../../src/bitcoin/target';
import { WORK_SOURCE, type WorkSourceId } from '../../src/consensus';
import { decodeProof } from '../../src/proof/codec';
import { freePort } from '../sdk-stand-in/http';
import { FakeCore } from '../fixtures/fake-core';
import { StandaloneNode } from '../fixtures/standalone';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const PAYOUT = payoutAddressOf(Buffer.alloc(20, 0x44), 'regtest');

const start = (url: string): Promise<StandaloneNode> =>
  StandaloneNode.start(
    { BITCOIN_RPC_URL: url, PAYOUT_ADDRESS: PAYOUT },
    '--bitcoin-network',
    'regtest',
  );

/** The source of a round's proof, once it has one. */
const sourceOf = (node: StandaloneNode, round: number): Promise<WorkSourceId | 'none'> =>
  eventually(async () => {
    const { status, body } = await node.ask(`/submission/${round}`);
    if (status !== 200) return undefined;
    const decoded = decodeProof(body.proof);
    return 'proof' in decoded ? decoded.proof.work.source : 'none';
  });

const hashOf = (blockHex: string): string =>
  displayHash(hashValue(sha256d(Buffer.from(blockHex, 'hex').subarray(0, 80))));

describeProcesses('a node that mines Bitcoin', function () {
  this.timeout(180_000);
  let core: FakeCore;
  let node: StandaloneNode;
  afterEach(async () => {
    await node.dispose();
    await core.stop();
  });

  it('killed behind a find, before its Bitcoin node has answered, hands it in once more', async () => {
    core = await FakeCore.start();
    core.newTip();
    core.script('submitblock', 'hang');
    node = await start(core.url);
    await node.post('/task/5', {});
    const [blockHex] = await eventually(() => core.asked('submitblock')[0] as [string] | undefined);
    const hash = hashOf(blockHex);
    await eventually(() => stored(node.directory, hash));
    await node.kill('SIGKILL');
    const handedIn = core.asked('submitblock').length;
    expect(core.blocks).to.deep.equal([]);

    core.script('submitblock', undefined);
    await node.run();
    await eventually(() => core.blocks.includes(blockHex));
    expect(core.asked('submitblock').slice(handedIn)).to.deep.include([blockHex]);
    await eventually(() => node.output().includes(`block ${hash} is `));
    // The round goes on as it was: with its source, and what was proven.
    expect(await sourceOf(node, 5)).to.equal(WORK_SOURCE.bitcoin);
    const { body } = await node.ask('/submission/5');
    expect(BigInt(body.estimated_hashes) > 0n).to.equal(true);
    expect(node.output()).not.to.include(core.password);
  });

  it('goes on whatever its Bitcoin node does, and proves its rounds', async () => {
    const port = await freePort();
    node = await start(`http://user:pass@127.0.0.1:${port}`);
    await node.post('/task/5', {});
    expect(await sourceOf(node, 5)).to.equal(WORK_SOURCE.koii);

    core = await FakeCore.start({ port });
    const first = core.newTip();
    core.newTip();
    await eventually(() => node.output().includes("Bitcoin's tip is at height 2"));
    await node.post('/task/6', {});
    expect(await sourceOf(node, 6)).to.equal(WORK_SOURCE.bitcoin);

    for (const trouble of [
      { error: { code: -10, message: 'Bitcoin Core is downloading blocks...' } },
      { status: 503, text: 'Work queue depth exceeded' },
      { result: { height: -1, chain: 7, hash: 'no', bits: null } },
      { status: 200, text: '[' },
    ]) {
      core.script('*', trouble);
      const before = BigInt((await node.ask('/submission/6')).body.estimated_hashes);
      // The round goes on with the last tip.
      await eventually(
        async () => BigInt((await node.ask('/submission/6')).body.estimated_hashes) > before,
      );
      core.script('*', undefined);
    }
    // A tip that goes back.
    core.show(first);
    await node.post('/task/7', {});
    await sourceOf(node, 7);
    // And one that is away, from now on.
    await core.stop();
    await eventually(() => /127\.0\.0\.1:\d+: connection/.test(node.output()));
    await node.post('/task/8', {});
    expect(await sourceOf(node, 8)).to.equal(WORK_SOURCE.koii);
    expect(await sourceOf(node, 6)).to.equal(WORK_SOURCE.bitcoin);
    expect(node.isRunning).to.equal(true);
    expect(node.output()).not.to.include('user:pass');
  });
});

/** Whether a block is in the store, without an answer. */
function stored(directory: string, hash: string): boolean {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.path, entry.name), 'utf8'))
    .some((text) => text.includes(hash) && text.includes('pending'));
}
