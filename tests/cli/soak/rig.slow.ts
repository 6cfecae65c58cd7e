import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import { expect } from 'chai';
import { Rig, type RigEvent } from '../../../cli/soak/rig';
import type { ShareBody } from '../../../cli/worker/share-body';
import { createKernel } from '../../../src/mining/kernels/choose';
import { eventually } from '../../fixtures/until';
import { taskAnswer } from '../../fixtures/task-answer';
import { describeProcesses } from '../../runner/describe-processes';

const ADDRESS = '127.0.7.1';

interface Posted {
  round: number;
  body: ShareBody;
  from: string | undefined;
}

describeProcesses('a rig', function () {
  let server: Server;
  let stop: AbortController;
  let round: number;
  let posts: Posted[];
  let events: RigEvent[];
  /** The node's answer to a share. */
  let answerTo: (posted: Posted, isFirst: boolean) => [status: number, body: object];

  before(function () {
    // It uses an address in 127.0.0.0/8, which only Linux has.
    if (os.platform() !== 'linux') this.skip();
  });
  beforeEach(async () => {
    [round, posts, events, stop] = [5, [], [], new AbortController()];
    const known = new Set<string>();
    answerTo = ({ body }, isFirst) => {
      const isTheirs = body.worker_id === 'rig' && !body.submission_id.endsWith('-again');
      return isFirst ? [201, {}] : isTheirs ? [200, {}] : [409, { reason: 'duplicate_share' }];
    };
    server = createServer((request, response) => {
      if (request.method === 'GET') return answer(response, 200, taskAnswer(round));
      void bodyOf(request).then((text) => {
        const body = JSON.parse(text) as ShareBody;
        const posted = { round, body, from: request.socket.remoteAddress };
        posts.push(posted);
        const isFirst = !known.has(body.hash);
        known.add(body.hash);
        answer(response, ...answerTo(posted, isFirst));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const rig = new Rig({
      name: 'rig',
      address: ADDRESS,
      port,
      kernel: createKernel('auto'),
      tell: (event) => events.push(event),
    });
    void rig.run(() => round, stop.signal);
  });
  afterEach(() => {
    stop.abort();
    server.close();
    server.closeAllConnections();
  });

  const seen = (type: RigEvent['type'], count = 1): Promise<RigEvent[]> =>
    eventually(() => {
      const found = events.filter((event) => event.type === type);
      return found.length >= count ? found : undefined;
    });

  it('counts its shares from 1 in every round, and tells of those that were acknowledged', async () => {
    await seen('acknowledged', 3);
    const ids = new Set(posts.map(({ body }) => body.submission_id));
    expect([...ids].slice(0, 4)).to.deep.equal(['1', '1-again', '2', '2-again']);
    expect(new Set(posts.map(({ from }) => from))).to.deep.equal(new Set([ADDRESS]));
    round = 6;
    await eventually(() => posts.some((post) => post.round === 6 && post.body.block_height === 6));
    const first = posts.find((post) => post.body.block_height === 6)!;
    expect(first.body.submission_id).to.equal('1');
    expect(events.filter(({ type }) => type !== 'acknowledged' && type !== 'late')).to.be.empty;
  });

  it('sends what was acknowledged once more when the round is over, and tells what was forgotten', async () => {
    await seen('acknowledged', 2);
    answerTo = () => [409, { reason: 'duplicate_share' }];
    round = 6;
    const [forgotten] = await seen('forgotten', 2);
    expect(forgotten).to.include({ how: '409 duplicate_share' });
  });

  it('tells when somebody else has it counted too', async () => {
    answerTo = () => [201, {}];
    const [stolen] = await seen('stolen');
    expect(stolen).to.include({ how: 'status 201' });
  });

  it('tells what was refused, and what came late', async () => {
    answerTo = () => [409, { reason: 'round_over' }];
    await seen('late');
    expect(events.filter(({ type }) => type === 'refused')).to.be.empty;
    answerTo = () => [422, { reason: 'wrong_hash' }];
    const [refused] = await seen('refused');
    expect(refused).to.include({ how: '422 wrong_hash' });
  });
});

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
