import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { nodeClient } from '../../sdk-stand-in/namespace-wrapper/node-client';
import { NodeWrapper } from '../../sdk-stand-in/namespace-wrapper/node-wrapper';
import { LogLevel } from '../../sdk-stand-in/namespace-wrapper/types';
import { type FakeNode, openFakeNode, SECRET, TASK_ID } from './fake-node';
import { captureErrors } from './quiet';

describe('stand-in calls to the node', () => {
  let node: FakeNode;
  let errors: ReturnType<typeof captureErrors>;

  beforeEach(async () => {
    node = await openFakeNode();
    errors = captureErrors();
  });

  afterEach(async () => {
    errors.restore();
    await node.close();
  });

  const client = (change: { secret?: string; port?: number; timeoutMs?: number } = {}) =>
    nodeClient({ port: node.port, taskId: TASK_ID, secret: SECRET, ...change });

  /** What a call to a server with this answer resolves to. */
  async function callTo(listener: RequestListener, timeoutMs = 10_000): Promise<unknown> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const answer = await client({ port: (server.address() as AddressInfo).port, timeoutMs })('any');
    server.closeAllConnections();
    server.close();
    return answer;
  }

  const errorOf = (answer: unknown) => (answer as { error: Error }).error.message;

  it('sends method and arguments and passes on what is answered', async () => {
    const answers: unknown[] = ['text', 7, null, { a: [1] }, undefined];
    node.answers['echo'] = (index) => answers[index as number];
    for (const [index, expected] of answers.entries()) {
      expect(await client()('echo', index, { more: 'ä' })).to.deep.equal(expected);
    }
    expect(node.calls[0]).to.deep.equal(['echo', 0, { more: 'ä' }]);
    expect(errors.lines).to.deep.equal([]);
  });

  it('resolves to an error when the secret is wrong (401) or the method fails (422)', async () => {
    expect(errorOf(await client({ secret: 'other' })('echo'))).to.include('401');
    expect(errorOf(await client()('unknown')))
      .to.include('422')
      .and.include('no method unknown');
    expect(errors.lines).to.have.length(2);
    expect(errors.lines.join()).not.to.include(SECRET);
  });

  it('resolves to an error when nobody listens, the answer is no JSON, or it never comes', async () => {
    const { port } = node;
    await node.close();
    expect(errorOf(await client({ port })('any'))).to.include('ECONNREFUSED');
    expect(errorOf(await callTo((_request, response) => response.end('<html>')))).to.include(
      'JSON',
    );
    expect(errorOf(await callTo((request) => request.socket.destroy()))).to.be.a('string');
    expect(errorOf(await callTo(() => undefined, 50))).to.include('no answer within 50 ms');
    node = await openFakeNode();
  });

  describe('as the task sees them', () => {
    it('names the arguments as the node expects them', async () => {
      const { wrapper, keypair } = node;
      const { publicKey } = keypair;
      for (const method of [
        'checkSubmissionAndUpdateRound',
        'auditSubmission',
        'distributionListAuditSubmission',
        'uploadDistributionList',
        'distributionListSubmissionOnChain',
        'payloadTrigger',
        'getTaskState',
        'logger',
      ]) {
        node.answers[method] = () => true;
      }
      await wrapper.checkSubmissionAndUpdateRound('proof', 3);
      await wrapper.auditSubmission(publicKey, false, keypair, 3);
      await wrapper.distributionListAuditSubmission(publicKey, true, keypair, 3);
      await wrapper.uploadDistributionList({ a: 1 }, 3);
      await wrapper.distributionListSubmissionOnChain(3);
      await wrapper.payoutTrigger(3);
      await wrapper.getTaskState({ is_stake_list_required: true });
      expect(await wrapper.logger(LogLevel.Warn, 'message', 'action')).to.equal(true);
      await wrapper.getSubmitterAccount();
      await wrapper.getSubmitterAccount('KPL');
      expect(node.calls).to.deep.equal([
        ['checkSubmissionAndUpdateRound', 'proof', 3],
        ['auditSubmission', publicKey.toBase58(), false, 3],
        ['distributionListAuditSubmission', publicKey.toBase58(), true, 3],
        ['uploadDistributionList', { a: 1 }, 3],
        ['distributionListSubmissionOnChain', 3],
        ['payloadTrigger', 3],
        ['getTaskState', { is_stake_list_required: true }],
        ['logger', 'warn', 'message', 'action'],
        ['getSubmitterAccount'],
        ['getSubmitterAccount', 'KPL'],
      ]);
    });

    it('makes what it can of a refusal', async () => {
      const wrapper = new NodeWrapper(client({ secret: 'other' }), 'main account');
      expect(await wrapper.getTaskSubmissionInfo(1)).to.equal(null);
      expect(await wrapper.getTaskDistributionInfo(1)).to.equal(null);
      expect(await wrapper.getDistributionList('a', 1)).to.equal(null);
      expect(await wrapper.getSlot()).to.equal(0);
      expect(await wrapper.storeGet('key')).to.equal(null);
      expect(await wrapper.getTaskState({})).to.have.property('error');
      expect(await wrapper.uploadDistributionList({}, 1)).to.have.property('error');
      expect(await wrapper.logger(LogLevel.Log, 'm', 'a')).to.have.property('error');
      expect(await rejection(wrapper.getSubmitterAccount())).to.be.instanceOf(TypeError);
    });

    it('rejects on null where the official SDK does, and takes a number for no task state', async () => {
      const { wrapper } = node;
      for (const method of ['getTaskSubmissionInfo', 'getDistributionList']) {
        node.answers[method] = () => null;
      }
      node.answers['getTaskState'] = () => 404;
      expect(await rejection(wrapper.getTaskSubmissionInfo(1))).to.be.instanceOf(TypeError);
      expect(await rejection(wrapper.getDistributionList('a', 1))).to.be.instanceOf(TypeError);
      expect(await wrapper.getTaskState({})).to.equal(null);
    });
  });
});

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
