import { expect } from 'chai';
import type { NetworkAnswer } from '../../src/http/routes/network';
import { runWithCheaters } from '../fixtures/cheaters';
import { eventually } from '../fixtures/until';
import { beforeTries, describeProcesses } from '../runner/describe-processes';

/** One of four nodes makes lists that pay itself alone: an honest node's GET /network must tell the whole story. */
describeProcesses('a list that was voted out', function () {
  this.timeout(300_000);
  let told: NetworkAnswer;
  let one: NetworkAnswer;
  let keys: Map<string, string>;

  beforeTries(async () => {
    await runWithCheaters(3, ['greedy'], {
      rounds: 4,
      roundSeconds: 8,
      variables: { MINING_SECONDS: '2', MINING_INTENSITY: '50' },
      async during(network, [port]) {
        keys = new Map(network.nodes.map(({ name, publicKey }) => [name, publicKey]));
        const ask = async (query: string): Promise<NetworkAnswer | undefined> => {
          const response = await fetch(`http://127.0.0.1:${port}/network${query}`).catch(
            () => undefined,
          );
          return response?.ok ? ((await response.json()) as NetworkAnswer) : undefined;
        };
        told = await eventually(async () => {
          const answer = await ask('');
          for (const round of answer?.rounds ?? []) {
            const of = await ask(`?round=${round}`);
            const isTold = of?.outcome === 'paid' && of.lists.some(({ stands }) => !stands);
            if (isTold) return of;
          }
          return undefined;
        });
        one = (await ask(`?round=${told.round_number}&submitter=${keys.get('greedy')}`))!;
      },
    });
  });

  it('is shown by an honest node as differing, with whose list it was, who voted, and why', () => {
    const greedy = keys.get('greedy')!;
    const out = told.lists.filter(({ stands }) => !stands);
    expect(out.map(({ maker, compares }) => [maker, compares])).to.deep.equal([
      [greedy, 'differs'],
    ]);
    const [{ votes, why, differences }] = out as [NetworkAnswer['lists'][number]];
    const honest = [...keys].filter(([name]) => name !== 'greedy').map(([, key]) => key);
    const against = votes.filter((vote) => !vote.for).map(({ voter }) => voter);
    expect(against.length).to.be.greaterThan(votes.length / 2);
    expect(honest).to.include.members(against);
    expect(why).to.match(/^Voted out with .* against it: it pays .* instead of .*\.$/);
    expect(differences.map(({ submitter }) => submitter)).to.include(greedy);
  });

  it('took nobody anything: the honest list stood, and everybody was paid by it', () => {
    const standing = told.lists.filter(({ stands }) => stands);
    expect(standing).not.to.be.empty;
    for (const { compares, maker } of standing) {
      expect(compares).to.equal('equal');
      expect(maker).not.to.equal(keys.get('greedy'));
    }
    for (const { standing_roe, payout_roe, why } of told.submitters) {
      expect(standing_roe).to.equal(payout_roe);
      expect(why).to.match(/^Paid .* the list that stands pays what this node counts\.$/);
    }
  });

  it('leaves a verdict that anybody can prove', () => {
    expect(one.verify).to.include({ round: told.round_number, submitter: keys.get('greedy') });
    expect(one.command).to.match(/^npm run verify -- --from "http:/);
  });
});
