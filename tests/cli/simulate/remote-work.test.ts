import { expect } from 'chai';
import {
  remoteWorkSentences,
  RemoteWorkCounts,
  workersIn,
  type RemoteWork,
} from '../../../cli/simulate/remote-work';
import type { AuditedNode } from '../../../cli/simulate/audits';
import { explain } from '../../../cli/simulate/closing';
import type { SimulatedNode } from '../../../simulator';
import { eventually } from '../../fixtures/until';
import { serveText } from './serve-text';
import { shownReport } from './shown-report';

const WORK: RemoteWork = {
  workers: ['rig1', 'rig2'],
  acceptedShares: 34,
  rejectedShares: 0,
  provenHashes: '12345678',
  complete: true,
};

const told = (work: Partial<RemoteWork>): string[] => {
  const [node] = shownReport(['KeyA']).nodes;
  return remoteWorkSentences([{ ...node!, remoteWork: { ...WORK, ...work } }]);
};

/** As GET /workers answers. */
const workers = (...of: [name: string, accepted: number, stale: number, hashes?: string][]) => ({
  round_number: 3,
  workers: of.map(([worker_id, accepted_shares, stale, proven_hashes]) => ({
    worker_id,
    user_agent: null,
    accepted_shares,
    rejected_shares: { stale, duplicate: 1 },
    ...(proven_hashes !== undefined && { proven_hashes }),
  })),
});

describe('the remote work in a report', () => {
  it('is a sentence for each node that has some', () => {
    expect(told({})).to.deep.equal([
      'Remote work of node-1: 34 shares of 2 workers (rig1, rig2), which stand for 12.3 M hashes.',
    ]);
    expect(
      told({ workers: ['rig1'], acceptedShares: 1, provenHashes: null, rejectedShares: 2 }),
    ).to.deep.equal(['Remote work of node-1: 1 share of 1 worker (rig1); 2 rejected.']);
    const many = { workers: ['a', 'b', 'c\x1b[2J', 'd'], complete: false };
    expect(told(many)[0]).to.include('at least 34 shares of 4 workers (a, b, c\\x1b[2J, …)');
    expect(told({ workers: [], acceptedShares: 0, rejectedShares: 3 })[0]).to.match(/no worker.*3/);
    expect(told({ workers: [], acceptedShares: 0 })).to.deep.equal([]);
    expect(remoteWorkSentences(shownReport(['KeyA']).nodes)).to.deep.equal([]);
  });

  it('stands with what explains the tables', () => {
    const { nodes, ...report } = shownReport(['KeyA', 'KeyB']);
    const withWork = nodes.map((node: AuditedNode, index: number) => ({
      ...node,
      remoteWork: index === 0 ? null : WORK,
    }));
    expect(explain({ ...report, nodes: withWork }).at(-1)).to.match(/^Remote work of node-2: 34/);
  });

  it('is what the workers of all its processes did, each asked for its own', async () => {
    let answer: unknown = workers(['rig1', 5, 0, '1000'], ['asked', 0, 0, '0']);
    const server = await serveText((url) => (url === '/workers' ? JSON.stringify(answer) : ''));
    const exit = { code: 0, signal: null, requested: true, round: 1 };
    const node = {
      process: { pid: 1 },
      notices: [],
      exits: [exit],
      env: { API_PORT: String(server.port) },
    };
    const simulated = [node] as unknown as SimulatedNode[];
    const counts = new RemoteWorkCounts();
    const work = (): RemoteWork | null =>
      counts.addTo(shownReport(['KeyA']), simulated).nodes[0]!.remoteWork;
    try {
      counts.start(simulated);
      expect(work()).to.equal(null);
      const first = await eventually(() => work() ?? undefined);
      expect(first).to.deep.equal({
        workers: ['rig1'],
        acceptedShares: 5,
        rejectedShares: 2,
        provenHashes: '1000',
        complete: true,
      });
      answer = workers(['rig1', 2, 3, '9007199254740993']);
      node.process.pid = 2;
      node.exits.push(exit);
      const both = await eventually(() => work()!.acceptedShares === 7 && work()!);
      expect(both).to.include({ provenHashes: '9007199254741993', complete: false });
      expect(both.workers).to.deep.equal(['rig1']);
      expect(both.rejectedShares).to.equal(2 + 4);
    } finally {
      counts.stop();
      await server.close();
    }
  });

  it('is read from nothing else', () => {
    expect(workersIn(workers(['rig1', 1, 0]))![0]).to.have.property('accepted_shares', 1);
    for (const other of [undefined, {}, { workers: [{}] }, { error: 'not_found' }, 'x']) {
      expect(workersIn(other)).to.equal(undefined);
    }
  });
});
