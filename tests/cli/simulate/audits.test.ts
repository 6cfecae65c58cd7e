import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { apiOf, dashboardIn } from '../../../cli/simulate/dashboard';
import { AuditCounts, auditsInWords, countsIn } from '../../../cli/simulate/audits';
import { explain } from '../../../cli/simulate/closing';
import type { SimulatedNode } from '../../../simulator';
import { eventually } from '../../fixtures/until';
import { shownReport } from './shown-report';

const EXIT = { code: 0, signal: null, requested: true, round: 1 };

describe('the audits of a run', () => {
  let server: Server;
  let port: string;
  let answer: string;
  let answered: number;

  beforeEach(async () => {
    [answer, answered] = [metrics(2, 0), 0];
    server = createServer((_request, response) => {
      response.end(answer, () => answered++);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = String((server.address() as AddressInfo).port);
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const node = (pid: number | undefined, exits = [EXIT]) => ({
    process: { pid },
    notices: [],
    exits,
    env: { API_PORT: port },
  });

  async function countUntil(count: number): Promise<void> {
    await eventually(() => answered >= count);
  }

  function follow(...nodes: ReturnType<typeof node>[]) {
    const counts = new AuditCounts();
    const simulated = nodes as unknown as SimulatedNode[];
    counts.start(simulated);
    const keys = nodes.map((_, index) => `Key${index}`);
    return {
      get audits() {
        return counts.addTo(shownReport(keys), simulated).nodes.map(({ audits }) => audits);
      },
      stop: () => counts.stop(),
    };
  }

  it('are what its processes count, and nothing where none ever answered', async () => {
    const counting = follow(node(1), node(undefined));
    await countUntil(1);
    const known = await eventually(() => counting.audits[0] ?? undefined);
    expect(known).to.deep.equal({ valid: 2, invalid: 0, abstained: 0, complete: true });
    expect(counting.audits[1]).to.equal(null);
    counting.stop();
  });

  it('are added over the processes of a node, and may have been more where one ended', async () => {
    const killed = node(1, [EXIT, EXIT]);
    const counting = follow(killed);
    await eventually(() => counting.audits[0] ?? undefined);
    answer = metrics(1, 3);
    killed.process.pid = 2;
    await countUntil(answered + 1);
    const sum = await eventually(() =>
      counting.audits[0]!.invalid === 3 ? counting.audits[0]! : undefined,
    );
    expect(sum).to.deep.equal({ valid: 3, invalid: 3, abstained: 0, complete: false });
    counting.stop();
  });

  it('are read from the text of the metrics', () => {
    expect(countsIn(metrics(5, 1))!.get('valid')).to.equal(5);
    expect(countsIn('# nothing of it\nup 1\n')).to.equal(undefined);
  });

  it('are told in words: what is not known is no 0', () => {
    const audits = { valid: 6, invalid: 0, abstained: 0, complete: true };
    expect(auditsInWords(audits)).to.deep.equal(['6 valid']);
    expect(auditsInWords({ ...audits, valid: 0 })).to.deep.equal(['none']);
    expect(auditsInWords({ ...audits, valid: 0, complete: false })).to.deep.equal(['-']);
    expect(auditsInWords({ ...audits, invalid: 2, abstained: 1 })).to.deep.equal([
      '6 valid',
      '2 invalid',
      '1 left',
    ]);
    expect(auditsInWords({ ...audits, complete: false })).to.deep.equal(['≥ 6 valid']);
    expect(auditsInWords(null)).to.deep.equal(['-']);
  });

  it('are summed up in a sentence, with who made them', () => {
    const audits = { valid: 2, invalid: 0, abstained: 0, complete: true };
    const of = (...each: (typeof audits | null)[]): string =>
      explain(
        shownReport(
          each.map((_, i) => `Key${i}`),
          (i) => each[i]!,
        ),
      )[0]!;
    expect(of(audits, audits)).to.equal(
      "Audits: 4 of other nodes' proofs, by node-1, node-2: all valid.",
    );
    expect(of({ ...audits, invalid: 3, complete: false }, { ...audits, valid: 0 })).to.equal(
      "Audits: at least 5 of other nodes' proofs, by node-1: 2 valid, 3 invalid.",
    );
    expect(of(audits, null)).to.match(/^Audits: at least 2 /);
    expect(of(null, null)).to.equal('Audits: none is known.');
  });

  it('come with why nobody voted, and by how much estimates err', () => {
    const [, votes, ...estimate] = explain(shownReport(['KeyA', 'KeyB']));
    expect(votes).to.match(/^Votes: none, and none was due\. /);
    expect(estimate.join(' ')).to.match(/28 at most.*± 20 % a round/);
  });

  it('speak of the work sources that there were: bitcoin has fewer shares', () => {
    const report = shownReport(['KeyA', 'KeyB']);
    const of = (...sources: string[]) => {
      const [round] = report.rounds;
      const submissions = sources.map((workSource) => ({
        ...round!.submissions[0]!,
        workSource,
        shares: workSource === 'koii' ? 28 : 20,
      }));
      return explain({ ...report, rounds: [{ ...round!, submissions }] })
        .slice(2)
        .join(' ');
    };
    expect(of('bitcoin')).to.match(/20 at most.*± 24 % a round/);
    expect(of('koii', 'bitcoin', 'koii')).to.match(/28 or 20 at most.*± 24 % a round/);
  });
});

describe('where a node listens', () => {
  const of = (env: Record<string, string>, ...messages: string[]) =>
    apiOf({
      env,
      notices: messages.map((message) => ({ round: 0, level: 'log', message, action: '' })),
    });

  it('is where it says, and before that what its variables say', () => {
    expect(of({ API_PORT: '80' })).to.equal('http://127.0.0.1:80');
    expect(of({ API_PORT: '80', API_HOST: '::1' })).to.equal('http://[::1]:80');
    expect(of({ API_PORT: '80', API_HOST: '0.0.0.0' })).to.equal('http://127.0.0.1:80');
    expect(of({ API_PORT: '80', API_HOST: '::' })).to.equal('http://localhost:80');
    expect(of({})).to.equal(undefined);
    const told = 'Your page: http://[::1]:81/?token=0af (keep it)';
    expect(of({ API_PORT: '80' }, told, 'Your first reward')).to.equal('http://[::1]:81');
    expect(dashboardIn(told)).to.equal('http://[::1]:81/?token=0af');
    expect(dashboardIn('see http://example.org/')).to.equal(undefined);
  });
});

function metrics(valid: number, invalid: number): string {
  return [
    '# TYPE orca_audits_total counter',
    `orca_audits_total{verdict="valid"} ${valid}`,
    `orca_audits_total{verdict="invalid"} ${invalid}`,
    'orca_audits_total{verdict="abstained"} 0',
    '',
  ].join('\n');
}
