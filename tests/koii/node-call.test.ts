import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { z } from 'zod';
import { callNode, NodeCallError, nodeCallFailures } from '../../src/koii/node-call';

const TIMEOUT_MS = 50;
const parse = (answer: unknown): number => z.number().parse(answer);

describe('callNode', () => {
  it('gives a good answer', async () => {
    expect(await callNode('getRound', () => Promise.resolve(7), parse)).to.equal(7);
  });

  const failures: [string, () => Promise<unknown>][] = [
    ['an error object', () => Promise.resolve({ error: 'x' })],
    ['null', () => Promise.resolve(null)],
    ['nothing', () => Promise.resolve(undefined)],
    ['another type', () => Promise.resolve('7')],
    ['a rejection', () => Promise.reject(new Error('refused'))],
    ['silence', () => sleep(10_000, undefined, { ref: false })],
  ];
  for (const [what, fail] of failures) {
    it(`asks once, names what was asked, and counts it, after ${what}`, async () => {
      const before = nodeCallFailures.get('getRound')!;
      let tries = 0;
      const call = (): Promise<unknown> => {
        tries++;
        return fail();
      };
      const error = await callNode('getRound', call, parse, TIMEOUT_MS).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(NodeCallError);
      expect(String(error)).to.include('getRound');
      expect((error as Error).cause).to.not.equal(undefined);
      expect(tries).to.equal(1);
      expect(nodeCallFailures.get('getRound')).to.equal(before + 1);
    });
  }
});
