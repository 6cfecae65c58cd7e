import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { z } from 'zod';
import { callNode, NodeCallError } from '../../src/koii/node-call';

const quick = { attempts: 3, firstDelayMs: 1, timeoutMs: 50 };
const parse = (answer: unknown): number => z.number().parse(answer);

describe('callNode', () => {
  it('gives the answer of the first try', async () => {
    expect(await callNode('getRound', () => Promise.resolve(7), parse, quick)).to.equal(7);
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
    it(`tries again after ${what}`, async () => {
      let tries = 0;
      const call = (): Promise<unknown> => (++tries < 3 ? fail() : Promise.resolve(7));
      expect(await callNode('getRound', call, parse, quick)).to.equal(7);
      expect(tries).to.equal(3);
    });

    it(`gives up after a bounded number of ${what}`, async () => {
      let tries = 0;
      const call = (): Promise<unknown> => {
        tries++;
        return fail();
      };
      const error = await callNode('getRound', call, parse, quick).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(NodeCallError);
      expect(String(error)).to.include('getRound').and.include('3 tries');
      expect((error as Error).cause).to.not.equal(undefined);
      expect(tries).to.equal(3);
    });
  }
});
