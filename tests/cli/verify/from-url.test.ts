import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { submissionFrom } from '../../../cli/verify/from-url';
import { readSubmissions } from '../../../cli/verify/input';
import { vectors } from '../../fixtures/proofs';

const { taskId, round, submitter, submissionsOfRoundMinus2, proof } = vectors[0]!;
const verify = { taskId, round, submitter, submissionsOfRoundMinus2, proof };

describe('a submission that a node is asked for', () => {
  let server: http.Server;
  let url: string;
  let status = 200;
  let body: string | undefined;

  before(async () => {
    server = http.createServer((_request, response) => {
      response.statusCode = status;
      if (body !== undefined) response.end(body);
      else response.write('{');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/network`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  async function fault(answered: { status?: number; body?: string }, of = url): Promise<string> {
    status = answered.status ?? 200;
    body = answered.body;
    return submissionFrom(of, 1000).then(
      () => expect.fail('it was taken'),
      (error: unknown) => (error as Error).message,
    );
  }

  it('is what /network answers for a submitter', async () => {
    [status, body] = [200, JSON.stringify({ round_number: 7, submitters: [], verify })];
    expect(readSubmissions(await submissionFrom(url))).to.deep.equal([verify]);
  });

  it('may stand there by itself', async () => {
    [status, body] = [200, JSON.stringify([verify])];
    expect(readSubmissions(await submissionFrom(url))).to.deep.equal([verify]);
  });

  it('is asked for in vain with a message that says why', async () => {
    expect(await fault({ body: '{"submitters": []}' })).to.match(/&submitter=KEY/);
    expect(await fault({ body: '{"verify": null}' })).to.match(/no longer knows/);
    expect(await fault({ body: '<html>' })).to.match(/^expected JSON/);
    expect(
      await fault({ status: 404, body: '{"message": "round 1 is\\u001b forgotten"}' }),
    ).to.equal('status 404: round 1 is? forgotten');
    expect(await fault({ body: `"${'x'.repeat(17 * 2 ** 20)}"` })).to.match(/longer than/);
    expect(await fault({}, 'file:///etc/passwd')).to.match(/http or https/);
    expect(await fault({}, 'http://127.0.0.1:1/')).to.match(/^can't be read/);
    expect(await fault({})).to.equal('no answer within 1 s');
  });
});
