import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import { expect } from 'chai';
import { readTaskConfig, startNetwork, type NetworkEvent } from '../../simulator';
import { requirePaired } from '../../simulator/pairing';
import { toyDeclaring } from './declaring';

describe('the pairing rule of a desktop node', () => {
  const node = (name: string, env: Record<string, string>) => ({ name, env });

  it('is kept by a task that declares nothing, whatever the environment', () => {
    const nodes = [node('a', {}), node('b', { MORE: 'than declared' })];
    expect(() => requirePaired([], nodes)).to.not.throw();
  });

  it('asks for a value of each declared variable on each node', () => {
    requirePaired(['A', 'B', 'A'], [node('a', { A: '0', B: ' ' })]);
    const nodes = [node('a', { A: '1', C: '' }), node('b', { A: '', B: '2' }), node('c', {})];
    expect(() => requirePaired(['A', 'B', 'C', 'A'], nodes)).to.throw(
      /no desktop node could start this task.*\n {2}A: b, c\n {2}B: a, c\n {2}C: every node\nGive each a value/,
    );
  });

  describe('in a network', () => {
    let directory: string;
    beforeEach(() => (directory = mkdtempSync(`${os.tmpdir()}/pairing-`)));
    afterEach(() => rmSync(directory, { recursive: true }));

    it('keeps every process from being started, and leaves no file', async () => {
      const run = `${directory}/run`;
      const tags = { TOY_SUBMISSION: 'TASK_VARIABLE', TOY_LIST: 'GLOBAL_VARIABLE' };
      const events: NetworkEvent[] = [];
      const started = startNetwork({
        task: 'tests/fixtures/toy-task.js',
        config: readTaskConfig(toyDeclaring(directory, tags)),
        nodes: 2,
        rounds: 1,
        roundSeconds: 2,
        seed: 'pairing',
        directory: run,
        env: (index) => (index === 0 ? { TOY_SUBMISSION: 'x', TOY_LIST: 'y' } : {}),
        onEvent: (event) => events.push(event),
      });
      const error = await started.then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error?.message).to.match(/TOY_SUBMISSION: node-2\n {2}TOY_LIST: node-2\n/);
      expect(events).to.deep.equal([]);
      expect(readdirSync(directory)).to.deep.equal(['declaring.yml']);
    });
  });
});
