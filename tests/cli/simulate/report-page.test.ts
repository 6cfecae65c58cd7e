import { expect } from 'chai';
import { renderPage } from '../../../cli/simulate/report-page';
import { LEDGER_DEFAULTS, type RunReport } from '../../../simulator';

const HOSTILE = `\0\x1b]0;owned\x07\x9b31m\u202e</pre><script>alert(1)</script><img src=x onerror='alert("1")'>&`;

function report(text: string): RunReport {
  const [a, b] = ['KeyOfA', 'KeyOfB'];
  const vote = { voter: b, candidate: a, isValid: false, slot: 5 };
  return {
    taskId: text,
    taskName: text,
    roundSeconds: 8,
    bountyPerRound: 1e9,
    ledger: LEDGER_DEFAULTS,
    interrupted: false,
    succeeded: false,
    failures: [`node-1 died: ${text}`],
    rounds: [
      {
        round: 0,
        seed: text,
        accepted: true,
        closed: true,
        submissions: [
          {
            publicKey: a,
            value: text,
            slot: 3,
            shares: 0,
            valid: false,
            reason: text,
            hashesDone: '1000000',
            estimatedHashes: '0',
          },
        ],
        auditVotes: [vote],
        distributionLists: [
          {
            madeBy: b,
            submittedInRound: 2,
            slot: 9,
            accepted: true,
            outcome: 'accepted',
            account: b,
            payable: true,
            amounts: { [a]: -5e8, [text]: 25e7 },
            auditVotes: [vote],
          },
        ],
        expectedListMakers: [
          { inRound: 2, publicKey: b },
          { inRound: 3, publicKey: null },
        ],
        payouts: { [a]: -5e8, [b]: 25e7 },
        listPenalties: {},
      },
    ],
    nodes: [a, b].map((publicKey) => ({
      name: `${publicKey} ${text}`,
      publicKey,
      stakeBefore: 2e9,
      stakeAfter: 1e9,
      balance: 1e9,
      exits: [],
      refusals: [],
      log: text,
      notices: [{ round: 3, level: 'error', message: `told ${text}`, action: `do ${text}` }],
      extraKeys: [],
      calls: {},
    })),
  };
}

describe('the page of a run', () => {
  it('tells of nodes, rounds, proofs, votes, lists and amounts', () => {
    const page = renderPage(report('some text')).replace(/\s+/g, ' ');
    for (const told of [
      'The run failed',
      'node-1 died: some text',
      'KeyOfA some text',
      '0.2500 tokens',
      '−1.0000',
      'invalid: some text',
      'against: KeyOfB some text',
      'accepted',
      'nobody in round 3',
      '2 notices to the owners',
      '<span class="bad">error</span>',
      'told some text',
      'do some text',
      '&quot;stakeAfter&quot;: 1000000000',
    ]) {
      expect(page).to.include(told);
    }
  });

  it('tells the work source of each proof that is valid', () => {
    const { rounds, ...rest } = report('some text');
    const [round] = rounds;
    const submissions = ['koii', 'bitcoin', undefined].map((workSource) => ({
      ...round!.submissions[0]!,
      workSource,
    }));
    const cells = renderPage({ ...rest, rounds: [{ ...round!, submissions }] })
      .split('The run as JSON')[0]!
      .matchAll(/<td[^>]*>\s*(koii|bitcoin)\s*<\/td>/g);
    expect([...cells].map(([, source]) => source)).to.deep.equal(['koii', 'bitcoin']);
  });

  it('has no section of notices where nobody was told anything', () => {
    const { nodes, ...rest } = report('some text');
    const page = renderPage({ ...rest, nodes: nodes.map((node) => ({ ...node, notices: [] })) });
    expect(page).not.to.include('to the owners');
  });

  it('stands alone: no script, no other file, and a policy that allows its one style sheet', () => {
    const page = renderPage(report('x'));
    expect(page).not.to.match(/<script|<link|<img|<iframe|\ssrc=|\shref=|style="|url\(|@import/);
    expect(page).to.match(/content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'"/);
  });

  it('takes nothing that a task wrote for more than text', () => {
    const page = renderPage(report(HOSTILE));
    expect(page).not.to.match(/<script|<img|<\/pre>(?=&)|onerror='/);
    expect(page).to.include('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.match(/<\/pre>/g)).to.have.length(1);
    expect(page).not.to.match(/[^\P{Cc}\n\t]|[\u2028-\u202e\u2066-\u2069]/u);
    expect(page).to.include('told \\x00\\x1b]0;owned\\x07\\x9b31m\\u202e&lt;/pre&gt;');
  });
});
