import { expect } from 'chai';
import { KINDS, type KindName } from '../../../adversaries/kinds';
import { parseKinds, planNodes } from '../../../cli/simulate/cheaters';

const all = Object.keys(KINDS) as KindName[];

describe('the plan of a run with cheaters', () => {
  it('adds them to the honest nodes, which stake twice as much', () => {
    const plan = planNodes(2, ['copy', 'split'], 10);
    expect(plan.map(({ name, kind, stake }) => [name, kind, stake])).to.deep.equal([
      ['node-1', undefined, 20],
      ['node-2', undefined, 20],
      ['copy', 'copy', 10],
      ['split-a', 'split', 10],
      ['split-b', 'split', 10],
    ]);
  });

  it('has nothing special about a run without', () => {
    expect(planNodes(1, [], 10)).to.deep.equal([
      {
        name: 'node-1',
        kind: undefined,
        stake: 10,
        modified: false,
        extraKeys: 0,
        variables: {},
      },
    ]);
  });

  it('has honest stake in the majority, or refuses and says how many nodes it takes', () => {
    for (let honest = 1; honest <= 12; honest++) {
      for (const kinds of [all.slice(0, 1), all.slice(0, 5), all.slice(0, 9), all]) {
        let needed = honest;
        try {
          planNodes(honest, kinds, 10);
        } catch (error) {
          needed = Number(/--nodes (\d+)/.exec((error as Error).message)![1]);
          expect(needed).to.be.above(honest);
          expect(() => planNodes(needed - 1, kinds, 10)).to.throw(RangeError);
        }
        const plan = planNodes(needed, kinds, 10);
        const stakeOf = (isHonest: boolean) =>
          plan
            .filter(({ kind }) => (kind === undefined) === isHonest)
            .reduce((sum, { stake }) => sum + stake, 0);
        expect(stakeOf(true)).to.be.above(stakeOf(false));
      }
    }
  });

  it('has more honest nodes than vote against right lists, whatever they staked', () => {
    expect(() => planNodes(2, ['veto', 'last-veto'], 10)).to.throw(RangeError, /need --nodes 3/);
    expect(planNodes(3, ['veto', 'last-veto'], 10)).to.have.length(5);
  });

  it('says whose software is changed, and who has further keys', () => {
    const plan = planNodes(2, ['flood', 'veto'], 10);
    expect(plan.map(({ modified, extraKeys }) => [modified, extraKeys])).to.deep.equal([
      ...[0, 1].map(() => [false, 0]),
      [true, 20],
      [false, 0],
    ]);
  });

  it('gives no two nodes one name', () => {
    const plan = planNodes(20, [...all, 'copy', 'copy'], 10);
    const names = plan.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    expect(names).to.include.members(['copy', 'copy-2', 'copy-3']);
  });

  it('knows the kinds by name', () => {
    expect(parseKinds('copy,vote-up')).to.deep.equal(['copy', 'vote-up']);
    for (const text of ['', 'copy,', 'Copy', 'toString']) {
      expect(() => parseKinds(text), text).to.throw(RangeError, /no cheater/);
    }
  });
});
