import { expect } from 'chai';

import { Inspections, type Inspector } from '../../simulator/inspector';
import type { SimulatedNode } from '../../simulator/simulated-node';
import { at, auditAt, newLedger } from './ledgers';

// All that the inspector needs of a node.
const nodes = [
  { name: 'one', publicKey: 'a', extraKeys: ['b'] },
  { name: 'two', publicKey: 'c', extraKeys: [] },
] as unknown as SimulatedNode[];

describe('inspections', () => {
  function start(inspected: string[], answer = (value: string) => Promise.resolve({ value })) {
    const inspector: Inspector = {
      liveColumns: [],
      live: () => Promise.resolve([]),
      round: ({ round, submissionsOf }) => {
        inspected.push(`round ${round}`);
        return Promise.resolve({ submitted: submissionsOf(round).size });
      },
      submission: ({ publicKey, value, node }) => {
        inspected.push(`${publicKey} of ${node.name}: ${value}`);
        return answer(value);
      },
    };
    const ledger = newLedger({ lateSubmissions: true, replacedSubmissions: true });
    ledger.advance(at(1));
    return { ledger, inspections: new Inspections(inspector, 'task', ledger) };
  }

  it('are of all keys of an operator, once, and again of what came late or changed', async () => {
    const inspected: string[] = [];
    const { ledger, inspections } = start(inspected);
    for (const key of ['a', 'b']) ledger.submit(key, 0, 'first');
    ledger.advance(auditAt(1));
    inspections.inspect(0, nodes);
    await inspections.done();
    expect(inspected.splice(0)).to.have.members(['a of one: first', 'b of one: first', 'round 0']);
    inspections.inspect(0, nodes);
    ledger.submit('a', 0, 'second');
    ledger.submit('c', 0, 'late');
    inspections.inspect(0, nodes);
    await inspections.done();
    expect(inspected).to.deep.equal(['a of one: second', 'c of two: late']);
    expect(inspections.submissionFields(0, 'a')).to.deep.equal({ value: 'second' });
    expect(inspections.submissionFields(0, 'b')).to.deep.equal({ value: 'first' });
    expect(inspections.roundFields(0), 'as it was').to.deep.equal({ submitted: 2 });
  });

  it("don't keep what they find late of a submission that was replaced", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const { ledger, inspections } = start([], async (value) => {
      if (value === 'first') await held;
      return { value };
    });
    ledger.submit('a', 0, 'first');
    inspections.inspect(0, nodes);
    ledger.submit('a', 0, 'second');
    inspections.inspect(0, nodes);
    release();
    await inspections.done();
    expect(inspections.submissionFields(0, 'a')).to.deep.equal({ value: 'second' });
  });
});
